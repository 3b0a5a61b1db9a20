import { systemClock } from '../clock';
import type { Clock } from '../clock';
import { ExpiryQueue } from './expiry';
import { memoryJournal } from './journal';
import type { Journal, JournalEntry } from './journal';
import { Mvcc } from './mvcc';
import type { Change } from './mvcc';
import { keyOf } from './sort-key';
import { FutureRevisionError, CompactedError, StoreClosedError, StoreWriteError } from './store';
import type {
  Compare, KeyValue, RangeOptions, RangeResult, Revision, Store, StoreEvent, TransactionResult, Watch, WatchOptions, WatchSink, Write,
} from './store';
import { assertDistinctKeys, TransactionQueueState } from './transactions';
import { WatchHub } from './watch-hub';

export interface HistoryOptions {
  clock?: Clock;
  /** Overwritten states are forgotten when they are this old; 0 keeps them until `compact` is called. */
  keepMilliseconds?: number;
  /** Events kept at most, however young; 0: no bound. */
  keepEvents?: number;
  /** Called when the store has been closed. */
  released?: () => Promise<void>;
}

interface Waiting {
  readonly result: TransactionResult;
  readonly changes: readonly Change[];
  resolve(result: TransactionResult): void;
  reject(error: Error): void;
}

const defaultKeepMilliseconds = 5 * 60_000;
const defaultKeepEvents = 200_000;
/** Compactions within the kept time. */
const compactionSteps = 10;

/**
 * The store over a journal. A transaction is evaluated when it is asked for, in one serial order that includes those
 * still on their way to the journal; it is applied, seen by watches and readers, and acknowledged, in that order, once
 * its batch is durable. Transactions that arrive while a batch is written share the next one. A guard that fails
 * because of an unwritten transaction is answered after that one's batch, so that nobody learns of what may not last.
 */
export class JournaledStore implements Store {
  private readonly serial: TransactionQueueState;
  private readonly hub: WatchHub;
  private readonly expiry: ExpiryQueue;
  private readonly clock: Clock;
  private queue: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private closed = false;
  private cancelCompaction: (() => void) | undefined;
  /** Newest revision at each past compaction step, oldest first. */
  private marks: Revision[] = [];

  constructor(private readonly state: Mvcc, private readonly journal: Journal, private readonly options: HistoryOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.serial = new TransactionQueueState(state);
    this.hub = new WatchHub(state);
    this.expiry = new ExpiryQueue(this.clock, (due) => this.expire(due));
    state.expiries((sortKey, at, modRevision) => this.expiry.add(sortKey, at, modRevision));
    this.scheduleCompaction();
  }

  get(key: string, options?: { revision?: Revision }): Promise<{ kv: KeyValue | undefined; revision: Revision }> {
    return this.reading(() => ({
      kv: this.state.get(key, options?.revision),
      revision: options?.revision || this.state.revision,
    }));
  }

  range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    return this.reading(() => this.state.range(prefix, options));
  }

  currentRevision(): Promise<Revision> {
    return this.reading(() => this.state.revision);
  }

  transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult> {
    if (this.closed) return Promise.reject(new StoreClosedError());
    try {
      assertDistinctKeys(writes);
    } catch (error) {
      return Promise.reject(error);
    }
    const { result, changes } = this.serial.evaluate(compares, writes, this.clock.now());
    if (changes.length === 0 && !this.flushing) return Promise.resolve(result);
    return new Promise((resolve, reject) => {
      this.queue.push({ result, changes, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  watch(prefix: string, options: WatchOptions, sink: WatchSink): Watch {
    if (this.closed) {
      queueMicrotask(() => sink.end(new StoreClosedError()));
      return { cancel() {} };
    }
    return this.hub.add(prefix, options.from, sink);
  }

  compact(revision: Revision): Promise<void> {
    return this.reading(() => {
      if (revision > this.state.revision) throw new FutureRevisionError(revision, this.state.revision);
      if (revision <= this.state.compacted) throw new CompactedError(revision, this.state.compacted);
      this.compactTo(revision);
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.cancelCompaction?.();
    this.expiry.stop();
    await this.flushing;
    this.hub.end(new StoreClosedError());
    await this.journal.close();
    await this.options.released?.();
  }

  private async reading<R>(read: () => R): Promise<R> {
    if (this.closed) throw new StoreClosedError();
    return read();
  }

  /** Writes batches until the queue is empty. The first waits for the turn of the loop, to gather its writers. */
  private async flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      try {
        const entries = journalEntries(batch);
        if (entries.length > 0) await this.journal.append(entries);
      } catch (error) {
        this.fail(batch, error);
        continue;
      }
      this.commit(batch);
      // Callers go on in microtasks: let them join the next batch.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.flushing = undefined;
  }

  private commit(batch: readonly Waiting[]): void {
    const events: StoreEvent[] = [];
    for (const { result, changes } of batch) {
      if (changes.length === 0) continue;
      this.state.apply(result.revision, changes, events);
      this.serial.settled(result.revision, changes);
      for (const { sortKey, expiresAt } of changes) {
        if (expiresAt) this.expiry.add(sortKey, expiresAt, result.revision);
      }
    }
    if (events.length > 0) this.hub.publish(events, this.state.revision);
    for (const { result, resolve } of batch) resolve(result);
    this.boundHistory();
    this.journal.applied?.(this.state);
  }

  /** Those that came after the failed batch were evaluated on top of it, so they fail with it. */
  private fail(batch: readonly Waiting[], cause: unknown): void {
    const rejected = [...batch, ...this.queue];
    this.queue = [];
    this.serial.rollBack();
    const error = cause instanceof StoreWriteError ? cause : new StoreWriteError(describe(cause), { cause });
    for (const { reject } of rejected) reject(error);
  }

  private expire(due: readonly { sortKey: string; modRevision: Revision }[]): void {
    const retry = (sortKey: string, modRevision: Revision) => this.expiry.add(sortKey, this.clock.now() + 5000, modRevision);
    for (const { sortKey, modRevision } of due) {
      if (this.state.latest(sortKey)?.modRevision !== modRevision) continue;
      const key = keyOf(sortKey);
      this.transact([{ key, modRevision }], [{ type: 'delete', key }]).catch(() => !this.closed && retry(sortKey, modRevision));
    }
  }

  private scheduleCompaction(): void {
    const keep = this.options.keepMilliseconds ?? defaultKeepMilliseconds;
    if (keep === 0) return;
    this.cancelCompaction = this.clock.after(keep / compactionSteps, () => {
      this.marks.push(this.state.revision);
      if (this.marks.length > compactionSteps) this.compactTo(this.marks.shift()!);
      this.scheduleCompaction();
    });
  }

  private boundHistory(): void {
    const most = this.options.keepEvents ?? defaultKeepEvents;
    if (most > 0 && this.state.loggedEvents > most) this.compactTo(this.state.revisionKeeping(Math.ceil(most * 0.9)));
  }

  private compactTo(revision: Revision): void {
    const to = Math.min(revision, this.journal.pinned ?? revision);
    if (to > this.state.compacted && to <= this.state.revision) this.state.compact(to);
  }
}

function journalEntries(batch: readonly Waiting[]): JournalEntry[] {
  return batch.filter(({ changes }) => changes.length > 0).map(({ result, changes }) => ({ revision: result.revision, changes }));
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** A store that lives as long as the process. */
export function openMemoryStore(options: HistoryOptions = {}): Store {
  return new JournaledStore(new Mvcc(), memoryJournal, options);
}
