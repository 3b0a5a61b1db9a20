/** A point in the store's one history. Starts at 1; every committed transaction that writes adds one. */
export type Revision = number;

export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
  /** Revision of the transaction that created the key (again). */
  readonly createRevision: Revision;
  /** Revision of the last write; what the API calls resourceVersion. */
  readonly modRevision: Revision;
  /** Writes since creation, starting at 1. */
  readonly version: number;
}

/** Guards of a transaction: all must hold, or nothing is written. `modRevision: 0` means that the key does not exist. */
export interface Compare {
  key: string;
  modRevision: Revision;
}

export type Write =
  | { type: 'put'; key: string; value: Buffer; /** The key is deleted by the store after this many seconds. */ ttlSeconds?: number }
  | { type: 'delete'; key: string };

export type TransactionResult =
  | { succeeded: true; revision: Revision }
  /** The guarded keys as they are now (undefined: absent), in the order of the compares. */
  | { succeeded: false; revision: Revision; current: (KeyValue | undefined)[] };

export interface RangeOptions {
  /** Read at this revision instead of the newest. */
  revision?: Revision;
  limit?: number;
  /** Start after this key (exclusive), to continue a limited read. */
  after?: string;
}

export interface RangeResult {
  kvs: KeyValue[];
  /** Revision that was read. */
  revision: Revision;
  /** More keys follow the limit. */
  more: boolean;
  /** Keys in the whole range, whatever the limit. */
  count: number;
}

export type StoreEvent =
  | { type: 'put'; kv: KeyValue; previous?: KeyValue }
  | { type: 'delete'; key: string; revision: Revision; previous?: KeyValue };

export interface WatchOptions {
  /** First revision to deliver; `current + 1` when absent. */
  from?: Revision;
}

export interface WatchSink {
  /** All events of one or more whole revisions, in order, never twice and without a gap. Must not throw. */
  events(events: readonly StoreEvent[], revision: Revision): void;
  /** Nothing up to this revision remains to be delivered. */
  progress?(revision: Revision): void;
  /** The watch has ended and delivers no more: CompactedError, or StoreClosedError, or the connection's own error. */
  end(error: Error): void;
}

export interface Watch {
  cancel(): void;
}

/**
 * The state of a cluster: a log-structured, revisioned map from key to bytes.
 *
 * Promised: transactions are atomic and serial; a resolved transaction is durable; a read sees every transaction that
 * was resolved before it began; a watch sees every event after `from`, once, in order.
 * Not promised: that a watch has delivered an event by the time the write resolves.
 */
export interface Store {
  get(key: string, options?: { revision?: Revision }): Promise<{ kv: KeyValue | undefined; revision: Revision }>;
  /** Keys that start with `prefix`, in byte order. Throws CompactedError, FutureRevisionError. */
  range(prefix: string, options?: RangeOptions): Promise<RangeResult>;
  transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult>;
  watch(prefix: string, options: WatchOptions, sink: WatchSink): Watch;
  /** The newest committed revision. */
  currentRevision(): Promise<Revision>;
  /** Forget what was overwritten before `revision`; reads and watches from before it fail with CompactedError. */
  compact(revision: Revision): Promise<void>;
  close(): Promise<void>;
}

export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  constructor(readonly requested: Revision, readonly compacted: Revision) {
    super(`required revision ${requested} has been compacted (oldest kept: ${compacted})`);
  }
}

export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError';
  constructor(readonly requested: Revision, readonly current: Revision) {
    super(`required revision ${requested} is a future revision (current: ${current})`);
  }
}

export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError';
  constructor() {
    super('the store is closed');
  }
}

/** The disk is full or failing: nothing was acknowledged, reads go on. */
export class StoreWriteError extends Error {
  override readonly name = 'StoreWriteError';
}
