import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Mvcc } from '../mvcc';
import type { Change } from '../mvcc';
import { replayed } from '../transactions';
import { StoreCorruptError } from './errors';
import { RecordReader, recordAt, soundRecordAfter } from './record';
import type { LoggedTransaction } from './record';
import { readSnapshot, snapshotRevision } from './snapshot';

export const segmentMagic = Buffer.from('podium log 1\n');

export function segmentName(sequence: number): string {
  return `log-${String(sequence).padStart(10, '0')}`;
}

export function segmentSequence(name: string): number | undefined {
  const match = /^log-(\d{10})$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

export interface Recovered {
  readonly state: Mvcc;
  /** The last segment and the length of its sound part; undefined when there is none. */
  readonly tail: { sequence: number; length: number; torn: boolean } | undefined;
  /** Bytes of all segments, and of the snapshot. */
  readonly logBytes: number;
  readonly snapshotBytes: number;
}

/** The newest snapshot and the log after it. Of the last segment a torn end is left out; any other damage is an error. */
export async function recover(folder: string, bound: (state: Mvcc) => void): Promise<Recovered> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  await Promise.all(names.filter((name) => name.endsWith('.unfinished')).map((name) => rm(join(folder, name))));
  const state = new Mvcc();
  const snapshot = names.filter((name) => snapshotRevision(name) !== undefined).sort().at(-1);
  const snapshotBytes = snapshot ? await readSnapshot(join(folder, snapshot), state) : 0;
  const sequences = names.map(segmentSequence).filter((n) => n !== undefined).sort((a, b) => a - b);
  let tail: Recovered['tail'];
  let logBytes = 0;
  for (const [i, sequence] of sequences.entries()) {
    const path = join(folder, segmentName(sequence));
    if (i > 0 && sequence !== sequences[i - 1]! + 1) throw new StoreCorruptError(path, 0, 'the segment before it is missing');
    const { length, torn } = await replaySegment(path, state, i === sequences.length - 1);
    tail = { sequence, length, torn };
    logBytes += length;
    bound(state);
  }
  return { state, tail, logBytes, snapshotBytes };
}

async function replaySegment(path: string, state: Mvcc, last: boolean): Promise<{ length: number; torn: boolean }> {
  const file = await readFile(path);
  if (!file.subarray(0, segmentMagic.length).equals(segmentMagic)) {
    if (last && segmentMagic.subarray(0, file.length).equals(file)) return { length: 0, torn: true };
    throw new StoreCorruptError(path, 0, 'not a log segment');
  }
  let offset = segmentMagic.length;
  for (;;) {
    const record = recordAt(file, offset);
    if (record.kind === 'end') return { length: offset, torn: false };
    if (record.kind === 'broken') {
      if (last && !soundRecordAfter(file, offset)) return { length: offset, torn: true };
      throw new StoreCorruptError(path, offset, 'broken record');
    }
    const reader = new RecordReader(record.payload);
    while (!reader.done) replay(state, reader.entry(), path, offset);
    offset = record.end;
  }
}

function replay(state: Mvcc, { revision, changes }: LoggedTransaction, path: string, offset: number): void {
  // What the snapshot holds already: the segment began before it.
  if (revision <= state.revision) return;
  if (revision !== state.revision + 1) {
    throw new StoreCorruptError(path, offset, `revision ${revision} follows ${state.revision}`);
  }
  const resolved = changes.map(({ sortKey, value, expiresAt }): Change => ({
    sortKey, expiresAt, kv: value && replayed(state, sortKey, value, revision),
  }));
  state.apply(revision, resolved, []);
}
