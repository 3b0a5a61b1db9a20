import type { KubeObject, Live, OwnerReference } from '../../api/kinds';
import type { DiscoveredResource } from './discovery';

export interface GraphNode {
  readonly resource: DiscoveredResource;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  readonly owners: readonly OwnerReference[];
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** Deleted in the foreground: waits for its blocking dependents. */
export const isDeletingDependents = (node: GraphNode): boolean => node.deleting && node.finalizers.includes(FOREGROUND);
export const isOrphaning = (node: GraphNode): boolean => node.deleting && node.finalizers.includes(ORPHAN);

export function graphNode(resource: DiscoveredResource, { metadata }: Live<KubeObject>): GraphNode {
  return {
    resource, name: metadata.name, namespace: metadata.namespace, uid: metadata.uid, owners: metadata.ownerReferences ?? [],
    deleting: Boolean(metadata.deletionTimestamp), finalizers: metadata.finalizers ?? [],
  };
}

/** Who owns whom, by uid. Only objects that have owners, or are being deleted with a say in it, are kept. */
export class OwnerGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  /** Returns what was known before. */
  set(node: GraphNode): GraphNode | undefined {
    const before = this.delete(node.uid);
    if (node.owners.length === 0 && !isDeletingDependents(node) && !isOrphaning(node)) return before;
    this.nodes.set(node.uid, node);
    for (const { uid } of node.owners) {
      const set = this.dependents.get(uid) ?? new Set<string>();
      this.dependents.set(uid, set.add(node.uid));
    }
    return before;
  }

  delete(uid: string): GraphNode | undefined {
    const node = this.nodes.get(uid);
    if (!node) return undefined;
    this.nodes.delete(uid);
    for (const owner of node.owners) {
      const set = this.dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) this.dependents.delete(owner.uid);
    }
    return node;
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.dependents.get(uid) ?? [])].map((dependent) => this.nodes.get(dependent)).filter((node) => node !== undefined);
  }

  /** Dependents that hold their owner back while it is deleted in the foreground. */
  blockingDependentsOf(uid: string): GraphNode[] {
    return this.dependentsOf(uid).filter(({ owners }) => owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion));
  }

  all(): IterableIterator<GraphNode> {
    return this.nodes.values();
  }
}
