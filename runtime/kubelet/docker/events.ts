import type Docker from 'dockerode';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import type { RuntimeEvent } from '../container-runtime';
import { label } from './labels';

const engineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).default({}) }),
});

const types: Record<string, RuntimeEvent['type']> = {
  create: 'created',
  start: 'started',
  die: 'stopped',
  destroy: 'deleted',
  oom: 'oom',
};

/** The engine's events about this node's containers, until the signal or the engine ends them. */
export async function* engineEvents(
  docker: Docker,
  selector: string[],
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent> {
  const filters = JSON.stringify({ type: ['container'], event: Object.keys(types), label: selector });
  const stream = (await docker.getEvents({ filters })) as Readable;
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = line.trim() ? engineEvent.parse(JSON.parse(line)) : undefined;
        const type = event && types[event.Action];
        const podUid = event?.Actor.Attributes[label.podUid];
        if (event && type && podUid) yield { type, podUid, containerId: event.Actor.ID };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}
