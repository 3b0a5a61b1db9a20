import type { NodeJoin } from './join';

/** What the cluster daemon tells the process of the simulated nodes, over its IPC channel; each is answered. */
export type SimulatedCommand =
  | { type: 'start'; join: NodeJoin }
  /** The kubelet ends; its pods' containers are gone. */
  | { type: 'stop'; name: string }
  /** The kubelet stops talking to the API server, as a paused or disconnected node would. */
  | { type: 'freeze'; name: string }
  | { type: 'thaw'; name: string };

export interface SimulatedReply {
  id: number;
  /** Kubelet port of a started node. */
  port?: number;
  error?: string;
}
