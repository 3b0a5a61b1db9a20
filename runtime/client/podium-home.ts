import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where clusters are found by name: PODIUM_HOME, or `.podium` in the user's home. */
export function podiumHome(env: NodeJS.ProcessEnv = process.env): string {
  return env.PODIUM_HOME ?? join(homedir(), '.podium');
}

/** The files of a cluster that stay put whatever its data folder. */
export interface ClusterPaths {
  /** Folder of this cluster's record below the home. */
  folder: string;
  /** ClusterConfig: what the cluster is. */
  config: string;
  /** DaemonRecord: how to reach its daemon, while one runs. */
  daemon: string;
  lock: string;
  log: string;
  kubeconfig: string;
}

export function clusterPaths(name: string, home = podiumHome()): ClusterPaths {
  const folder = join(home, 'clusters', name);
  const file = (leaf: string) => join(folder, leaf);
  return {
    folder,
    config: file('cluster.json'),
    daemon: file('daemon.json'),
    lock: file('daemon.lock'),
    log: file('daemon.log'),
    kubeconfig: file('kubeconfig'),
  };
}

export function listClusterNames(home = podiumHome()): string[] {
  const folder = join(home, 'clusters');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'cluster.json')))
    .map((entry) => entry.name)
    .sort();
}
