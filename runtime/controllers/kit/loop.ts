import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { isStatusError } from '../../api/status';

/** Pauses every loop at once, and lets single reconciles through. */
export class Gate {
  paused = false;
  private readonly loops = new Set<Loop>();

  register(loop: Loop): void {
    this.loops.add(loop);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const loop of this.loops) loop.wake();
  }

  /** Runs one waiting reconcile (of the named controller); what ran, or undefined when nothing waits. */
  async step(controller?: string): Promise<{ controller: string; key: string } | undefined> {
    for (const loop of this.loops) {
      if (controller !== undefined && loop.name !== controller) continue;
      const key = await loop.step();
      if (key !== undefined) return { controller: loop.name, key };
    }
    return undefined;
  }

  get pending(): number {
    return [...this.loops].reduce((sum, loop) => sum + loop.pending, 0);
  }
}

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gate: Gate;
  /** Reconciles at a time; never two of one key. */
  readonly workers?: number;
  /** A number of milliseconds asks for another run then. A throw retries with backoff. */
  reconcile(key: string): Promise<number | void>;
}

const BASE_DELAY = 5;
const MAX_DELAY = 1_000_000;

/**
 * Runs `reconcile` for keys: a key added many times before it runs is run once; one added while it runs is run again.
 * A failure is retried after 5 ms, doubling up to 1,000 s; a success forgets the failures. Begins at `start`.
 */
export class Loop {
  private readonly waiting = new Set<string>();
  private readonly running = new Set<string>();
  private readonly dirty = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly timers = new Map<string, { at: number; cancel: () => void }>();
  private started = false;
  private stopped = false;
  private readonly settled = new Set<Promise<void>>();

  constructor(private readonly options: LoopOptions) {
    options.gate.register(this);
  }

  get name(): string {
    return this.options.name;
  }

  get pending(): number {
    return this.waiting.size + this.running.size;
  }

  start(): void {
    this.started = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { cancel } of this.timers.values()) cancel();
    this.timers.clear();
    await Promise.allSettled(this.settled);
  }

  add(key: string): void {
    if (this.stopped) return;
    if (this.running.has(key)) this.dirty.add(key);
    else {
      this.waiting.add(key);
      this.wake();
    }
  }

  /** The earliest of several delays for a key counts. */
  addAfter(key: string, milliseconds: number): void {
    if (this.stopped) return;
    if (milliseconds <= 0) return this.add(key);
    const at = this.options.clock.now() + milliseconds;
    const earlier = this.timers.get(key);
    if (earlier && earlier.at <= at) return;
    earlier?.cancel();
    const cancel = this.options.clock.after(milliseconds, () => {
      this.timers.delete(key);
      this.add(key);
    });
    this.timers.set(key, { at, cancel });
  }

  wake(): void {
    if (!this.started || this.stopped || this.options.gate.paused) return;
    for (const key of this.waiting) {
      if (this.running.size >= (this.options.workers ?? 5)) return;
      void this.begin(key);
    }
  }

  async step(): Promise<string | undefined> {
    const [key] = this.waiting;
    if (key === undefined || !this.started) return undefined;
    await this.begin(key);
    return key;
  }

  private begin(key: string): Promise<void> {
    this.waiting.delete(key);
    this.running.add(key);
    const work = this.run(key).finally(() => this.settled.delete(work));
    this.settled.add(work);
    return work;
  }

  private async run(key: string): Promise<void> {
    // What a watch delivers in one go is seen in one go.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      const again = await this.options.reconcile(key);
      this.failures.delete(key);
      if (again) this.addAfter(key, again);
    } catch (error) {
      if (error instanceof Superseded) this.failures.delete(key);
      else this.retry(key, error);
    }
    this.running.delete(key);
    if (this.dirty.delete(key)) this.add(key);
    this.wake();
  }

  private retry(key: string, error: unknown): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    const log = isStatusError(error, 'Conflict') ? 'debug' : 'warn';
    if (!this.stopped) this.options.logger[log]({ error, key, failures }, `${this.name}: reconcile failed`);
    this.addAfter(key, Math.min(MAX_DELAY, BASE_DELAY * 2 ** Math.min(failures, 30)));
  }
}

/** Thrown by a reconcile that has just written what it works from: the watch brings the new state and the next run. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}
