import type { UntypedObject } from '../../api/object';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import type { KeyValue, Revision, Store, StoreEvent, Watch } from '../../store/store';
import { prefixOfKey, registryRoot } from './keys';
import { ResourceCache } from './resource-cache';
import type { CacheEvent } from './resource-cache';

const pageSize = 10_000;
const reloadDelayMilliseconds = 250;

/**
 * The newest state of everything stored, fed by one watch of the store. All resources stand at one revision, and reads
 * are synchronous. A write is acknowledged once the feed has reached it ({@link reached}), so whoever reads after an
 * acknowledgement sees it. It follows that this server is the only writer to its part of the store.
 */
export class Cacher {
  private caches = new Map<string, ResourceCache>();
  private revisionValue: Revision = 0;
  private storeWatch: Watch | undefined;
  private waiting: { revision: Revision; resolve: () => void }[] = [];
  private cancelReload: (() => void) | undefined;
  private closed = false;
  /** Objects just written, by the bytes that were stored, so that the feed needn't parse them again. */
  private readonly written = new WeakMap<Buffer, UntypedObject>();

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  static async start(store: Store, clock: Clock, logger: Logger): Promise<Cacher> {
    const cacher = new Cacher(store, clock, logger);
    await cacher.load();
    return cacher;
  }

  /** False while the store can't be followed. */
  get following(): boolean {
    return this.storeWatch !== undefined;
  }

  get revision(): Revision {
    return this.revisionValue;
  }

  /** The cache of one resource, by its prefix below the root (`pods/`). */
  cache(prefix: string): ResourceCache {
    let cache = this.caches.get(prefix);
    if (!cache) this.caches.set(prefix, (cache = new ResourceCache(prefix, this.revisionValue, this.clock)));
    return cache;
  }

  /** Remembers the object whose encoding is about to be stored. */
  remember(value: Buffer, object: UntypedObject): void {
    this.written.set(value, object);
  }

  /** Resolves once reads see this revision; undefined when they already do. */
  reached(revision: Revision): Promise<void> | undefined {
    if (this.revisionValue >= revision) return undefined;
    return new Promise((resolve) => this.waiting.push({ revision, resolve }));
  }

  /** How many objects and watches each resource has. */
  summary(): { resource: string; count: number; watching: number }[] {
    return [...this.caches.values()].map((cache) => ({
      resource: cache.prefix.slice(0, -1), count: cache.entries.length, watching: cache.watcherCount,
    }));
  }

  close(): void {
    this.closed = true;
    this.cancelReload?.();
    this.storeWatch?.cancel();
    for (const cache of this.caches.values()) cache.loseWatchers();
    this.wake();
  }

  private async load(): Promise<void> {
    const byPrefix = new Map<string, KeyValue[]>();
    const revision = await this.readAll((kv) => {
      const prefix = prefixOfKey(kv.key);
      const kvs = byPrefix.get(prefix);
      if (kvs) kvs.push(kv);
      else byPrefix.set(prefix, [kv]);
    });
    const known = this.caches;
    this.caches = new Map();
    this.revisionValue = revision;
    for (const [prefix, kvs] of byPrefix) this.cache(prefix).load(kvs, registryRoot);
    for (const cache of known.values()) cache.loseWatchers();
    this.follow();
    this.wake();
  }

  private async readAll(take: (kv: KeyValue) => void): Promise<Revision> {
    let after: string | undefined;
    let revision: Revision | undefined;
    for (;;) {
      const page = await this.store.range(registryRoot, {
        limit: pageSize, ...(after !== undefined && { after }), ...(revision !== undefined && { revision }),
      });
      revision ??= page.revision;
      page.kvs.forEach(take);
      if (!page.more) return revision;
      after = page.kvs[page.kvs.length - 1]!.key;
    }
  }

  private follow(): void {
    this.storeWatch = this.store.watch(registryRoot, { from: this.revisionValue + 1 }, {
      events: (events, revision) => this.take(events, revision),
      progress: (revision) => this.advance(revision),
      end: (error) => this.reload(error),
    });
  }

  private reload(error: Error): void {
    if (this.closed) return;
    this.storeWatch = undefined;
    this.logger.warn({ error: error.message }, 'the watch of the store ended; reading it anew');
    this.cancelReload = this.clock.after(reloadDelayMilliseconds, () => {
      this.load().catch((again: unknown) => this.reload(again instanceof Error ? again : new Error(String(again))));
    });
  }

  private take(events: readonly StoreEvent[], revision: Revision): void {
    const changed = new Map<ResourceCache, CacheEvent[]>();
    for (const event of events) {
      const fullKey = event.type === 'put' ? event.kv.key : event.key;
      const prefix = prefixOfKey(fullKey);
      const cache = this.cache(prefix);
      const key = fullKey.slice(registryRoot.length + prefix.length);
      const change =
        event.type === 'put'
          ? cache.put(key, event.kv, this.written.get(event.kv.value))
          : cache.delete(key, event.revision);
      if (!change) continue;
      const changes = changed.get(cache);
      if (changes) changes.push(change);
      else changed.set(cache, [change]);
    }
    this.revisionValue = Math.max(this.revisionValue, revision);
    for (const [cache, changes] of changed) cache.publish(changes);
    this.wake();
  }

  private advance(revision: Revision): void {
    if (revision <= this.revisionValue) return;
    this.revisionValue = revision;
    this.wake();
  }

  private wake(): void {
    if (this.waiting.length === 0) return;
    const due = this.waiting.filter((w) => this.closed || w.revision <= this.revisionValue);
    if (due.length === 0) return;
    this.waiting = this.waiting.filter((w) => !this.closed && w.revision > this.revisionValue);
    for (const waiter of due) waiter.resolve();
  }
}
