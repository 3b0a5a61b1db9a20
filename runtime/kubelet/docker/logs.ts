import type Docker from 'dockerode';
import { Readable } from 'node:stream';
import type { LogLine, LogOptions } from '../container-runtime';
import { frames } from './demux';
import { runtimeError } from './errors';

/** A container's log through the engine, with the time of each entry. */
export async function* containerLogs(container: Docker.Container, options: LogOptions): AsyncGenerator<LogLine> {
  let source: Readable;
  let tty: boolean;
  try {
    tty = (await container.inspect()).Config.Tty;
    source = await open(container, options);
  } catch (error) {
    throw runtimeError(error, 'NotFound');
  }
  const stop = (): void => void source.destroy();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const { stream, payload } of tty ? terminalLines(source) : frames(source)) {
      const blank = payload.indexOf(0x20);
      if (blank > 0)
        yield { stream, timestamp: payload.toString('latin1', 0, blank), content: payload.subarray(blank + 1) };
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    source.destroy();
  }
}

async function open(container: Docker.Container, { follow, tailLines, sinceTime }: LogOptions): Promise<Readable> {
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(tailLines !== undefined && { tail: tailLines }),
    ...(sinceTime !== undefined && { since: sinceTime / 1000 }),
  };
  // dockerode collects what isn't followed into one buffer.
  if (!follow) return Readable.from([(await container.logs({ ...query, follow: false })) as unknown as Buffer]);
  return (await container.logs({ ...query, follow: true })) as unknown as Readable;
}

/** A terminal's log has no frames: entries are lines. */
async function* terminalLines(source: Readable): AsyncGenerator<{ stream: 'stdout'; payload: Buffer }> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    for (let end = pending.indexOf(0x0a); end >= 0; end = pending.indexOf(0x0a)) {
      yield { stream: 'stdout', payload: pending.subarray(0, end + 1) };
      pending = pending.subarray(end + 1);
    }
  }
  if (pending.length > 0) yield { stream: 'stdout', payload: pending };
}
