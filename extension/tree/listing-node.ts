import type { KubeObject, Live } from '../../runtime/api/kinds';
import type { Watched, WatchChange, WatchRequest } from '../clusters/watches';
import { describeFailure } from '../errors';
import { statusOf } from './object-status';
import { MessageNode, type TreeHost, TreeNode } from './tree-node';
import { t } from '../words';

/** Objects as children: where they come from, which of them, in which order, and what is made of one. */
export interface Listing {
  request: WatchRequest;
  pick(watched: Watched): readonly Live<KubeObject>[];
  /** The tree's filter applies: to lists of all objects of a kind, not to what belongs to one object. */
  filtered: boolean;
  /** Whether a change of this object can matter here; any can unless told. */
  concerns?(object: Live<KubeObject>): boolean;
  compare?(a: Live<KubeObject>, b: Live<KubeObject>): number;
  /** A node that has a `uid` is updated in place when its object changes. */
  node(object: Live<KubeObject>, parent: TreeNode): ObjectHolder;
}

/** A node that shows one object. */
export interface ObjectHolder extends TreeNode {
  object: Live<KubeObject>;
}

/** A page; more is shown when it is asked for. */
const pageSize = 200;

/** A node whose children are objects out of a watch, shown page by page. */
export abstract class ListingNode extends TreeNode {
  private shown = new Map<string, ObjectHolder>();
  private limit = pageSize;
  /** In order, after the filter; undefined when it has to be made anew. */
  private objects: readonly Live<KubeObject>[] | undefined;
  /** Before the filter. */
  private all = 0;

  protected abstract listing(): Listing | undefined;

  override needs(): readonly WatchRequest[] {
    const listing = this.listing();
    return listing ? [listing.request] : [];
  }

  override children(host: TreeHost): readonly TreeNode[] {
    const listing = this.listing();
    const watched = listing && host.watched(listing.request);
    if (!listing || !watched) return [];
    if (watched.error !== undefined) return [this.failure(watched.error)];
    const objects = this.current(host);
    const nodes = this.reuse(listing, objects.slice(0, this.limit), host);
    return [...nodes, ...this.rest(watched, objects.length)];
  }

  override changed({ kind, object, previous }: WatchChange, host: TreeHost): void {
    const listing = this.listing();
    if (!listing || (object && listing.concerns?.(object) === false)) return;
    if (kind !== 'updated' || !object) {
      host.stale(this);
      return;
    }
    this.objects = undefined;
    const node = this.shown.get(object.metadata.uid);
    if (node) {
      node.object = object;
      host.touch(node);
    }
    const isJudgedAnew = previous && statusOf(previous).level !== statusOf(object).level;
    if (listing.compare || (listing.filtered && (isJudgedAnew || host.filter.isActive))) host.stale(this);
  }

  /** What is known of its children has changed: they are chosen anew when they are next asked for. */
  invalidate(): void {
    this.objects = undefined;
  }

  showMore(host: TreeHost): void {
    this.limit += Math.max(pageSize, this.limit);
    host.stale(this);
  }

  /** Redrawing it costs so much that it is done seldom. */
  get isLarge(): boolean {
    return this.shown.size >= pageSize;
  }

  /** How many there are before the filter. */
  protected get count(): number {
    return this.all;
  }

  /** The objects that are children, in order; not only those of the pages that are shown. */
  protected current(host: TreeHost): readonly Live<KubeObject>[] {
    const listing = this.listing();
    const watched = listing && host.watched(listing.request);
    if (!listing || !watched) return [];
    return (this.objects ??= this.chosen(listing, watched, host));
  }

  private chosen(listing: Listing, watched: Watched, { filter }: TreeHost): readonly Live<KubeObject>[] {
    const picked = listing.pick(watched);
    this.all = picked.length;
    const isFiltered = listing.filtered && filter.isActive;
    const objects = isFiltered ? picked.filter((object) => filter.matches(object)) : [...picked];
    return objects.sort(listing.compare ?? byName);
  }

  private reuse(listing: Listing, objects: readonly Live<KubeObject>[], host: TreeHost): ObjectHolder[] {
    const before = this.shown;
    this.shown = new Map();
    for (const object of objects) {
      const { uid } = object.metadata;
      const node = before.get(uid) ?? listing.node(object, this);
      node.object = object;
      this.shown.set(uid, node);
      before.delete(uid);
    }
    for (const gone of before.values()) host.forget(gone);
    return [...this.shown.values()];
  }

  private rest(watched: Watched, total: number): TreeNode[] {
    if (total > this.limit) return [this.more(total - this.limit)];
    if (total > 0) return [];
    if (!watched.isSynced) return [new MessageNode(this, 'loading', { label: t`Loading…`, icon: 'loading~spin' })];
    return [new MessageNode(this, 'none', { label: this.all > 0 ? t`None that the filter lets through` : t`None` })];
  }

  private more(count: number): TreeNode {
    return new MessageNode(this, 'more', {
      label: t`Show more…`,
      description: t`${count.toLocaleString('en')} more`,
      icon: 'ellipsis',
      command: { title: t`Show More`, id: 'podium.showMore', args: [this] },
    });
  }

  private failure(error: unknown): TreeNode {
    const { message, summary } = describeFailure(error);
    return new MessageNode(this, 'failed', { label: summary, description: message, icon: 'lock' });
  }
}

export function byName(a: Live<KubeObject>, b: Live<KubeObject>): number {
  return compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') || compareText(a.metadata.name, b.metadata.name);
}

/** By code unit: as the server lists, and much faster than by locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
