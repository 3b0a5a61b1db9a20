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
  /** What can be done with an object is asked for. */
  | { type: 'menu'; ref: ObjectRef };

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
  /** Left to right. */
  column: number;
  row: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  kind: EdgeKind;
  broken: boolean;
}

export interface GraphModel {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  complete: boolean;
  error?: string;
}
