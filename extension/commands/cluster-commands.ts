import type { Workbench } from '../workbench';
import { ChooseCommands } from './choose';
import { KubeconfigCommands } from './kubeconfig';
import { LocalClusterCommands } from './local-cluster';
import { NodeCommands } from './nodes';
import type { Handler } from './register';

/** The handlers of the commands about clusters and nodes, by id; see `ids` in `cluster-command-ids`. */
export function clusterCommands(workbench: Workbench): Record<string, Handler> {
  const local = new LocalClusterCommands(workbench);
  const nodes = new NodeCommands(workbench);
  const choose = new ChooseCommands(workbench);
  const kubeconfig = new KubeconfigCommands(workbench);
  return {
    'podium.startCluster': (given?: unknown) => local.start(given),
    'podium.newCluster': (given?: Parameters<typeof local.create>[0]) => local.create(given),
    'podium.stopCluster': (given?: unknown) => local.stop(given),
    'podium.removeCluster': (given?: unknown) => local.remove(given),
    'podium.resetCluster': (given?: unknown) => local.reset(given),
    'podium.addNode': (given?: unknown) => nodes.add(given),
    'podium.removeNode': (given?: unknown, all?: unknown[]) => nodes.remove(given, all),
    'podium.stopNode': (given?: unknown, all?: unknown[]) => nodes.change('stop', given, all),
    'podium.startNode': (given?: unknown, all?: unknown[]) => nodes.change('start', given, all),
    'podium.pauseNode': (given?: unknown, all?: unknown[]) => nodes.change('pause', given, all),
    'podium.resumeNode': (given?: unknown, all?: unknown[]) => nodes.change('unpause', given, all),
    'podium.disconnectNode': (given?: unknown, all?: unknown[]) => nodes.change('disconnect', given, all),
    'podium.connectNode': (given?: unknown, all?: unknown[]) => nodes.change('connect', given, all),
    'podium.chooseCluster': (given?: unknown) => choose.cluster(given),
    'podium.useCluster': (given?: unknown) => choose.cluster(given),
    'podium.chooseNamespace': (given?: unknown) => choose.namespace(given),
    'podium.useNamespace': (given?: unknown) => choose.namespace(given),
    'podium.copyKubeconfig': (given?: unknown) => kubeconfig.copy(given),
    'podium.mergeKubeconfig': (given?: unknown) => kubeconfig.merge(given),
    'podium.openKubeconfig': (path?: unknown) => kubeconfig.open(path),
  };
}
