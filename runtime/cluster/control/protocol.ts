import * as z from 'zod';

/** Changes whenever a client of another version would misread the daemon. */
export const protocolVersion = 1;

/** How to reach a running daemon; only the user may read the file. */
export const daemonRecord = z.object({
  protocol: z.number(),
  pid: z.number().int(),
  port: z.number().int(),
  token: z.string(),
  version: z.string(),
});

export const nodeReport = z.object({
  name: z.string(),
  /** What the node's host does with it. */
  state: z.enum(['starting', 'running', 'stopped', 'paused', 'disconnected', 'failed']),
  /** The Ready condition of the Node object. */
  ready: z.boolean(),
  message: z.string().optional(),
});

export const clusterReport = z.object({
  name: z.string(),
  runtime: z.enum(['docker', 'simulated']),
  phase: z.enum(['starting', 'ready', 'stopping', 'failed']),
  /** What it is doing, or why it failed. */
  message: z.string(),
  server: z.string().optional(),
  kubeconfig: z.string(),
  dataDir: z.string(),
  pid: z.number(),
  nodes: z.array(nodeReport),
  /** Loopback addresses at which Services of type LoadBalancer answer: `default/frontend` → URL. */
  loadBalancers: z.array(z.object({ service: z.string(), port: z.number(), address: z.string() })),
  /** Milliseconds from the daemon's start. */
  timings: z.record(z.string(), z.number()),
});

/** One step of what the daemon does, for a progress display. */
export const progressEvent = z.object({ time: z.number(), message: z.string() });

export const nodeAction = z.enum(['stop', 'start', 'pause', 'unpause', 'disconnect', 'connect']);
export const addNodeRequest = z.object({ name: z.string().optional(), cpu: z.string().optional(), memory: z.string().optional() });
export const shutdownRequest = z.object({ keep: z.boolean() });

export type DaemonRecord = z.infer<typeof daemonRecord>;
export type NodeReport = z.infer<typeof nodeReport>;
export type ClusterReport = z.infer<typeof clusterReport>;
export type ProgressEvent = z.infer<typeof progressEvent>;
export type NodeAction = z.infer<typeof nodeAction>;
export type AddNodeRequest = z.infer<typeof addNodeRequest>;
