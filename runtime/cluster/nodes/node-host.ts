import type { NodeJoin } from '../../node/join';
import type { NodeConfig } from '../config';

/** Loopback ports at which this process reaches a node's agent. */
export interface NodeEndpoint {
  host: string;
  kubeletPort: number;
  /** Absent on simulated nodes: they have no network. */
  tunnelPort?: number;
}

export type NodeHostState = 'absent' | 'running' | 'stopped' | 'paused' | 'disconnected';

/**
 * What carries a cluster's nodes: containers of the engine, or simulated kubelets in a process of their own.
 * Every operation is idempotent: it brings the node to that state from whatever it is in.
 */
export interface NodeHost {
  /** Address to give to the next node; undefined where nodes have none of their own. */
  nextAddress(taken: readonly string[]): string | undefined;
  /** Creates and starts the node, or starts or adopts what is there of it. */
  start(node: NodeConfig, join: NodeJoin): Promise<void>;
  stop(name: string): Promise<void>;
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  disconnect(name: string): Promise<void>;
  connect(name: string, ip: string | undefined): Promise<void>;
  /** The node and all that ran on it, with its volume. */
  remove(name: string): Promise<void>;
  state(name: string): Promise<NodeHostState>;
  /** Where the node's data folder is on the engine's side. */
  engineDataFolder(name: string): Promise<string>;
  /** Undefined while the node can't be reached. */
  endpoint(name: string): Promise<NodeEndpoint | undefined>;
  /** Called with a node's name when its host state changed by itself or by somebody else. */
  onChange(listener: (name: string) => void): void;
  /** Removes all nodes with what runs on them; with `keep`, their volumes stay. */
  close(options: { keep: boolean }): Promise<void>;
}
