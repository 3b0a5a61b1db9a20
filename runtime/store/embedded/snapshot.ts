import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiveRecord, Mvcc } from '../mvcc';
import { keyOf } from '../sort-key';
import type { Revision } from '../store';
import { openDiskFile, syncFolder } from './disk-file';
import { StoreCorruptError } from './errors';
import { RecordReader, RecordWriter, recordAt } from './record';

/*
 * A snapshot is the magic, then records: the first holds f64 revision; pages hold live keys (f64 createRevision,
 * f64 modRevision, u32 version, f64 expiry, key, value); the last is a page of no keys.
 */
const magic = Buffer.from('podium snapshot 1\n');
const pageKeys = 500;
const pageBytes = 1 << 20;
const namePattern = /^snapshot-(\d{16})$/;

export function snapshotName(revision: Revision): string {
  return `snapshot-${String(revision).padStart(16, '0')}`;
}

export function snapshotRevision(name: string): Revision | undefined {
  const match = namePattern.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Writes the state as of a revision beside the log, a page a turn of the loop. Returns the file's size. */
export async function writeSnapshot(folder: string, state: Mvcc, revision: Revision): Promise<number> {
  const path = join(folder, snapshotName(revision));
  const unfinished = `${path}.unfinished`;
  const file = await openDiskFile(unfinished, 'w');
  let size = 0;
  try {
    const append = async (bytes: Buffer) => {
      await file.writeDurably(bytes, size);
      size += bytes.length;
    };
    await append(magic);
    await writePages(state, revision, append);
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
  await file.close();
  await rename(unfinished, path);
  await syncFolder(folder);
  return size;
}

async function writePages(state: Mvcc, revision: Revision, append: (bytes: Buffer) => Promise<void>): Promise<void> {
  const writer = new RecordWriter();
  writer.number(revision);
  await append(writer.finish());
  writer.reset();
  let after: string | undefined;
  do {
    const { records, last } = state.page(after, pageKeys, revision);
    for (const record of records) {
      writeLive(writer, record);
      if (writer.payloadBytes < pageBytes) continue;
      await append(writer.finish());
      writer.reset();
    }
    after = last;
    await new Promise((resolve) => setImmediate(resolve));
  } while (after !== undefined);
  if (writer.payloadBytes > 0) await append(writer.finish());
  writer.reset();
  await append(writer.finish());
}

function writeLive(writer: RecordWriter, { sortKey, kv, expiresAt }: LiveRecord): void {
  writer.number(kv.createRevision);
  writer.number(kv.modRevision);
  writer.count(kv.version);
  writer.number(expiresAt);
  writer.key(sortKey);
  writer.bytes(kv.value);
}

function readLive(reader: RecordReader): LiveRecord {
  const [createRevision, modRevision, version, expiresAt] = [reader.number(), reader.number(), reader.count(), reader.number()];
  const sortKey = reader.key();
  return { sortKey, expiresAt, kv: { key: keyOf(sortKey), value: reader.bytes(), createRevision, modRevision, version } };
}

export async function readSnapshot(path: string, state: Mvcc): Promise<number> {
  const file = await readFile(path);
  if (!file.subarray(0, magic.length).equals(magic)) throw new StoreCorruptError(path, 0, 'not a snapshot');
  let offset = magic.length;
  const next = () => {
    const record = recordAt(file, offset);
    if (record.kind !== 'record') throw new StoreCorruptError(path, offset, 'broken record');
    offset = record.end;
    return new RecordReader(record.payload);
  };
  const revision = next().number();
  for (let page = next(); !page.done; page = next()) {
    while (!page.done) state.restore(readLive(page));
  }
  state.revision = revision;
  state.compacted = revision;
  return file.length;
}
