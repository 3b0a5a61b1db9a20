import type { Live, Node, Pod } from '../api/kinds';
import type { Informers } from './informers';
import type { NodeInfo, PodInfo } from './node-info';

/** Why a pod may not run on a node. `unresolvable`: not even after preempting pods there. */
export interface Rejection {
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly unresolvable?: boolean;
}

/** What the scheduler knows during one cycle. A cycle runs without a pause, so nothing changes under it. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** Nodes that hold a pod with any inter-pod affinity, and with required anti-affinity. */
  readonly nodesWithAffinityPods: ReadonlySet<NodeInfo>;
  readonly nodesWithAntiAffinityPods: ReadonlySet<NodeInfo>;
  /** How many nodes have an image. */
  imageNodes(image: string): number;
  readonly informers: Informers;
}

/** A plugin's view of one pod's cycle; what it computed once for the pod lives in its closure. */
export interface FilterCycle {
  /** Undefined when the pod may run there. */
  filter(node: NodeInfo): Rejection | undefined;
  /** Only these nodes are worth a look. */
  readonly onlyNodes?: ReadonlySet<string>;
  /** Preemption and nominated pods ask what would be; called in pairs. */
  podAdded?(pod: PodInfo, node: NodeInfo): void;
  podRemoved?(pod: PodInfo, node: NodeInfo): void;
}

export interface ScoreCycle {
  /** Any number; 0 to 100 once normalized. */
  score(node: NodeInfo): number;
  normalize?(scores: number[]): void;
}

/** A change in the cluster that may make an unschedulable pod schedulable. */
export type ClusterEvent =
  | { readonly type: 'nodeAdded'; readonly node: Live<Node> }
  | { readonly type: 'nodeUpdated'; readonly node: Live<Node>; readonly previous: Live<Node> }
  | { readonly type: 'podAssigned' | 'podFreed' | 'podRelabelled'; readonly pod: Live<Pod> }
  | { readonly type: 'volumeChanged' }
  | { readonly type: 'namespaceChanged' };

interface Plugin {
  readonly name: string;
}

/** Keeps a pod out of the active queue altogether; the text says what it waits for. */
export interface PreEnqueuePlugin extends Plugin {
  preEnqueue(pod: Pod): string | undefined;
}

export interface FilterPlugin extends Plugin {
  /** Undefined when this pod gives the plugin nothing to do; a rejection when no node can ever do. */
  prepareFilter(pod: PodInfo, snapshot: Snapshot): FilterCycle | { rejected: Rejection } | undefined;
  /** Queueing hint: whether the event may make a pod schedulable that this plugin rejected. */
  mayHelp(event: ClusterEvent, pod: Live<Pod>): boolean;
}

export interface ScorePlugin extends Plugin {
  readonly weight: number;
  prepareScore(pod: PodInfo, snapshot: Snapshot, feasible: readonly NodeInfo[]): ScoreCycle | undefined;
}

/** What must hold before a pod is bound to the chosen node (volumes). */
export interface PreBindPlugin extends Plugin {
  preBind(pod: Live<Pod>, node: NodeInfo): Promise<void>;
}

export interface Plugins {
  readonly preEnqueue: readonly PreEnqueuePlugin[];
  readonly filter: readonly FilterPlugin[];
  readonly score: readonly ScorePlugin[];
  readonly preBind: readonly PreBindPlugin[];
}

export const MAX_SCORE = 100;

/** Scales to 0..100 by the largest; `reverse` where less is better. */
export function normalizeByMax(scores: number[], reverse = false): void {
  const max = Math.max(0, ...scores);
  for (let i = 0; i < scores.length; i++) {
    const share = max === 0 ? 0 : Math.trunc((MAX_SCORE * (scores[i] ?? 0)) / max);
    scores[i] = reverse ? MAX_SCORE - share : share;
  }
}
