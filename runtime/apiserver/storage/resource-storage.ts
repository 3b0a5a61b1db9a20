import type { UntypedObject } from '../../api/object';
import { errors } from '../../api/status';
import type { StatusSubject } from '../../api/status';
import type { Clock } from '../../clock';
import { CompactedError, FutureRevisionError } from '../../store/store';
import type { Compare, KeyValue, Revision, Store, Write } from '../../store/store';
import type { Cacher } from './cacher';
import { decodeContinue, encodeContinue, expiredContinue } from './continue-token';
import { encodeStored, Entry } from './entry';
import { registryRoot } from './keys';
import type { ListOptions } from './list-options';
import type { ResourceCache } from './resource-cache';
import { invalidRevision, parseRevision, waitFresh } from './revisions';

/** What a list read, before it is made into an answer. */
export interface ListResult {
  entries: readonly Entry[];
  revision: Revision;
  continue?: string;
  remaining?: number;
}

/** Which entries a list or a watch is about. */
export interface EntryFilter {
  /** Undefined: all. */
  matches?: (entry: Entry) => boolean;
  /** Fewer entries to look at, when an index has them. */
  candidates?: () => Iterable<Entry>;
}

/** The state of an update's loop: the object that is to replace `current`, or `unchanged` / `delete`. */
export type UpdateOutcome = { write: UntypedObject } | { delete: true } | { unchanged: true };

export interface UpdateResult {
  entry: Entry;
  deleted: boolean;
}

/** One stored resource: reads from the cache, compare-and-set writes to the store. */
export class ResourceStorage {
  constructor(
    readonly prefix: string,
    private readonly subject: StatusSubject,
    private readonly cacher: Cacher,
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly ttlSeconds?: number,
  ) {}

  get cache(): ResourceCache {
    return this.cacher.cache(this.prefix);
  }

  get revision(): Revision {
    return this.cacher.revision;
  }

  get(key: string): Entry | undefined {
    return this.cache.get(key);
  }

  notFound(name: string): Error {
    return errors.notFound({ ...this.subject, name });
  }

  waitFresh(revision: Revision): Promise<void> {
    return waitFresh(this.cacher, revision, this.clock);
  }

  async create(key: string, name: string, object: UntypedObject, dryRun: boolean): Promise<Entry> {
    if (this.cache.get(key)) throw errors.alreadyExists({ ...this.subject, name });
    const value = encodeStored(object);
    if (dryRun) return new Entry(key, value, 0, object);
    this.cacher.remember(value, object);
    const storeKey = this.storeKey(key);
    const result = await this.transact([{ key: storeKey, modRevision: 0 }], [this.put(storeKey, value)]);
    if (!result.succeeded) throw errors.alreadyExists({ ...this.subject, name });
    return this.written(key, value, result.revision, object);
  }

  /** Calls `change` with the newest object until what it decided could be written against it. */
  async update(
    key: string, dryRun: boolean, change: (current: Entry | undefined) => UpdateOutcome | Promise<UpdateOutcome>,
  ): Promise<UpdateResult> {
    for (;;) {
      const current = this.cache.get(key);
      const outcome = await change(current);
      if ('delete' in outcome) {
        const deleted = await this.remove(key, current!, dryRun);
        if (deleted) return { entry: deleted, deleted: true };
        continue;
      }
      if ('unchanged' in outcome) return { entry: current!, deleted: false };
      const value = encodeStored(outcome.write);
      if (current && value.equals(current.value)) return { entry: current, deleted: false };
      if (dryRun) return { entry: new Entry(key, value, current?.revision ?? 0, outcome.write), deleted: false };
      const entry = await this.replace(key, current, value, outcome.write);
      if (entry) return { entry, deleted: false };
    }
  }

  /** Undefined when the object has changed meanwhile. */
  async remove(key: string, current: Entry, dryRun: boolean): Promise<Entry | undefined> {
    if (dryRun) return current;
    const storeKey = this.storeKey(key);
    const result = await this.transact(
      [{ key: storeKey, modRevision: current.revision }], [{ type: 'delete', key: storeKey }],
    );
    if (!result.succeeded) {
      await this.catchUp(result.current[0], result.revision);
      return undefined;
    }
    await this.cacher.reached(result.revision);
    return current.deletedAt(result.revision);
  }

  async list(start: string, options: ListOptions, filter: EntryFilter): Promise<ListResult> {
    const token = options.continue ? decodeContinue(options.continue) : undefined;
    const asked = parseRevision(options.resourceVersion);
    if (asked === undefined) {
      const { path, message } = invalidRevision(options.resourceVersion);
      throw errors.badRequest(`invalid resource version: ${path}: ${message}`);
    }
    if (token && asked > 0) throw errors.badRequest('specifying resource version is not allowed when using continue');
    if (asked > this.cacher.revision) await this.waitFresh(asked);
    const exact = token
      ? token.revision > 0 ? token.revision : undefined
      : asked > 0 && (options.resourceVersionMatch === 'Exact' || (options.limit > 0 && !options.resourceVersionMatch))
        ? asked
        : undefined;
    if (exact !== undefined && exact < this.cache.generation) {
      return this.listAt(start, exact, token?.after, options, filter);
    }
    const revision = exact ?? this.cacher.revision;
    const source = filter.candidates && !options.limit && !token ? sortedByKey(filter.candidates(), start) : this.cache.range(start);
    return page(source, revision, token?.after, options, filter);
  }

  private async listAt(
    start: string, revision: Revision, after: string | undefined, options: ListOptions, filter: EntryFilter,
  ): Promise<ListResult> {
    const base = registryRoot + this.prefix;
    try {
      const { kvs } = await this.store.range(base + start, { revision });
      const entries = kvs.map((kv) => new Entry(kv.key.slice(base.length), kv.value, kv.modRevision));
      return page(entries, revision, after, options, filter);
    } catch (error) {
      if (error instanceof CompactedError) {
        throw after !== undefined
          ? expiredContinue(after)
          : errors.expired('The resourceVersion for the provided list is too old.');
      }
      if (error instanceof FutureRevisionError) throw errors.badRequest('invalid resource version: it is in the future');
      throw error;
    }
  }

  private async replace(key: string, current: Entry | undefined, value: Buffer, object: UntypedObject): Promise<Entry | undefined> {
    this.cacher.remember(value, object);
    const storeKey = this.storeKey(key);
    const compares = [{ key: storeKey, modRevision: current?.revision ?? 0 }];
    const result = await this.transact(compares, [this.put(storeKey, value)]);
    if (result.succeeded) return this.written(key, value, result.revision, object);
    await this.catchUp(result.current[0], result.revision);
    return undefined;
  }

  /** The entry that readers share, which is the one just written unless a later write has already replaced it. */
  private async written(key: string, value: Buffer, revision: Revision, object: UntypedObject): Promise<Entry> {
    const pending = this.cacher.reached(revision);
    if (pending) await pending;
    const entry = this.cache.get(key);
    return entry?.revision === revision ? entry : new Entry(key, value, revision, { ...object, metadata: { ...object.metadata } });
  }

  /**
   * Waits until the cache has what a failed compare saw. That write may not be durable yet, and may fail: so no
   * longer than a moment.
   */
  private async catchUp(current: KeyValue | undefined, revision: Revision): Promise<void> {
    const pending = this.cacher.reached(current?.modRevision ?? revision);
    if (!pending) return;
    let cancel = (): void => undefined;
    await Promise.race([pending, new Promise<void>((resolve) => (cancel = this.clock.after(50, resolve)))]);
    cancel();
  }

  private storeKey(key: string): string {
    return registryRoot + this.prefix + key;
  }

  private put(key: string, value: Buffer): Write {
    return { type: 'put', key, value, ...(this.ttlSeconds !== undefined && { ttlSeconds: this.ttlSeconds }) };
  }

  private transact(compares: readonly Compare[], writes: readonly Write[]) {
    return this.store.transact(compares, writes);
  }
}

function sortedByKey(entries: Iterable<Entry>, start: string): Entry[] {
  return [...entries].filter((entry) => entry.key.startsWith(start)).sort((a, b) => (a.key < b.key ? -1 : 1));
}

function page(
  source: readonly Entry[], revision: Revision, after: string | undefined, options: ListOptions, filter: EntryFilter,
): ListResult {
  let from = 0;
  if (after !== undefined) {
    while (from < source.length && source[from]!.key <= after) from++;
  }
  const { matches } = filter;
  const limit = options.limit > 0 ? options.limit : Infinity;
  if (limit === Infinity && from === 0) return { entries: matches ? source.filter(matches) : source, revision };
  const entries: Entry[] = [];
  let at = from;
  for (; at < source.length && entries.length < limit; at++) {
    if (!matches || matches(source[at]!)) entries.push(source[at]!);
  }
  const rest = matches ? source.slice(at).some(matches) : at < source.length;
  if (!rest || entries.length === 0) return { entries, revision };
  return {
    entries, revision,
    continue: encodeContinue({ revision, after: entries[entries.length - 1]!.key }),
    ...(!matches && { remaining: source.length - at }),
  };
}
