import { join } from 'node:path';
import * as z from 'zod';
import { parseQuantity } from '../api/quantity';
import { readJson, writeJson } from './files';
import { clusterPaths } from '../client/podium-home';

const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/, 'must be at most 40 lower case letters, digits and "-"');
const quantity = z.string().refine(isPositiveQuantity, 'must be a quantity above zero, like 2, 500m or 4Gi');

export const nodeConfig = z.object({
  name: label,
  cpu: quantity,
  memory: quantity,
  /** What the user asked of it; the daemon brings the node there. */
  state: z.enum(['running', 'stopped', 'paused', 'disconnected']),
  /** Fixed address on the cluster's network (Docker nodes). */
  ip: z.string().optional(),
});

export const clusterConfig = z.object({
  version: z.literal(1),
  name: label,
  dataDir: z.string(),
  runtime: z.enum(['docker', 'simulated']),
  /** Of the API server; 0 until one was chosen, then kept. */
  port: z.number().int().min(0).max(65535),
  /** Where the kubeconfig is written, beside the record's own. */
  kubeconfig: z.string().optional(),
  store: z.union([
    z.object({ type: z.literal('embedded') }),
    z.object({ type: z.literal('etcd'), servers: z.array(z.string()).min(1), prefix: z.string() }),
  ]),
  nodeCpu: quantity,
  nodeMemory: quantity,
  nodes: z.array(nodeConfig),
  network: z.object({ subnet: z.string(), gateway: z.string() }).optional(),
  /** Seconds; upstream's values where absent. */
  nodeMonitorGracePeriod: z.number().positive().optional(),
  nodeEvictionSeconds: z.number().positive().optional(),
});

export type NodeConfig = z.infer<typeof nodeConfig>;
export type ClusterConfig = z.infer<typeof clusterConfig>;

export const defaultClusterName = 'podium';

function isPositiveQuantity(text: string): boolean {
  try {
    return parseQuantity(text).sign() > 0;
  } catch {
    return false;
  }
}

export function loadClusterConfig(name: string): ClusterConfig | undefined {
  return readJson(clusterPaths(name).config, clusterConfig);
}

export function saveClusterConfig(config: ClusterConfig): void {
  writeJson(clusterPaths(config.name).config, config);
}

export function defaultDataDir(name: string): string {
  return join(clusterPaths(name).folder, 'data');
}

/** The next free `node-N`. */
export function nextNodeName(nodes: readonly NodeConfig[]): string {
  const taken = new Set(nodes.map((node) => node.name));
  for (let i = 1; ; i++) if (!taken.has(`node-${i}`)) return `node-${i}`;
}
