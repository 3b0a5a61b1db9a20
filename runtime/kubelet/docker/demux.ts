import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

export interface Frame {
  stream: 'stdout' | 'stderr';
  payload: Buffer;
}

const headerSize = 8;

/** Takes apart the engine's multiplexed stream: per frame a stream number, three zero bytes, a length, the payload. */
export async function* frames(source: Readable): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk as Buffer]) : (chunk as Buffer);
    while (pending.length >= headerSize) {
      const end = headerSize + pending.readUInt32BE(4);
      if (pending.length < end) break;
      yield { stream: pending[0] === 2 ? 'stderr' : 'stdout', payload: pending.subarray(headerSize, end) };
      pending = pending.subarray(end);
    }
  }
}

/** Passes a container's output on, no faster than the reader takes it. Raw (a terminal's) output is all stdout. */
export async function passOutput(
  source: Readable,
  raw: boolean,
  stdout: Writable | undefined,
  stderr: Writable | undefined,
): Promise<void> {
  const parts: AsyncIterable<Frame> = raw ? rawFrames(source) : frames(source);
  for await (const { stream, payload } of parts) {
    const target = stream === 'stderr' ? stderr : stdout;
    if (target && target.writable && !target.write(payload))
      await Promise.race([once(target, 'drain'), once(target, 'close')]);
  }
}

async function* rawFrames(source: Readable): AsyncGenerator<Frame> {
  for await (const chunk of source) yield { stream: 'stdout', payload: chunk as Buffer };
}
