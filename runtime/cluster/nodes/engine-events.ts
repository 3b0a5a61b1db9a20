import type { Readable } from 'node:stream';
import * as z from 'zod';
import type { Logger } from '../../log';
import type { Engine } from '../engine';
import { clusterLabel, nodeNameLabel, roleLabel } from './labels';

const engineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()).default({}) }),
});

export interface EngineEventSink {
  /** Something happened to a node container: `die`, `start`, `pause`, `unpause`, … */
  event(node: string, action: string): void;
  /** The stream is (re)established: anything may have happened meanwhile. */
  connected(): void;
  disconnected(): void;
}

/** Follows the engine's events about a cluster's node containers, through restarts of the engine. Returns the end. */
export function followEngineEvents(engine: Engine, cluster: string, sink: EngineEventSink, logger: Logger): () => void {
  const stop = new AbortController();
  const filters = JSON.stringify({ type: ['container'], label: [`${clusterLabel}=${cluster}`, `${roleLabel}=node`] });

  /** Told once, however often it is tried. */
  let gone = false;

  const follow = async (): Promise<void> => {
    const stream = (await engine.docker.getEvents({ filters })) as Readable;
    if (stop.signal.aborted) stream.destroy();
    stop.signal.addEventListener('abort', () => stream.destroy(), { once: true });
    gone = false;
    sink.connected();
    let rest = '';
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) deliver(line);
    }
  };

  const deliver = (line: string): void => {
    if (!line.trim()) return;
    const event = engineEvent.safeParse(JSON.parse(line));
    const node = event.data?.Actor.Attributes[nodeNameLabel];
    if (event.data && node) sink.event(node, event.data.Action);
  };

  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (!stop.signal.aborted && !gone) logger.warn({ error: (error as Error).message }, 'the engine is gone; waiting for it');
      }
      if (stop.signal.aborted) return;
      if (!gone) sink.disconnected();
      gone = true;
      await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  };
  void loop();
  return () => stop.abort();
}
