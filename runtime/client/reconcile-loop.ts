import type { Clock } from '../clock';
import type { Logger } from '../log';
import { runWorkers, WorkQueue } from './work-queue';

export interface ReconcileLoopOptions {
  name: string;
  clock: Clock;
  logger: Logger;
  /** Keys reconciled at the same time; one key never is. */
  workers?: number;
  /** Brings a key's object into shape. Throws to be tried again, ever later. */
  reconcile(key: string): Promise<void | { requeueAfterMs: number }>;
  /** Waited for before the first key is taken: the informers' `synced`. */
  after?: Promise<unknown>;
}

/** The loop of a level-triggered controller over a rate-limited queue of keys. */
export class ReconcileLoop {
  readonly queue: WorkQueue;
  private readonly running: Promise<void>;
  private stopped = false;

  constructor(private readonly options: ReconcileLoopOptions) {
    this.queue = new WorkQueue({ clock: options.clock });
    this.running = this.run();
  }

  enqueue(key: string): void {
    this.queue.add(key);
  }

  enqueueAfter(key: string, milliseconds: number): void {
    this.queue.addAfter(key, milliseconds);
  }

  /** Resolves when the keys that are being reconciled are done; those that wait are left. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.queue.shutDown();
    await this.running;
  }

  private async run(): Promise<void> {
    // Informers that are stopped before they are synced never are.
    if (this.options.after) await Promise.race([this.options.after, this.queue.closed]);
    await runWorkers(this.queue, this.options.workers ?? 1, (key) => this.work(key));
  }

  private async work(key: string): Promise<void> {
    if (this.stopped) return;
    try {
      const result = await this.options.reconcile(key);
      this.queue.forget(key);
      if (result) this.queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (this.stopped) return;
      const retries = this.queue.numRequeues(key);
      this.options.logger.warn({ loop: this.options.name, key, retries, error: error instanceof Error ? error.message : String(error) }, 'reconcile failed');
      this.queue.addRateLimited(key);
    }
  }
}
