import { errors, isStatusError } from '../../api/status';
import type { View } from '../http/api-request';
import type { WatchConsumer, WatchEvent } from './watcher';

/** Passes events on, in order, once their objects can be read in the watch's version. Ends a watch whose objects can't. */
export class PreparingConsumer implements WatchConsumer {
  private tail: Promise<void> = Promise.resolve();
  private failed = false;

  constructor(private readonly view: View, private readonly consumer: WatchConsumer) {}

  events(events: readonly WatchEvent[]): void {
    this.tail = this.tail.then(() => this.pass(events));
  }

  end(): void {
    this.tail = this.tail.then(() => {
      if (!this.failed) this.consumer.end();
    });
  }

  private async pass(events: readonly WatchEvent[]): Promise<void> {
    if (this.failed) return;
    try {
      await this.view.prepare?.(events.flatMap((event) => ('entry' in event ? [event.entry] : [])));
      this.consumer.events(events);
    } catch (error) {
      this.failed = true;
      const { status } = isStatusError(error) ? error : errors.internal((error as Error).message);
      this.consumer.events([{ type: 'ERROR', status }]);
      this.consumer.end();
    }
  }
}
