import type { Mvcc } from './mvcc';
import { keyOf, sortKeyOf } from './sort-key';
import { CompactedError } from './store';
import type { Revision, StoreEvent, Watch, WatchSink } from './store';

/** Log entries that one watcher that catches up looks at before others get their turn. */
const catchUpSlice = 2000;

interface Watcher {
  readonly prefix: string;
  readonly sink: WatchSink;
  /** The first revision not yet delivered. */
  next: Revision;
  live: boolean;
  ended: boolean;
}

/** Delivers committed events to watchers, those that start in the past first from the log, in slices. */
export class WatchHub {
  private readonly watchers = new Set<Watcher>();
  /** Live watchers of prefixes that end in a slash, found by looking up a key's folders. */
  private readonly byFolder = new Map<string, Set<Watcher>>();
  private readonly others = new Set<Watcher>();

  constructor(private readonly state: Mvcc) {}

  add(prefix: string, from: Revision | undefined, sink: WatchSink): Watch {
    const next = from ?? this.state.revision + 1;
    const watcher: Watcher = { prefix: sortKeyOf(prefix), sink, next, live: false, ended: false };
    this.watchers.add(watcher);
    if (next > this.state.revision) this.goLive(watcher);
    else queueMicrotask(() => this.catchUp(watcher));
    return { cancel: () => this.remove(watcher) };
  }

  /** Events of one or more whole revisions, the last of which is `revision`. */
  publish(events: readonly StoreEvent[], revision: Revision): void {
    const deliveries = new Map<Watcher, StoreEvent[]>();
    for (const event of events) this.route(event, deliveries);
    for (const watcher of [...this.watchers]) {
      if (!watcher.live || watcher.next > revision) continue;
      watcher.next = revision + 1;
      const own = deliveries.get(watcher);
      this.guard(watcher, () => (own ? watcher.sink.events(own, revision) : watcher.sink.progress?.(revision)));
    }
  }

  end(error: Error): void {
    for (const watcher of [...this.watchers]) this.finish(watcher, error);
  }

  private route(event: StoreEvent, deliveries: Map<Watcher, StoreEvent[]>): void {
    const [key, revision] = event.type === 'put' ? [event.kv.key, event.kv.modRevision] : [event.key, event.revision];
    const sortKey = sortKeyOf(key);
    const give = (watcher: Watcher) => {
      if (watcher.next > revision) return;
      const list = deliveries.get(watcher);
      if (list) list.push(event);
      else deliveries.set(watcher, [event]);
    };
    for (let slash = sortKey.indexOf('/'); slash >= 0; slash = sortKey.indexOf('/', slash + 1)) {
      this.byFolder.get(sortKey.slice(0, slash + 1))?.forEach(give);
    }
    for (const watcher of this.others) if (sortKey.startsWith(watcher.prefix)) give(watcher);
  }

  private catchUp(watcher: Watcher): void {
    if (watcher.ended) return;
    if (watcher.next < this.state.compacted) {
      this.finish(watcher, new CompactedError(watcher.next, this.state.compacted));
      return;
    }
    const { events, next } = this.state.eventsFrom(watcher.next, watcher.prefix, catchUpSlice);
    watcher.next = next;
    if (events.length > 0) this.guard(watcher, () => watcher.sink.events(events, next - 1));
    else this.guard(watcher, () => watcher.sink.progress?.(next - 1));
    if (watcher.ended) return;
    if (next > this.state.revision) this.goLive(watcher);
    else setImmediate(() => this.catchUp(watcher));
  }

  private goLive(watcher: Watcher): void {
    watcher.live = true;
    if (!watcher.prefix.endsWith('/')) {
      this.others.add(watcher);
      return;
    }
    const peers = this.byFolder.get(watcher.prefix);
    if (peers) peers.add(watcher);
    else this.byFolder.set(watcher.prefix, new Set([watcher]));
  }

  private remove(watcher: Watcher): void {
    watcher.ended = true;
    this.watchers.delete(watcher);
    this.others.delete(watcher);
    const peers = this.byFolder.get(watcher.prefix);
    if (peers?.delete(watcher) && peers.size === 0) this.byFolder.delete(watcher.prefix);
  }

  private finish(watcher: Watcher, error: Error): void {
    if (watcher.ended) return;
    this.remove(watcher);
    watcher.sink.end(error);
  }

  /** A sink that throws against its contract loses its watch; the store and other watchers go on. */
  private guard(watcher: Watcher, deliver: () => void): void {
    if (watcher.ended) return;
    try {
      deliver();
    } catch (error) {
      this.finish(watcher, error instanceof Error ? error : new Error(`watch of ${keyOf(watcher.prefix)} failed`));
    }
  }
}
