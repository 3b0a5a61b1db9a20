import type { KubeList, KubeObject, Live } from '../api/kinds';
import type { GroupVersionResource } from '../api/object';

export interface ListOptions {
  /** All namespaces (or cluster scope) when absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean;
  /** The server ends the watch after this time. */
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Live<T> }
  | { type: 'BOOKMARK'; object: Live<T> };

/** The verbs of one resource. `namespace` is undefined for cluster-scoped resources. Errors are `StatusError`s. */
export interface ResourceClient<T extends KubeObject> {
  readonly resource: GroupVersionResource & { namespaced: boolean };
  get(name: string, namespace?: string): Promise<Live<T>>;
  list(options?: ListOptions): Promise<KubeList<Live<T>>>;
  create(object: T, options?: WriteOptions): Promise<Live<T>>;
  update(object: T, options?: WriteOptions): Promise<Live<T>>;
  updateStatus(object: T, options?: WriteOptions): Promise<Live<T>>;
  patch(name: string, namespace: string | undefined, type: PatchType, patch: unknown, options?: WriteOptions & { subresource?: string; force?: boolean }): Promise<Live<T>>;
  delete(name: string, namespace?: string, options?: DeleteOptions): Promise<void>;
  deleteCollection(list?: ListOptions, options?: DeleteOptions): Promise<void>;
  /** One watch request; ends when the server ends it. Informers reconnect, this does not. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** POST or GET of a subresource with another kind: `binding`, `eviction`, `scale`, `token`. */
  subresource<R>(method: 'GET' | 'POST' | 'PUT', name: string, namespace: string | undefined, subresource: string, body?: unknown): Promise<R>;
}

export interface Handlers<T extends KubeObject> {
  added?(object: Live<T>): void;
  updated?(object: Live<T>, previous: Live<T>): void;
  /** The last known state; it may be older than the one that was deleted when the watch had a gap. */
  deleted?(object: Live<T>): void;
}

/**
 * A local copy of a resource, kept by list and watch.
 *
 * Promised: handlers of one informer run one at a time, in the order of the server's events for one object; the cache
 * is updated before its handlers run; after a lost watch the copy is brought up to date (relist) and differences are
 * delivered as events. Not promised: that every intermediate state is seen, or any order between two informers.
 */
export interface Informer<T extends KubeObject> {
  /** Resolves once the first list is in the cache and its `added` handlers have run. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  get(name: string, namespace?: string): Live<T> | undefined;
  /** All cached objects, or those of a namespace. */
  list(namespace?: string): Live<T>[];
  /** Objects whose index function gave this value. */
  byIndex(index: string, value: string): Live<T>[];
  addIndex(index: string, values: (object: Live<T>) => string[]): void;
  /** Objects already cached are delivered as `added`. Returns the removal of the handlers. */
  on(handlers: Handlers<T>): () => void;
  stop(): void;
}
