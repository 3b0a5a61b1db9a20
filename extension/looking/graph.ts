import type { KubeObject, Live } from '../../runtime/api/kinds';
import type { WorkspaceObject } from '../../runtime/client/editor-protocol';
import { columns, GraphBuilder } from './graph-builder';
import { overlay } from './graph-files';
import { layOut } from './graph-layout';
import type { GraphModel } from './protocol';

/** In every namespace, and nobody's. */
const everywhere = 'kube-root-ca.crt';

export interface GraphInput {
  namespace: string;
  /** Of the namespace. */
  objects: readonly Live<KubeObject>[];
  /** What files of the workspace write, of any namespace. */
  files?: readonly WorkspaceObject[];
  complete: boolean;
  error?: string;
}

/** Objects of a namespace and how they hang together. Nothing is called broken before all is known. */
export function graphOf({ namespace, objects, files = [], complete, error }: GraphInput): GraphModel {
  const graph = new GraphBuilder(objects.filter(isShown), complete);
  overlay(graph, files, namespace, complete);
  const { nodes, edges } = graph;
  return { nodes: layOut([...nodes.values()], edges), edges, complete, ...(error !== undefined && { error }) };
}

/** Old revisions are many, and have no pods. */
function isShown(object: Live<KubeObject>): boolean {
  const { kind = '', metadata } = object;
  if (kind === 'ReplicaSet') return ((object as { status?: { replicas?: number } }).status?.replicas ?? 0) > 0;
  return kind in columns && metadata.name !== everywhere;
}
