import type { Clock } from '../../clock';
import type { KeyValue, Revision } from '../../store/store';
import { Entry } from './entry';
import type { UntypedObject } from '../../api/object';

/** One change of one object, as every watcher of its resource gets it. */
export class CacheEvent {
  private readonly frames = new Map<string, Buffer>();

  constructor(
    readonly type: 'put' | 'delete',
    /** The object after the change; for a delete, its last state at the revision of the delete. */
    readonly entry: Entry,
    readonly previous: Entry | undefined,
    readonly time: number,
  ) {}

  get revision(): Revision {
    return this.entry.revision;
  }

  /** The object's state before the change, at the change's revision: what ends for a selector that no longer matches. */
  get departed(): Entry {
    return (this.departedEntry ??= this.previous!.deletedAt(this.revision));
  }

  private departedEntry: Entry | undefined;

  /** The event as one watch format has it, made by the first watcher that needs it and shared by the others. */
  frame(format: string, make: () => Buffer): Buffer {
    let frame = this.frames.get(format);
    if (!frame) this.frames.set(format, (frame = make()));
    return frame;
  }
}

export interface CacheWatcher {
  /** The events of one step of the feed, in order. */
  deliver(events: readonly CacheEvent[]): void;
  /** The feed lost its place; the watcher must end. */
  lost(): void;
}

/** Events kept for watches that begin in the past. */
const keepMilliseconds = 5 * 60_000;
const keepAtLeast = 100;
const keepAtMost = 50_000;

/** All objects of one resource at the feed's revision, ordered by key, with the recent changes. */
export class ResourceCache {
  /** In key order. Replaced in place; take a slice before giving it away. */
  readonly entries: Entry[] = [];
  private readonly byKey = new Map<string, Entry>();
  private history: CacheEvent[] = [];
  private readonly watchers = new Set<CacheWatcher>();
  private readonly listIndexes = new Map<string, Map<string, Set<Entry>>>();
  /** Revision of the last change, or of the load: the object set has been what it is since then. */
  generation: Revision;
  /** The oldest revision from which every later event is in the history. */
  private historyStart: Revision;
  /** Lists that were asked for, made at `generation`; dropped by the next change. */
  readonly listCache = new Map<string, unknown>();

  constructor(readonly prefix: string, loadedAt: Revision, private readonly clock: Clock) {
    this.generation = loadedAt;
    this.historyStart = loadedAt;
  }

  get(key: string): Entry | undefined {
    return this.byKey.get(key);
  }

  /** Entries whose key starts with the text, in order: a namespace's objects for `default/`. */
  range(start: string): Entry[] {
    if (start === '') return this.entries.slice();
    const from = this.position(start);
    // '0' follows '/', which ends every start.
    const to = this.position(`${start.slice(0, -1)}0`);
    return this.entries.slice(from, to);
  }

  load(kvs: readonly KeyValue[], root: string): void {
    for (const kv of kvs) {
      const entry = new Entry(kv.key.slice(root.length + this.prefix.length), kv.value, kv.modRevision);
      this.byKey.set(entry.key, entry);
      this.entries.push(entry);
    }
    this.entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  put(key: string, kv: KeyValue, object: UntypedObject | undefined): CacheEvent {
    const previous = this.byKey.get(key);
    const entry = new Entry(key, kv.value, kv.modRevision, object);
    this.byKey.set(key, entry);
    const at = this.position(key);
    this.entries.splice(at, previous ? 1 : 0, entry);
    return this.record(new CacheEvent('put', entry, previous, this.clock.now()));
  }

  delete(key: string, revision: Revision): CacheEvent | undefined {
    const previous = this.byKey.get(key);
    if (!previous) return undefined;
    this.byKey.delete(key);
    this.entries.splice(this.position(key), 1);
    return this.record(new CacheEvent('delete', previous.deletedAt(revision), previous, this.clock.now()));
  }

  publish(events: readonly CacheEvent[]): void {
    for (const watcher of this.watchers) watcher.deliver(events);
  }

  /** Adds a watcher. The events after `from` that have happened are returned, or undefined when they aren't all kept. */
  watch(watcher: CacheWatcher, from: Revision): readonly CacheEvent[] | undefined {
    if (from < this.historyStart) return undefined;
    this.watchers.add(watcher);
    return from >= this.generation ? [] : this.history.slice(this.historyAfter(from));
  }

  get oldestWatchable(): Revision {
    return this.historyStart;
  }

  unwatch(watcher: CacheWatcher): void {
    this.watchers.delete(watcher);
  }

  get watcherCount(): number {
    return this.watchers.size;
  }

  loseWatchers(): void {
    for (const watcher of [...this.watchers]) watcher.lost();
    this.watchers.clear();
  }

  /** Entries whose `value` function gave this text. The index is built when it is first asked for and kept after. */
  indexed(name: string, text: string, value: (entry: Entry) => string): ReadonlySet<Entry> {
    let index = this.listIndexes.get(name);
    if (!index) {
      this.listIndexes.set(name, (index = new Map()));
      this.indexers.set(name, value);
      for (const entry of this.entries) addTo(index, value(entry), entry);
    }
    return index.get(text) ?? noEntries;
  }

  private readonly indexers = new Map<string, (entry: Entry) => string>();

  private record(event: CacheEvent): CacheEvent {
    this.generation = event.revision;
    this.listCache.clear();
    this.history.push(event);
    for (const [name, index] of this.listIndexes) {
      const value = this.indexers.get(name)!;
      if (event.previous) index.get(value(event.previous))?.delete(event.previous);
      if (event.type === 'put') addTo(index, value(event.entry), event.entry);
    }
    if (this.history.length > keepAtLeast * 2) this.trim(event.time);
    return event;
  }

  private trim(now: number): void {
    const surplus = this.history.length - keepAtMost;
    if (surplus <= 0 && this.history[this.history.length >> 1]!.time > now - keepMilliseconds) return;
    let drop = Math.max(0, surplus);
    while (drop < this.history.length - keepAtLeast && this.history[drop]!.time < now - keepMilliseconds) drop++;
    if (drop === 0) return;
    this.historyStart = this.history[drop - 1]!.revision;
    this.history = this.history.slice(drop);
  }

  private historyAfter(revision: Revision): number {
    let low = 0;
    let high = this.history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.history[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private position(key: string): number {
    let low = 0;
    let high = this.entries.length;
    if (high > 0 && this.entries[high - 1]!.key < key) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const noEntries: ReadonlySet<Entry> = new Set();

function addTo(index: Map<string, Set<Entry>>, text: string, entry: Entry): void {
  const set = index.get(text);
  if (set) set.add(entry);
  else index.set(text, new Set([entry]));
}
