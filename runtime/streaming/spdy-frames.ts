import { FlushedInflate, InflateError } from './inflate';
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary';

/** The peer sent what isn't SPDY/3.1; ends its connection, nothing else. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

export const frameType = {
  synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9,
} as const;

export const flagFin = 0x01;

/** RST_STREAM status codes. */
export const resetStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, internalError: 6, streamInUse: 8 } as const;

export type Frame =
  | { type: 'data'; streamId: number; fin: boolean; data: Buffer }
  | { type: 'synStream'; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: 'synReply'; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: 'headers'; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: 'rstStream'; streamId: number; status: number }
  | { type: 'ping'; id: number }
  | { type: 'goAway'; lastStreamId: number }
  | { type: 'windowUpdate'; streamId: number; delta: number }
  | { type: 'settings' }
  | { type: 'unknown'; code: number };

const version = 3;
/** More than any client of Kubernetes sends in one frame (32 KiB); a longer one is taken for garbage. */
export const maxFrameBytes = 4 * 1024 * 1024;

/** Cuts a byte stream into frames. `push` throws SpdyError for what isn't SPDY. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;

  push(chunk: Buffer): Frame[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.next(); frame; frame = this.next()) frames.push(frame);
    return frames;
  }

  private next(): Frame | undefined {
    if (this.buffered < 8) return undefined;
    const head = this.peek(8);
    const length = head.readUIntBE(5, 3);
    if (length > maxFrameBytes) throw new SpdyError(`frame of ${length} bytes`);
    const control = (head[0]! & 0x80) !== 0;
    if (control && (head.readUInt16BE(0) & 0x7fff) !== version) throw new SpdyError('not a SPDY/3 control frame');
    if (this.buffered < 8 + length) return undefined;
    const frame = this.take(8 + length);
    const payload = frame.subarray(8);
    if (control) return controlFrame(head.readUInt16BE(2), head[4]!, payload);
    const streamId = head.readUInt32BE(0);
    if (streamId === 0) throw new SpdyError('data on stream 0');
    return { type: 'data', streamId, fin: (head[4]! & flagFin) !== 0, data: payload };
  }

  private peek(length: number): Buffer {
    const first = this.chunks[0]!;
    if (first.length >= length) return first;
    this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0]!;
  }

  private take(length: number): Buffer {
    if (this.chunks[0]!.length < length) this.chunks = [Buffer.concat(this.chunks)];
    const first = this.chunks[0]!;
    if (first.length === length) this.chunks.shift();
    else this.chunks[0] = first.subarray(length);
    this.buffered -= length;
    return first.subarray(0, length);
  }
}

function controlFrame(code: number, flags: number, payload: Buffer): Frame {
  const fin = (flags & flagFin) !== 0;
  const need = (bytes: number) => {
    if (payload.length < bytes) throw new SpdyError(`control frame ${code} of ${payload.length} bytes`);
  };
  const id = (offset = 0) => payload.readUInt32BE(offset) & 0x7fffffff;
  switch (code) {
    case frameType.synStream:
      need(10);
      return { type: 'synStream', streamId: id(), fin, headerBlock: payload.subarray(10) };
    case frameType.synReply:
    case frameType.headers:
      need(4);
      return { type: code === frameType.headers ? 'headers' : 'synReply', streamId: id(), fin, headerBlock: payload.subarray(4) };
    case frameType.rstStream:
      need(8);
      return { type: 'rstStream', streamId: id(), status: payload.readUInt32BE(4) };
    case frameType.settings:
      return { type: 'settings' };
    case frameType.ping:
      need(4);
      return { type: 'ping', id: payload.readUInt32BE(0) };
    case frameType.goAway:
      need(4);
      return { type: 'goAway', lastStreamId: id() };
    case frameType.windowUpdate:
      need(8);
      return { type: 'windowUpdate', streamId: id(), delta: id(4) };
    default:
      return { type: 'unknown', code };
  }
}

export function controlFrameBytes(code: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(code, 2);
  head[4] = flags;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function dataFrameHead(streamId: number, fin: boolean, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(streamId & 0x7fffffff, 0);
  head[4] = fin ? flagFin : 0;
  head.writeUIntBE(length, 5, 3);
  return head;
}

export function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => buffer.writeUInt32BE(value >>> 0, i * 4));
  return buffer;
}

/** Names are lower case; a name's values in the order they came. */
export type Headers = Record<string, string>;

const maxHeaderBytes = 1024 * 1024;

/**
 * Writes header blocks as stored (uncompressed) blocks of a zlib stream: any inflater takes them, and nothing is kept
 * between blocks. The empty block behind each is what a sync flush ends with; Go's reader waits for it.
 */
export class HeaderCompressor {
  private started = false;

  compress(headers: Headers): Buffer {
    const parts: Buffer[] = this.started ? [] : [Buffer.from([0x78, 0x20]), words(spdyDictionaryId)];
    this.started = true;
    const block = encodeHeaders(headers);
    for (let offset = 0; offset < block.length; offset += 0xffff) parts.push(...storedBlock(block.subarray(offset, offset + 0xffff)));
    return Buffer.concat([...parts, ...storedBlock(Buffer.alloc(0))]);
  }
}

function storedBlock(content: Buffer): Buffer[] {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(content.length, 1);
  head.writeUInt16LE(content.length ^ 0xffff, 3);
  return [head, content];
}

/** Reads the header blocks of one direction, in the order of their frames. */
export class HeaderDecompressor {
  private readonly inflate = new FlushedInflate(spdyDictionary, spdyDictionaryId, maxHeaderBytes);

  /** Throws SpdyError for a broken block; the connection can't go on then. */
  decompress(block: Buffer): Headers {
    try {
      return decodeHeaders(this.inflate.push(block));
    } catch (error) {
      if (error instanceof InflateError) throw new SpdyError(`header block: ${error.message}`);
      throw error;
    }
  }
}

function encodeHeaders(headers: Headers): Buffer {
  const entries = Object.entries(headers);
  const parts: Buffer[] = [words(entries.length)];
  for (const [name, value] of entries) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text);
      parts.push(words(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function decodeHeaders(block: Buffer): Headers {
  const headers: Headers = {};
  let offset = 0;
  const word = (): number => {
    if (offset + 4 > block.length) throw new SpdyError('truncated header block');
    offset += 4;
    return block.readUInt32BE(offset - 4);
  };
  const text = (): string => {
    const length = word();
    if (offset + length > block.length) throw new SpdyError('truncated header block');
    offset += length;
    return block.toString('utf8', offset - length, offset);
  };
  for (let left = word(); left > 0; left--) {
    const name = text();
    headers[name.toLowerCase()] = text().replaceAll('\0', ',');
  }
  return headers;
}
