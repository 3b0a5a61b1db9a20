import { readFileSync } from 'node:fs';
import { loadClusterConfig } from '../../cluster/config';
import { findDaemon } from '../../cluster/control/control-client';
import { clusterPaths } from '../../client/podium-home';
import { defaultKubeconfigPath, mergeKubeconfigFile } from '../../client/kubeconfig';
import { UserError } from '../output';

/** The cluster's kubeconfig as text. Throws UserError when the cluster was never up. */
export function kubeconfigText(cluster: string): string {
  if (!loadClusterConfig(cluster)) throw new UserError(`there is no cluster "${cluster}"`);
  try {
    return readFileSync(clusterPaths(cluster).kubeconfig, 'utf8');
  } catch {
    throw new UserError(`cluster "${cluster}" has no kubeconfig yet; "podium up --name ${cluster}" starts it`);
  }
}

/** A running cluster's kubeconfig; an explanation when it is down, rather than a refused connection. */
export function runningKubeconfig(cluster: string): string {
  if (!findDaemon(cluster)) throw new UserError(`cluster "${cluster}" does not run; "podium up --name ${cluster}" starts it`);
  return kubeconfigText(cluster);
}

export function printKubeconfig(cluster: string, merge: boolean): void {
  const text = kubeconfigText(cluster);
  if (!merge) {
    process.stdout.write(text);
    return;
  }
  const file = defaultKubeconfigPath();
  mergeKubeconfigFile(file, text);
  process.stderr.write(`The context of cluster "${cluster}" is the current one in ${file}\n`);
}
