import type { ObjectRef } from '../../runtime/client/operations';
import type { Level } from '../tree/object-status';

/** What the views for looking and their pages say to each other. Types only. */

/** To the page: the whole of what is shown. */
export interface Shown<Model> {
  type: 'model';
  model: Model;
}

export type FromPage =
  | { type: 'ready' }
  /** What can be done with an object is asked for. `file`: the URI of a file that writes it. */
  | { type: 'menu'; ref: ObjectRef; file?: string; isLive?: boolean };

export interface PodCell {
  ref: ObjectRef;
  level: Level;
  /** kubectl's word, with what is wrong. */
  status: string;
}

/** Requests of a node's pods against what it can give. */
export interface Usage {
  resource: 'cpu' | 'memory' | 'pods';
  /** `1.5 of 4`. */
  text: string;
  /** Of what can be given, from 0; over 1 where more is asked than there is. */
  share: number;
}

export interface NodeCard {
  /** Undefined for the pods that are on no node. */
  ref?: ObjectRef;
  name: string;
  level: Level;
  status: string;
  usage: readonly Usage[];
  pods: readonly PodCell[];
}

export interface NodeMapModel {
  cards: readonly NodeCard[];
  /** False until the cluster's answer is complete. */
  complete: boolean;
  /** Why something isn't shown. */
  error?: string;
}

export type EdgeKind = 'owner' | 'selector' | 'route' | 'scale' | 'reference';

export interface GraphNode {
  id: string;
  /** Of many pods that are shown as one: their owner. */
  ref: ObjectRef;
  label: string;
  level: Level;
  /** What is wrong, or how it is. */
  note: string;
  /** Named by others, and not there. */
  missing: boolean;
  /** In the cluster. */
  isLive: boolean;
  /** The file of the workspace that writes it. */
  file?: string;
  /** Left to right. */
  column: number;
  row: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  kind: EdgeKind;
  broken: boolean;
  /** Files say so, the cluster does not. */
  planned: boolean;
}

export interface GraphModel {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  complete: boolean;
  error?: string;
}

export interface EventLine {
  id: string;
  /** Ms since 1970: when it was last seen. */
  time: number;
  warning: boolean;
  reason: string;
  message: string;
  count: number;
  /** What it is about. */
  ref: ObjectRef;
}

export interface EventsModel {
  lines: readonly EventLine[];
  /** With those that are too old to be shown. */
  total: number;
  complete: boolean;
  error?: string;
}

export interface RolloutSet {
  name: string;
  revision: number;
  images: readonly string[];
  desired: number;
  replicas: number;
  ready: number;
}

/** Counts by the name of a ReplicaSet, from a time (ms since 1970) on. */
export interface RolloutSample {
  time: number;
  counts: Readonly<Record<string, { replicas: number; ready: number }>>;
}

export interface RolloutModel {
  desired: number;
  /** The newest revision first. */
  sets: readonly RolloutSet[];
  samples: readonly RolloutSample[];
  /** Of the deployment and its ReplicaSets, the oldest first. */
  events: readonly EventLine[];
  complete: boolean;
  error?: string;
}
