import { Duplex, PassThrough, duplexPair } from 'node:stream';
import { constants, createDeflate } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FlushedInflate } from './inflate';
import { SpdyConnection } from './spdy-connection';
import type { SpdyStream } from './spdy-connection';
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary';
import { FrameReader, HeaderCompressor, HeaderDecompressor, controlFrameBytes, frameType, words } from './spdy-frames';

async function deflated(pieces: Buffer[], level: number): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: spdyDictionary, level });
  const output: Buffer[] = [];
  for (const piece of pieces) {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer) => void chunks.push(chunk);
    deflate.on('data', collect);
    deflate.write(piece);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => setImmediate(resolve)));
    deflate.off('data', collect);
    output.push(Buffer.concat(chunks));
  }
  deflate.destroy();
  return output;
}

describe('header compression', () => {
  test.each([0, 1, 6, 9])('inflates what zlib deflated at level %i, piece by piece', async (level) => {
    const pieces = ['get', 'options 200 OK '.repeat(40), 'x', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff)).toString('latin1')]
      .map((text) => Buffer.from(text, 'latin1'));
    const inflate = new FlushedInflate(spdyDictionary, spdyDictionaryId, 1 << 20);
    for (const [i, piece] of (await deflated(pieces, level)).entries()) expect(inflate.push(piece)).toEqual(pieces[i]);
  });

  test('header blocks come out as they went in', () => {
    const compressor = new HeaderCompressor();
    const decompressor = new HeaderDecompressor();
    const blocks: Record<string, string>[] = [{ streamtype: 'error', port: '80' }, {}, { requestid: 'é'.repeat(50_000) }];
    for (const headers of blocks) {
      expect(decompressor.decompress(compressor.compress(headers))).toEqual(headers);
    }
  });
});

function pair(onStream: (stream: SpdyStream) => void): { client: SpdyConnection; server: SpdyConnection } {
  const [a, b] = duplexPair();
  a.once('close', () => b.destroy());
  return { client: new SpdyConnection(a, { server: false }), server: new SpdyConnection(b, { server: true, onStream }) };
}

function text(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => stream.once('end', () => resolve(Buffer.concat(chunks).toString())));
}

describe('connection', () => {
  test('carries streams both ways, each half closing by itself', async () => {
    const seen: string[] = [];
    const { client } = pair((stream) => {
      seen.push(stream.headers.streamtype!);
      stream.accept();
      void text(stream).then((received) => stream.end(`${stream.headers.streamtype}:${received.length}`));
    });
    const first = await client.open({ streamType: 'data' });
    const second = await client.open({ streamType: 'error' });
    first.end('x'.repeat(200_000));
    second.end();
    expect(await text(first)).toBe('data:200000');
    expect(await text(second)).toBe('error:0');
    expect(seen).toEqual(['data', 'error']);
    client.close();
  });

  test('a stream that is refused rejects, others go on', async () => {
    const { client } = pair((stream) => {
      if (stream.headers.ok) {
        stream.accept();
        stream.end('fine');
      } else stream.refuse();
    });
    await expect(client.open({ bad: '1' })).rejects.toThrow('refused');
    expect(await text(await client.open({ ok: '1' }))).toBe('fine');
    client.destroy();
  });

  test('a slow reader holds the writer back', async () => {
    let written = 0;
    const { client } = pair((stream) => {
      stream.accept();
      const write = () => {
        while (written < 400) {
          written++;
          if (stream.write(Buffer.alloc(64 * 1024))) continue;
          stream.once('drain', write);
          return;
        }
        stream.end();
      };
      write();
    });
    const stream = await client.open({});
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(written).toBeLessThan(40);
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(400 * 64 * 1024);
    client.destroy();
  });

  test('a connection that goes away closes its streams', async () => {
    const closed: Promise<unknown>[] = [];
    const { client, server } = pair((stream) => {
      stream.accept();
      closed.push(new Promise((resolve) => stream.once('close', resolve)));
    });
    await client.open({});
    client.destroy();
    await Promise.all(closed);
    await server.closed;
    expect(closed).toHaveLength(1);
  });

  test('a peer that answers no ping is given up', async () => {
    const [a] = duplexPair();
    const connection = new SpdyConnection(a, { server: true, pingIntervalMs: 5 });
    await connection.closed;
  });
});

describe('garbage', () => {
  function random(seed: number): () => number {
    let state = seed;
    return () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
  }

  test('random bytes end the connection and throw nothing', async () => {
    const next = random(42);
    for (let round = 0; round < 400; round++) {
      const socket = new PassThrough();
      const sink = Duplex.from({ readable: socket, writable: new PassThrough().resume() });
      const connection = new SpdyConnection(sink, { server: true, onStream: (stream) => stream.accept() });
      const bytes = Buffer.from(Array.from({ length: 300 }, () => Math.floor(next() * 256)));
      // Half of the rounds get past the version check, so that the frames behind it are reached.
      if (round % 2) Buffer.from([0x80, 3, 0, 1 + Math.floor(next() * 9), 0, 0, 0, Math.floor(next() * 60)]).copy(bytes);
      socket.end(bytes);
      await connection.closed;
    }
  });

  test('a broken header block of a well-formed frame ends the connection', async () => {
    const [a, b] = duplexPair();
    const connection = new SpdyConnection(b, { server: true });
    a.resume();
    a.write(controlFrameBytes(frameType.synStream, 0, Buffer.concat([words(1, 0), Buffer.alloc(2), Buffer.from('78bbe3c6a7c2ffff', 'hex')])));
    await connection.closed;
  });

  test('a frame larger than any client sends is refused before it is buffered', () => {
    expect(() => new FrameReader().push(Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]))).toThrow('frame of');
  });
});
