import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeFromKubeconfigFile } from '../client/kubeconfig';
import type { ClusterConfig } from './config';
import { clusterPaths } from '../client/podium-home';

/** What a cluster keeps in its data folder, which may be one of the user's: nothing else in there is touched. */
export const statePaths = (dataDir: string) => ({ pki: join(dataDir, 'pki'), store: join(dataDir, 'store') });

export function hasState(dataDir: string): boolean {
  return Object.values(statePaths(dataDir)).some((path) => existsSync(path));
}

/** The name of a cluster's context, cluster and user in a kubeconfig. */
export function contextName(cluster: string): string {
  return cluster === 'podium' ? 'podium' : `podium-${cluster}`;
}

/** Removes a cluster's objects and certificates, and the folder if nothing else is in it. */
export function removeState(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  for (const path of Object.values(statePaths(dataDir))) rmSync(path, { recursive: true, force: true });
  try {
    rmdirSync(dataDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
}

/** Removes all files of a cluster: its state, its context in the kubeconfig that was asked for, its record. */
export function removeClusterFiles({ name, dataDir, kubeconfig }: Pick<ClusterConfig, 'name' | 'dataDir' | 'kubeconfig'>): void {
  removeState(dataDir);
  if (kubeconfig && existsSync(kubeconfig)) removeFromKubeconfigFile(kubeconfig, contextName(name));
  rmSync(clusterPaths(name).folder, { recursive: true, force: true });
}
