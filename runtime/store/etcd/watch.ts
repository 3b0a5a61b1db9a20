import type { IDuplexStream, IEvent, IWatchRequest, IWatchResponse, WatchClient } from 'etcd3';
import { CompactedError } from '../store';
import type { Revision, StoreEvent, Watch, WatchSink } from '../store';
import { rangeEnd } from './keys';
import type { KeySpace } from './keys';

type WatchStream = IDuplexStream<IWatchRequest, IWatchResponse>;

const firstRetryMs = 100;
const lastRetryMs = 5000;

export interface WatchSetup {
  client: WatchClient;
  keys: KeySpace;
  prefix: string;
  /** First revision to deliver. */
  from: Revision;
  sink: WatchSink;
  /** etcd has nothing older than this any more. */
  compacted(revision: Revision): void;
  ended(): void;
}

/** One watch on a stream of its own. When the connection is lost it goes on, from the revision after the last delivered. */
export class EtcdWatch implements Watch {
  private stream: WatchStream | undefined;
  private next: Revision;
  private retryMs = firstRetryMs;
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(private readonly setup: WatchSetup) {
    this.next = setup.from;
    void this.connect();
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.stream?.cancel();
    this.setup.ended();
  }

  end(error: Error): void {
    if (this.over) return;
    this.cancel();
    this.setup.sink.end(error);
  }

  private async connect(): Promise<void> {
    try {
      const stream = await this.setup.client.watch();
      if (this.over) {
        stream.on('error', () => undefined).cancel();
        return;
      }
      this.stream = stream;
      stream
        .on('data', (response) => this.received(stream, response))
        .on('error', () => this.lost(stream))
        .on('end', () => this.lost(stream));
      const key = this.setup.keys.encode(this.setup.prefix);
      stream.write({
        create_request: { key, range_end: rangeEnd(key), start_revision: this.next, prev_kv: true, progress_notify: true },
      });
    } catch {
      this.retry();
    }
  }

  private lost(stream: WatchStream): void {
    if (this.over || this.stream !== stream) return;
    this.stream = undefined;
    stream.cancel();
    this.retry();
  }

  private retry(): void {
    if (this.over) return;
    this.timer = setTimeout(() => void this.connect(), this.retryMs * (1 + Math.random() / 2));
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs);
  }

  private received(stream: WatchStream, response: IWatchResponse): void {
    if (this.over || this.stream !== stream) return;
    const compacted = Number(response.compact_revision);
    if (compacted > 0) this.compacted(compacted);
    else if (response.canceled) this.end(new Error(`etcd ended the watch: ${response.cancel_reason}`));
    else if (response.created) this.retryMs = firstRetryMs;
    else this.deliver(response);
  }

  private compacted(compacted: Revision): void {
    this.setup.compacted(compacted);
    this.end(new CompactedError(this.next, compacted));
  }

  private deliver({ events, header }: IWatchResponse): void {
    const revision = Number(header.revision);
    if (events.length === 0) {
      this.setup.sink.progress?.(revision);
      this.next = Math.max(this.next, revision + 1);
      return;
    }
    const decoded = events.map((event) => this.decode(event));
    // The header may be ahead of what this response carries: events up to it can still follow.
    const last = Number(events.at(-1)!.kv.mod_revision);
    this.next = last + 1;
    this.setup.sink.events(decoded, last);
  }

  private decode({ type, kv, prev_kv }: IEvent): StoreEvent {
    const { keys } = this.setup;
    const previous = prev_kv && Number(prev_kv.mod_revision) > 0 ? { previous: keys.keyValue(prev_kv) } : {};
    return type === 'Put'
      ? { type: 'put', kv: keys.keyValue(kv), ...previous }
      : { type: 'delete', key: keys.decode(kv.key), revision: Number(kv.mod_revision), ...previous };
  }
}

/** The oldest revision that etcd still has, when `requested` is older: a watch from there is told. */
export async function compactedRevision(client: WatchClient, requested: Revision): Promise<Revision> {
  const stream = await client.watch();
  try {
    return await new Promise<Revision>((resolve, reject) => {
      stream
        .on('data', ({ compact_revision }) => Number(compact_revision) > 0 && resolve(Number(compact_revision)))
        .on('error', reject)
        .on('end', () => reject(new Error('watch ended')));
      stream.write({ create_request: { key: Buffer.from([0]), start_revision: requested } });
      setTimeout(() => reject(new Error('no answer')), 1000).unref();
    });
  } catch {
    return requested + 1;
  } finally {
    stream.on('error', () => undefined).cancel();
  }
}
