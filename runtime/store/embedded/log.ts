import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal, JournalEntry } from '../journal';
import type { Logger } from '../../log';
import type { Mvcc } from '../mvcc';
import type { Revision } from '../store';
import { StoreWriteError } from '../store';
import { openDiskFile, syncFolder } from './disk-file';
import type { DiskFile } from './disk-file';
import { RecordWriter } from './record';
import { segmentMagic, segmentName, segmentSequence } from './recovery';
import type { Recovered } from './recovery';
import { snapshotRevision, writeSnapshot } from './snapshot';

export interface LogOptions {
  /** Log bytes since the last snapshot that call for a new one (at least twice the snapshot's own size). */
  snapshotAfterBytes: number;
  logger: Logger;
  openFile?: typeof openDiskFile;
}

/**
 * The write-ahead log: one open segment, one batch at a time. When enough was written since the last snapshot, the next
 * batch opens a new segment; a snapshot of the state before it makes all older segments superfluous.
 */
export class WriteAheadLog implements Journal {
  private readonly writer = new RecordWriter();
  /** A failed write may have left bytes after `length`: they must go before anything else is written. */
  private dirty = false;
  /** A segment that could not be opened properly, nor removed: it must go before the older one grows on. */
  private leftover: string | undefined;
  private due: Mvcc | undefined;
  private snapshotting: Promise<void> | undefined;
  private snapshotOf: Revision | undefined;
  private closed = false;

  private constructor(
    private readonly folder: string,
    private readonly options: LogOptions,
    private file: DiskFile,
    private sequence: number,
    private length: number,
    private sinceSnapshot: number,
    private snapshotBytes: number,
  ) {}

  static async open(folder: string, recovered: Recovered, options: LogOptions): Promise<WriteAheadLog> {
    const { tail, logBytes, snapshotBytes } = recovered;
    const open = options.openFile ?? openDiskFile;
    if (tail && tail.length > 0) {
      const file = await open(join(folder, segmentName(tail.sequence)), 'r+');
      // Also when the end is sound: what was replayed must be on disk before something new builds on it.
      await file.truncate(tail.length);
      return new WriteAheadLog(folder, options, file, tail.sequence, tail.length, logBytes, snapshotBytes);
    }
    const sequence = tail?.sequence ?? 1;
    const file = await createSegment(folder, sequence, open);
    return new WriteAheadLog(folder, options, file, sequence, segmentMagic.length, logBytes, snapshotBytes);
  }

  get pinned(): Revision | undefined {
    return this.snapshotOf;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.due) await this.rotate(this.due);
    this.writer.reset();
    for (const entry of entries) this.writer.entry(entry);
    const record = this.writer.finish();
    try {
      if (this.dirty || this.leftover) await this.tidy();
      this.dirty = true;
      await this.file.writeDurably(record, this.length);
      this.dirty = false;
    } catch (error) {
      await this.tidy().catch(() => undefined);
      throw new StoreWriteError(`cannot write to the store: ${describe(error)}`, { cause: error });
    }
    this.length += record.length;
    this.sinceSnapshot += record.length;
  }

  applied(state: Mvcc): void {
    if (this.snapshotting || this.closed) return;
    if (this.sinceSnapshot >= Math.max(this.options.snapshotAfterBytes, 2 * this.snapshotBytes)) this.due = state;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.snapshotting;
    await this.file.close();
  }

  /** Everything applied so far is in the segments up to now, everything later will be in the new one. */
  private async rotate(state: Mvcc): Promise<void> {
    this.due = undefined;
    this.sinceSnapshot = 0;
    const revision = state.revision;
    const next = this.sequence + 1;
    try {
      if (this.dirty || this.leftover) await this.tidy();
      const file = await createSegment(this.folder, next, this.options.openFile ?? openDiskFile);
      const full = this.file;
      [this.file, this.sequence, this.length] = [file, next, segmentMagic.length];
      full.close().catch((error: unknown) => this.options.logger.warn({ error: describe(error) }, 'store log segment'));
    } catch (error) {
      this.leftover = join(this.folder, segmentName(next));
      this.options.logger.warn({ error: describe(error) }, 'store log cannot move to a new segment');
      return;
    }
    this.snapshotOf = revision;
    this.snapshotting = this.snapshot(state, revision, next);
  }

  private async snapshot(state: Mvcc, revision: Revision, firstKept: number): Promise<void> {
    try {
      this.snapshotBytes = await writeSnapshot(this.folder, state, revision);
      await removeOlder(this.folder, revision, firstKept);
    } catch (error) {
      this.options.logger.warn({ error: describe(error), revision }, 'store snapshot failed; the log is kept');
    } finally {
      this.snapshotting = undefined;
      this.snapshotOf = undefined;
    }
  }

  private async tidy(): Promise<void> {
    if (this.leftover) {
      await rm(this.leftover, { force: true });
      await syncFolder(this.folder);
      this.leftover = undefined;
    }
    if (!this.dirty) return;
    await this.file.truncate(this.length);
    this.dirty = false;
  }
}

/** Oldest segments first: what a crash leaves of them has no hole. */
async function removeOlder(folder: string, revision: Revision, firstKept: number): Promise<void> {
  const names = (await readdir(folder)).sort();
  for (const name of names) {
    const sequence = segmentSequence(name);
    const snapshot = snapshotRevision(name);
    if ((sequence !== undefined && sequence < firstKept) || (snapshot !== undefined && snapshot < revision)) {
      await rm(join(folder, name), { force: true });
    }
  }
}

async function createSegment(folder: string, sequence: number, open: typeof openDiskFile): Promise<DiskFile> {
  const file = await open(join(folder, segmentName(sequence)), 'w');
  try {
    await file.writeDurably(segmentMagic, 0);
    await syncFolder(folder);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
