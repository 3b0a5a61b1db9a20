import type { ServerResponse } from 'node:http';
import type { FrameEncoder } from './frames';
import type { WatchConsumer, WatchEvent, Watcher } from './watcher';

/** Bytes that may wait for a slow reader, beyond its initial state, before its watch ends. */
const maxWaiting = 16 * 1024 * 1024;

/** Sends a watch as a chunked response. A reader that goes away, or falls too far behind, ends it. */
export function streamWatch(response: ServerResponse, encoder: FrameEncoder, start: (consumer: WatchConsumer) => Watcher): void {
  let watcher: Watcher | undefined;
  let allowance = maxWaiting;
  let first = true;
  const consumer: WatchConsumer = {
    events(events: readonly WatchEvent[]) {
      const frames = events.map((event) => encoder.encode(event));
      const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
      if (first) allowance += bytes.length;
      first = false;
      response.write(bytes);
      if (response.writableLength > allowance) {
        watcher?.stop();
        response.destroy();
      }
    },
    end() {
      response.end();
    },
  };
  watcher = start(consumer);
  response.on('close', () => watcher?.stop());
  watcher.start();
}
