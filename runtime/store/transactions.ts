import type { Change, Mvcc } from './mvcc';
import { keyOf, sortKeyOf } from './sort-key';
import type { Compare, KeyValue, Revision, TransactionResult, Write } from './store';

/** Refuses what etcd refuses: one key written twice in one transaction. */
export function assertDistinctKeys(writes: readonly Write[]): void {
  if (writes.length > 1 && new Set(writes.map(({ key }) => key)).size < writes.length) {
    throw new RangeError('duplicate key given in transaction');
  }
}

export interface Evaluated {
  readonly result: TransactionResult;
  /** Empty when a guard failed or nothing was there to delete. */
  readonly changes: readonly Change[];
}

/**
 * Transactions in their serial order, ahead of the durable state by those that are being written. Guards are compared
 * with this newest state; readers and watches see the durable one.
 */
export class TransactionQueueState {
  private revision: Revision;
  private readonly pending = new Map<string, Change & { revision: Revision }>();

  constructor(private readonly durable: Mvcc) {
    this.revision = durable.revision;
  }

  evaluate(compares: readonly Compare[], writes: readonly Write[], now: number): Evaluated {
    if (compares.some(({ key, modRevision }) => (this.latest(sortKeyOf(key))?.modRevision ?? 0) !== modRevision)) {
      const current = compares.map(({ key }) => this.latest(sortKeyOf(key)));
      return { result: { succeeded: false, revision: this.revision, current }, changes: [] };
    }
    const revision = this.revision + 1;
    const changes: Change[] = [];
    for (const write of writes) {
      const change = this.resolve(write, revision, now);
      if (change) changes.push(change);
    }
    if (changes.length > 0) {
      this.revision = revision;
      for (const change of changes) this.pending.set(change.sortKey, { ...change, revision });
    }
    return { result: { succeeded: true, revision: this.revision }, changes };
  }

  /** A transaction has become durable. */
  settled(revision: Revision, changes: readonly Change[]): void {
    for (const { sortKey } of changes) {
      if (this.pending.get(sortKey)?.revision === revision) this.pending.delete(sortKey);
    }
  }

  /** Nothing pending was written: the durable state is the newest again. */
  rollBack(): void {
    this.pending.clear();
    this.revision = this.durable.revision;
  }

  private latest(sortKey: string): KeyValue | undefined {
    const pending = this.pending.get(sortKey);
    return pending ? pending.kv : this.durable.latest(sortKey);
  }

  private resolve(write: Write, revision: Revision, now: number): Change | undefined {
    const sortKey = sortKeyOf(write.key);
    const old = this.latest(sortKey);
    if (write.type === 'delete') return old && { sortKey, kv: undefined, expiresAt: 0 };
    const kv: KeyValue = {
      key: write.key,
      value: write.value,
      createRevision: old?.createRevision ?? revision,
      modRevision: revision,
      version: (old?.version ?? 0) + 1,
    };
    return { sortKey, kv, expiresAt: write.ttlSeconds ? now + write.ttlSeconds * 1000 : 0 };
  }
}

/** The value that a logged put gives a key, from what the key was before. */
export function replayed(state: Mvcc, sortKey: string, value: Buffer, revision: Revision): KeyValue {
  const old = state.latest(sortKey);
  return {
    key: keyOf(sortKey),
    value,
    createRevision: old?.createRevision ?? revision,
    modRevision: revision,
    version: (old?.version ?? 0) + 1,
  };
}
