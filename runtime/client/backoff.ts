import type { Clock } from '../clock';

export interface BackoffOptions {
  initialMs: number;
  maxMs: number;
  factor: number;
  /** A wait is stretched by up to this share of itself. */
  jitter: number;
  /** Quiet time after which waits start small again. */
  resetMs: number;
}

/** Ever longer waits, as wait.Backoff of apimachinery. */
export class Backoff {
  private next: number;
  private last = 0;

  constructor(private readonly clock: Clock, private readonly options: BackoffOptions) {
    this.next = options.initialMs;
  }

  /** Milliseconds to wait now. */
  step(): number {
    const { initialMs, maxMs, factor, jitter, resetMs } = this.options;
    const now = this.clock.now();
    if (now - this.last > resetMs) this.next = initialMs;
    this.last = now;
    const wait = Math.min(this.next, maxMs);
    this.next = Math.min(this.next * factor, maxMs);
    return wait * (1 + Math.random() * jitter);
  }
}

/** Resolves after a time, or at once when the signal aborts. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    signal.addEventListener('abort', done);
  });
}
