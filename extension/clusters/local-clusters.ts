import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { clusterPaths, listClusterNames, podiumHome } from '../../runtime/client/podium-home';
import { isAlive, parseIdentity } from '../../runtime/process-identity';
import { PathWatcher } from './path-watcher';

const daemonFile = z.looseObject({ pid: z.number(), port: z.number(), token: z.string() });
const clusterFile = z.looseObject({
  runtime: z.string(),
  nodes: z.array(z.looseObject({ name: z.string(), state: z.string() })),
  nodeCpu: z.string().optional(),
  nodeMemory: z.string().optional(),
  port: z.number().optional(),
  store: z
    .looseObject({ type: z.string(), servers: z.array(z.string()).optional() })
    .optional(),
});

export type ClusterFile = z.infer<typeof clusterFile>;
export type DaemonFile = z.infer<typeof daemonFile>;

/** A cluster of this machine as its files tell. */
export interface LocalCluster {
  name: string;
  kubeconfig: string;
  /** While it runs. */
  daemon?: DaemonFile;
  /** Undefined when its record can't be read. */
  config?: ClusterFile;
}

/** The clusters in Podium's home folder; read from files and followed, without a process. */
export class LocalClusters {
  private readonly watcher: PathWatcher;
  private clusters = new Map<string, LocalCluster>();

  constructor(
    onChange: () => void,
    private readonly home = podiumHome(),
  ) {
    this.watcher = new PathWatcher(() => {
      this.read();
      onChange();
    });
    this.read();
  }

  list(): LocalCluster[] {
    return [...this.clusters.values()];
  }

  get(name: string): LocalCluster | undefined {
    return this.clusters.get(name);
  }

  /** Reads all afresh: a daemon that was killed leaves its file behind, which no watch tells. */
  read(): void {
    const found = listClusterNames(this.home).map((name) => readCluster(name, this.home));
    this.clusters = new Map(found.map((cluster) => [cluster.name, cluster]));
    const folder = dirname(clusterPaths('x', this.home).folder);
    const files = found.flatMap(({ name }) => {
      const { config, daemon, kubeconfig } = clusterPaths(name, this.home);
      return [config, daemon, kubeconfig];
    });
    // A cluster that is being made has a folder before it has files.
    this.watcher.watch([folder, ...files]);
  }

  dispose(): void {
    this.watcher.dispose();
  }
}

function readCluster(name: string, home: string): LocalCluster {
  const paths = clusterPaths(name, home);
  const config = readJson(paths.config, clusterFile);
  const daemon = readJson(paths.daemon, daemonFile);
  return {
    name,
    kubeconfig: paths.kubeconfig,
    ...(config && { config }),
    ...(daemon && isHeldBy(paths.lock, daemon.pid) && existsSync(paths.kubeconfig) && { daemon }),
  };
}

/** The lock tells a daemon apart from a later process with its id. */
function isHeldBy(lock: string, pid: number): boolean {
  try {
    const holder = parseIdentity(readFileSync(lock, 'utf8'));
    return holder?.pid === pid && isAlive(holder);
  } catch {
    return false;
  }
}

function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
