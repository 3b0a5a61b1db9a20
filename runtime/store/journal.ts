import type { Change, Mvcc } from './mvcc';
import type { Revision } from './store';

/** What one group commit makes durable, in order. */
export interface JournalEntry {
  readonly revision: Revision;
  readonly changes: readonly Change[];
}

/**
 * Where a store's transactions become durable. At most one `append` runs at a time. When it rejects, nothing of the
 * batch will be found again, and the next `append` starts afresh.
 */
export interface Journal {
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** Called after a batch was applied: the chance to write a snapshot beside. */
  applied?(state: Mvcc): void;
  /** The oldest revision that the journal still reads from the state; compaction stays below. */
  readonly pinned?: Revision | undefined;
  close(): Promise<void>;
}

/** Keeps nothing: for tests, and clusters that are thrown away. */
export const memoryJournal: Journal = {
  append: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
