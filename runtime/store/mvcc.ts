import { keyOf, prefixEnd, sortKeyOf } from './sort-key';
import { SortedEntries } from './sorted-entries';
import { CompactedError, FutureRevisionError } from './store';
import type { KeyValue, RangeOptions, RangeResult, Revision, StoreEvent } from './store';

/** One write of a transaction, resolved: what the key becomes. `kv` undefined: deleted. */
export interface Change {
  readonly sortKey: string;
  readonly kv: KeyValue | undefined;
  /** Milliseconds since the epoch; 0: never. */
  readonly expiresAt: number;
}

interface Version {
  readonly revision: Revision;
  readonly kv: KeyValue | undefined;
  readonly expiresAt: number;
  /** What this one replaced; dropped by compaction once this one is as old as the oldest kept revision. */
  older: Version | undefined;
}

interface Entry {
  readonly sortKey: string;
  head: Version;
}

interface Logged {
  readonly entry: Entry;
  readonly version: Version;
  readonly event: StoreEvent;
}

export interface LiveRecord {
  readonly sortKey: string;
  readonly kv: KeyValue;
  readonly expiresAt: number;
}

/** The durable state and its kept history, in memory. Knows nothing of files, time or pending writes. */
export class Mvcc {
  /** The newest applied revision. */
  revision: Revision = 1;
  /** The oldest revision that can be read; 0: all. */
  compacted: Revision = 0;

  private readonly entries = new Map<string, Entry>();
  /** Entries whose head is a value. */
  private readonly live = new SortedEntries<Entry>();
  /** Deleted entries with kept history. */
  private readonly dead = new SortedEntries<Entry>();
  /** Events from `compacted` on, by revision; those before `logStart` are gone. */
  private log: (Logged | undefined)[] = [];
  private logStart = 0;

  get loggedEvents(): number {
    return this.log.length - this.logStart;
  }

  latest(sortKey: string): KeyValue | undefined {
    return this.entries.get(sortKey)?.head.kv;
  }

  get(key: string, revision?: Revision): KeyValue | undefined {
    const at = this.readable(revision);
    const entry = this.entries.get(sortKeyOf(key));
    return entry && versionAt(entry, at);
  }

  range(prefix: string, { revision, limit, after }: RangeOptions): RangeResult {
    const at = this.readable(revision);
    const first = sortKeyOf(prefix);
    const end = prefixEnd(first);
    const start = after === undefined ? first : laterOf(first, `${sortKeyOf(after)}\0`);
    const most = limit || Infinity;
    return at === this.revision ? this.rangeNow(first, start, end, most) : this.rangeAt(first, start, end, most, at);
  }

  private rangeNow(first: string, start: string, end: string | undefined, limit: number): RangeResult {
    const kvs: KeyValue[] = [];
    let more = false;
    this.live.scan(start, end, (entry) => {
      if (kvs.length < limit) return kvs.push(entry.head.kv!) > 0;
      more = true;
      return false;
    });
    return { kvs, revision: this.revision, more, count: this.live.count(first, end) };
  }

  private rangeAt(first: string, start: string, end: string | undefined, limit: number, at: Revision): RangeResult {
    const found: { sortKey: string; kv: KeyValue }[] = [];
    const visit = (entry: Entry) => {
      const kv = versionAt(entry, at);
      if (kv) found.push({ sortKey: entry.sortKey, kv });
      return true;
    };
    this.live.scan(first, end, visit);
    const fromLive = found.length;
    this.dead.scan(first, end, visit);
    if (fromLive > 0 && fromLive < found.length) found.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
    const rest = start === first ? found : found.filter(({ sortKey }) => sortKey >= start);
    const kvs = rest.slice(0, limit).map(({ kv }) => kv);
    return { kvs, revision: at, more: rest.length > kvs.length, count: found.length };
  }

  /** Up to `limit` live records after a sort key, as of `revision`, for snapshots. */
  page(after: string | undefined, limit: number, revision: Revision): { records: LiveRecord[]; last: string | undefined } {
    const records: LiveRecord[] = [];
    let last: string | undefined;
    let visited = 0;
    const start = after === undefined ? '' : `${after}\0`;
    const visit = (entry: Entry) => {
      const version = findVersion(entry, revision);
      if (version?.kv) records.push({ sortKey: entry.sortKey, kv: version.kv, expiresAt: version.expiresAt });
    };
    this.live.scan(start, undefined, (entry) => {
      visit(entry);
      last = entry.sortKey;
      return ++visited < limit;
    });
    // Keys deleted while the snapshot is being written belong to it still.
    this.dead.scan(start, visited < limit ? undefined : `${last ?? ''}\0`, (entry) => (visit(entry), true));
    return { records, last: visited < limit ? undefined : last };
  }

  /** A record of a snapshot; before any `apply`. */
  restore({ sortKey, kv, expiresAt }: LiveRecord): void {
    const entry = { sortKey, head: { revision: kv.modRevision, kv, expiresAt, older: undefined } };
    this.entries.set(sortKey, entry);
    this.live.insert(entry);
  }

  apply(revision: Revision, changes: readonly Change[], events: StoreEvent[]): void {
    this.revision = revision;
    for (const change of changes) events.push(this.applyChange(revision, change));
  }

  private applyChange(revision: Revision, { sortKey, kv, expiresAt }: Change): StoreEvent {
    let entry = this.entries.get(sortKey);
    const previous = entry?.head.kv;
    const version: Version = { revision, kv, expiresAt, older: entry?.head };
    if (entry) entry.head = version;
    else this.entries.set(sortKey, (entry = { sortKey, head: version }));
    this.place(entry, version.older, kv !== undefined, previous !== undefined);
    const event: StoreEvent = kv
      ? { type: 'put', kv, ...(previous && { previous }) }
      : { type: 'delete', key: previous?.key ?? keyOf(sortKey), revision, ...(previous && { previous }) };
    this.log.push({ entry, version, event });
    return event;
  }

  private place(entry: Entry, older: Version | undefined, lives: boolean, lived: boolean): void {
    if (lives === lived) return;
    if (lives) {
      if (older) this.dead.delete(entry.sortKey);
      this.live.insert(entry);
    } else {
      this.live.delete(entry.sortKey);
      this.dead.insert(entry);
    }
  }

  /** Forgets what was overwritten before `revision`, which stays readable itself. */
  compact(revision: Revision): void {
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision <= this.compacted) throw new CompactedError(revision, this.compacted);
    this.compacted = revision;
    for (let i = this.logStart; i < this.log.length; i++) {
      const { entry, version } = this.log[i]!;
      if (version.revision > revision) break;
      version.older = undefined;
      if (version.kv === undefined && entry.head === version && this.entries.get(entry.sortKey) === entry) {
        this.entries.delete(entry.sortKey);
        this.dead.delete(entry.sortKey);
      }
      if (version.revision < revision) {
        this.log[i] = undefined;
        this.logStart = i + 1;
      }
    }
    if (this.logStart > 1024 && this.logStart > this.log.length / 2) {
      this.log = this.log.slice(this.logStart);
      this.logStart = 0;
    }
  }

  /** Events from a revision on that start with the prefix: whole revisions, `limit` looked at or a few more. */
  eventsFrom(from: Revision, sortPrefix: string, limit: number): { events: StoreEvent[]; next: Revision } {
    if (from < this.compacted) throw new CompactedError(from, this.compacted);
    const events: StoreEvent[] = [];
    let i = this.logIndex(from);
    let last = 0;
    for (const stop = i + limit; i < this.log.length; i++) {
      const { entry, version, event } = this.log[i]!;
      if (i >= stop && version.revision !== last) return { events, next: version.revision };
      last = version.revision;
      if (entry.sortKey.startsWith(sortPrefix)) events.push(event);
    }
    return { events, next: this.revision + 1 };
  }

  /** The revision that leaves at most `count` events in the log when compacted to. */
  revisionKeeping(count: number): Revision {
    return this.log[Math.max(this.logStart, this.log.length - count)]?.version.revision ?? this.revision;
  }

  expiries(visit: (sortKey: string, expiresAt: number, modRevision: Revision) => void): void {
    for (const { sortKey, head } of this.entries.values()) {
      if (head.kv && head.expiresAt) visit(sortKey, head.expiresAt, head.revision);
    }
  }

  private logIndex(from: Revision): number {
    let low = this.logStart;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.log[middle]!.version.revision < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private readable(revision: Revision | undefined): Revision {
    if (!revision) return this.revision;
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision < this.compacted) throw new CompactedError(revision, this.compacted);
    return revision;
  }
}

function findVersion(entry: Entry, revision: Revision): Version | undefined {
  let version: Version | undefined = entry.head;
  while (version && version.revision > revision) version = version.older;
  return version;
}

function versionAt(entry: Entry, revision: Revision): KeyValue | undefined {
  return findVersion(entry, revision)?.kv;
}

function laterOf(a: string, b: string): string {
  return a > b ? a : b;
}
