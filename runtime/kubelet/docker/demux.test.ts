import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { frames } from './demux';

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

describe("the engine's multiplexed stream", () => {
  const bytes = Buffer.concat([frame(1, 'out'), frame(2, 'error'), frame(1, ''), frame(1, 'ünï')]);

  it.each([1, 2, 7, 9, 1000])('is taken apart whatever its chunks (%i bytes each)', async (size) => {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const found: string[] = [];
    for await (const { stream, payload } of frames(Readable.from(chunks)))
      found.push(`${stream} ${payload.toString()}`);
    expect(found).toEqual(['stdout out', 'stderr error', 'stdout ', 'stdout ünï']);
  });
});
