import type { JournalEntry } from '../journal';
import type { Revision } from '../store';
import { crc32 } from './checksum';

/*
 * A record is one group commit (log) or one page (snapshot):
 *
 *   u32 length of the payload | u32 CRC-32 of the payload | u32 CRC-32 of the 8 bytes before | payload
 *
 * The header's own checksum tells a torn header from a sound one whose payload is torn. A log payload is a run of
 * transactions: f64 revision, u32 number of changes, then the changes: u8 kind, u16 key length, key, and for puts
 * [f64 expiry in ms], u32 value length, value. All little endian.
 */
export const headerBytes = 12;

const kinds = { put: 1, delete: 2, expiringPut: 3 } as const;

/** A buffer that grows, written front to back, with room for the header at its start. */
export class RecordWriter {
  private buffer = Buffer.allocUnsafeSlow(64 * 1024);
  private at = headerBytes;

  get payloadBytes(): number {
    return this.at - headerBytes;
  }

  reset(): void {
    this.at = headerBytes;
    if (this.buffer.length > 8 << 20) this.buffer = Buffer.allocUnsafeSlow(64 * 1024);
  }

  number(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  count(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeUInt32LE(value, this.at);
  }

  byte(value: number): void {
    this.reserve(1);
    this.at = this.buffer.writeUInt8(value, this.at);
  }

  /** A sort key: one byte a character. */
  key(sortKey: string): void {
    this.reserve(2 + sortKey.length);
    this.at = this.buffer.writeUInt16LE(sortKey.length, this.at);
    this.at += this.buffer.write(sortKey, this.at, 'latin1');
  }

  bytes(value: Buffer): void {
    this.count(value.length);
    this.reserve(value.length);
    this.at += value.copy(this.buffer, this.at);
  }

  entry({ revision, changes }: JournalEntry): void {
    this.number(revision);
    this.count(changes.length);
    for (const { sortKey, kv, expiresAt } of changes) {
      this.byte(kv ? (expiresAt ? kinds.expiringPut : kinds.put) : kinds.delete);
      this.key(sortKey);
      if (kv && expiresAt) this.number(expiresAt);
      if (kv) this.bytes(kv.value);
    }
  }

  /** The record, valid until the next `reset`. */
  finish(): Buffer {
    const payload = this.buffer.subarray(headerBytes, this.at);
    this.buffer.writeUInt32LE(payload.length, 0);
    this.buffer.writeUInt32LE(crc32(payload), 4);
    this.buffer.writeUInt32LE(crc32(this.buffer.subarray(0, 8)), 8);
    return this.buffer.subarray(0, this.at);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }
}

export type RecordAt = { kind: 'record'; payload: Buffer; end: number } | { kind: 'end' } | { kind: 'broken' };

/** The record that starts at an offset of a file's content. */
export function recordAt(file: Buffer, offset: number): RecordAt {
  if (offset === file.length) return { kind: 'end' };
  if (offset + headerBytes > file.length) return { kind: 'broken' };
  if (file.readUInt32LE(offset + 8) !== crc32(file.subarray(offset, offset + 8))) return { kind: 'broken' };
  const end = offset + headerBytes + file.readUInt32LE(offset);
  if (end > file.length) return { kind: 'broken' };
  const payload = file.subarray(offset + headerBytes, end);
  return crc32(payload) === file.readUInt32LE(offset + 4) ? { kind: 'record', payload, end } : { kind: 'broken' };
}

/** Whether a sound record starts anywhere after the offset: then a broken one before it is not a torn tail. */
export function soundRecordAfter(file: Buffer, offset: number): boolean {
  for (let i = offset + 1; i + headerBytes < file.length; i++) {
    const { kind } = recordAt(file, i);
    if (kind === 'record') return true;
  }
  return false;
}

export class RecordReader {
  private at = 0;

  constructor(private readonly payload: Buffer) {}

  get done(): boolean {
    return this.at >= this.payload.length;
  }

  number(): number {
    const value = this.payload.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  count(): number {
    const value = this.payload.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  byte(): number {
    return this.payload.readUInt8(this.at++);
  }

  key(): string {
    const length = this.payload.readUInt16LE(this.at);
    const start = this.at + 2;
    this.at = start + length;
    return this.payload.toString('latin1', start, this.at);
  }

  /** A copy, so that a value does not hold on to the file it was read from. */
  bytes(): Buffer {
    const length = this.count();
    const value = Buffer.from(this.payload.subarray(this.at, this.at + length));
    this.at += length;
    return value;
  }

  entry(): LoggedTransaction {
    const revision = this.number();
    const changes: LoggedChange[] = [];
    for (let left = this.count(); left > 0; left--) {
      const kind = this.byte();
      const sortKey = this.key();
      if (kind === kinds.delete) changes.push({ sortKey, value: undefined, expiresAt: 0 });
      else {
        const expiresAt = kind === kinds.expiringPut ? this.number() : 0;
        changes.push({ sortKey, expiresAt, value: this.bytes() });
      }
    }
    return { revision, changes };
  }
}

export interface LoggedChange {
  readonly sortKey: string;
  /** Undefined: deleted. */
  readonly value: Buffer | undefined;
  readonly expiresAt: number;
}

export interface LoggedTransaction {
  readonly revision: Revision;
  readonly changes: readonly LoggedChange[];
}
