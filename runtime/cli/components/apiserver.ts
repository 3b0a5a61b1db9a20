import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Live, Node } from '../../api/kinds';
import type { Informer } from '../../client/client';
import { startControlPlane } from '../../cluster/control-plane';
import type { NodeEndpoint } from '../../cluster/nodes/node-host';
import { Progress } from '../../cluster/progress';
import { UserError } from '../output';
import { componentLogger, runUntilSignal } from './process';

interface ApiServerFlags {
  dataDir: string;
  bindAddress: string;
  port: number;
  store: 'embedded' | 'etcd';
  etcdServers?: string;
}

/** An API server without scheduler and controllers: others connect with the kubeconfig that it prints the place of. */
export async function runApiServer({ dataDir, bindAddress, port, store, etcdServers }: ApiServerFlags): Promise<void> {
  if (store === 'etcd' && !etcdServers) throw new UserError('--store etcd needs --etcd-servers');
  const folder = resolve(dataDir);
  let nodes: Informer<Node> | undefined;
  const controlPlane = await startControlPlane({
    config: {
      version: 1, name: 'apiserver', dataDir: folder, runtime: 'simulated', port, kubeconfig: resolve(folder, 'kubeconfig'), nodes: [], nodeCpu: '1', nodeMemory: '1Gi',
      store: store === 'etcd' ? { type: 'etcd', servers: etcdServers?.split(',') ?? [], prefix: '/podium' } : { type: 'embedded' },
    },
    components: false,
    ...(bindAddress !== '127.0.0.1' && { bindAddress }),
    nodeServerHost: bindAddress,
    nodeEndpoint: async (name) => endpointOf(nodes?.get(name)),
    dial: connectTo,
    logger: componentLogger('apiserver'),
    progress: new Progress(),
  });
  nodes = controlPlane.informers.nodes;
  process.stderr.write(`API server at ${controlPlane.server}; kubeconfig: ${resolve(folder, 'kubeconfig')}\n`);
  await runUntilSignal(() => controlPlane.close());
}

/** Where a node says that its kubelet is. */
function endpointOf(node: Live<Node> | undefined): NodeEndpoint | undefined {
  const host = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const kubeletPort = node?.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  return host && kubeletPort ? { host, kubeletPort } : undefined;
}

/** A connection to a pod or Service by this machine's own routes. */
function connectTo(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => resolve(socket));
    socket.once('error', reject);
  });
}
