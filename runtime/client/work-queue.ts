import type { Clock } from '../clock';

export interface WorkQueueOptions {
  clock: Clock;
  /** Wait after an item's first failure; it doubles with each further one. */
  baseDelayMs?: number;
  maxDelayMs?: number;
  /** Retries of all items together, a second; and how many may come at once. */
  ratePerSecond?: number;
  burst?: number;
}

/**
 * client-go's rate-limited work queue. An item that is added while it waits is there once; one that is added while it
 * is being worked on comes again afterwards, so that one key is never worked on twice at the same time.
 */
export class WorkQueue<K = string> {
  /** In order; each of them is in `dirty` and not in `processing`. */
  private queue: K[] = [];
  private head = 0;
  /** All that need work. */
  private readonly dirty = new Set<K>();
  /** Taken and not yet done. May be dirty too: then `done` queues it again. */
  private readonly processing = new Set<K>();
  private readonly delayed = new Map<K, { at: number; cancel: () => void }>();
  private readonly failures = new Map<K, number>();
  private readonly takers: ((item: K | undefined) => void)[] = [];
  private readonly bucket: Bucket;
  private readonly clock: Clock;
  private stopping = false;
  /** Resolves at `shutDown`. */
  readonly closed: Promise<void>;
  private resolveClosed: () => void = () => {};

  constructor(private readonly options: WorkQueueOptions) {
    this.clock = options.clock;
    this.bucket = new Bucket(options.clock, options.ratePerSecond ?? 10, options.burst ?? 100);
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
  }

  /** Items that wait, without those that are worked on or delayed. */
  get length(): number {
    return this.queue.length - this.head;
  }

  get shuttingDown(): boolean {
    return this.stopping;
  }

  add(item: K): void {
    if (this.stopping || this.dirty.has(item)) return;
    this.dirty.add(item);
    if (!this.processing.has(item)) this.push(item);
  }

  /** Adds after a time; of two pending delays of one item the sooner counts. */
  addAfter(item: K, milliseconds: number): void {
    if (this.stopping) return;
    if (milliseconds <= 0) {
      this.add(item);
      return;
    }
    const at = this.clock.now() + milliseconds;
    const pending = this.delayed.get(item);
    if (pending && pending.at <= at) return;
    pending?.cancel();
    const cancel = this.clock.after(milliseconds, () => {
      this.delayed.delete(item);
      this.add(item);
    });
    this.delayed.set(item, { at, cancel });
  }

  /** Adds after the item's own backoff or the common rate limit, whichever is longer. */
  addRateLimited(item: K): void {
    const failures = this.failures.get(item) ?? 0;
    this.failures.set(item, failures + 1);
    const own = Math.min((this.options.baseDelayMs ?? 5) * 2 ** failures, this.options.maxDelayMs ?? 1_000_000);
    this.addAfter(item, Math.max(own, this.bucket.reserve()));
  }

  /** The item succeeded, or is given up: its backoff starts afresh. */
  forget(item: K): void {
    this.failures.delete(item);
  }

  numRequeues(item: K): number {
    return this.failures.get(item) ?? 0;
  }

  /** The next item, as soon as there is one; undefined when the queue was shut down and is empty. Call `done` with it. */
  take(): Promise<K | undefined> {
    if (this.length > 0) return Promise.resolve(this.shift());
    if (this.stopping) return Promise.resolve(undefined);
    return new Promise((resolve) => this.takers.push(resolve));
  }

  done(item: K): void {
    this.processing.delete(item);
    if (this.dirty.has(item)) this.push(item);
  }

  /** Takes nothing new; what waits in the queue can still be taken, what is delayed is dropped. */
  shutDown(): void {
    this.stopping = true;
    for (const { cancel } of this.delayed.values()) cancel();
    this.delayed.clear();
    for (const give of this.takers.splice(0)) give(undefined);
    this.resolveClosed();
  }

  private push(item: K): void {
    this.queue.push(item);
    this.takers.shift()?.(this.shift());
  }

  private shift(): K {
    const item = this.queue[this.head++]!;
    if (this.head > 1000 && this.head > this.queue.length / 2) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    this.dirty.delete(item);
    this.processing.add(item);
    return item;
  }
}

/** A token bucket that may go into debt: each reservation says how long to wait for it. */
class Bucket {
  private tokens: number;
  private updated: number;

  constructor(private readonly clock: Clock, private readonly rate: number, private readonly burst: number) {
    this.tokens = burst;
    this.updated = clock.now();
  }

  reserve(): number {
    const now = this.clock.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.updated) * this.rate) / 1000) - 1;
    this.updated = now;
    return this.tokens >= 0 ? 0 : (-this.tokens / this.rate) * 1000;
  }
}

/** Works a queue off with `count` workers; resolves when it was shut down and all of them have finished. */
export async function runWorkers<K>(queue: WorkQueue<K>, count: number, handle: (item: K) => Promise<void>): Promise<void> {
  const work = async () => {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) {
      try {
        await handle(item);
      } finally {
        queue.done(item);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, work));
}
