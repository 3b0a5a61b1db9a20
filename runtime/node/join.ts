import * as z from 'zod';

/** Where a node agent finds its NodeJoin. */
export const nodeJoinFile = '/etc/podium/node.json';
/** Folder of the node's volume, inside the node. */
export const nodeDataFolder = '/var/lib/podium';
export const kubeletPort = 10250;
/** HTTP CONNECT over mutual TLS, into the node's network. */
export const tunnelPort = 10251;

/** All that a node is told to join a cluster; the cluster writes it, the agent reads it. */
export const nodeJoin = z.object({
  cluster: z.string(),
  nodeName: z.string(),
  /** Address on the cluster's network. */
  nodeIP: z.string(),
  server: z.string(),
  /** PEM. */
  ca: z.string(),
  /** Client certificate `system:node:NAME` of group `system:nodes`. */
  client: z.object({ cert: z.string(), key: z.string() }),
  /** Serving certificate of the kubelet and the tunnel. */
  serving: z.object({ cert: z.string(), key: z.string() }),
  cpu: z.string(),
  memory: z.string(),
  pauseImage: z.string(),
  clusterDNS: z.string(),
  clusterDomain: z.string(),
  podCIDR: z.string(),
  serviceCIDR: z.string(),
  /** Where the engine finds what the node sees as `nodeDataFolder`. */
  engineDataFolder: z.string(),
  /** Seconds between heartbeats; upstream's 10 when absent. */
  heartbeatSeconds: z.number().positive().optional(),
});

export type NodeJoin = z.infer<typeof nodeJoin>;
