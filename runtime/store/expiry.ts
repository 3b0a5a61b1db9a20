import type { Clock } from '../clock';
import type { Revision } from './store';

interface Expiry {
  readonly at: number;
  readonly sortKey: string;
  readonly modRevision: Revision;
}

/** Longest wait of one timer; Node.js fires timers over 2^31 ms at once. */
const longestWait = 3_600_000;
/** Expired keys handed over at a time. */
const batch = 500;

/** Keys to delete, earliest first (a binary heap). Keys written again since are the receiver's to skip. */
export class ExpiryQueue {
  private readonly heap: Expiry[] = [];
  private cancelTimer: (() => void) | undefined;
  private wakesAt = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly expire: (due: readonly Expiry[]) => void,
  ) {}

  add(sortKey: string, at: number, modRevision: Revision): void {
    this.push({ at, sortKey, modRevision });
    if (at < this.wakesAt) this.arm();
  }

  stop(): void {
    this.cancelTimer?.();
    this.heap.length = 0;
  }

  private arm(): void {
    this.cancelTimer?.();
    const first = this.heap[0];
    this.wakesAt = first?.at ?? Infinity;
    this.cancelTimer = first && this.clock.after(clamp(first.at - this.clock.now()), () => this.fire());
  }

  private fire(): void {
    const now = this.clock.now();
    const due: Expiry[] = [];
    while (this.heap[0] && this.heap[0].at <= now && due.length < batch) due.push(this.pop());
    this.arm();
    if (due.length > 0) this.expire(due);
  }

  private push(expiry: Expiry): void {
    const { heap } = this;
    let i = heap.push(expiry) - 1;
    for (let parent = (i - 1) >> 1; i > 0 && heap[parent]!.at > expiry.at; parent = (i - 1) >> 1) {
      heap[i] = heap[parent]!;
      heap[(i = parent)] = expiry;
    }
  }

  private pop(): Expiry {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (child >= heap.length || heap[child]!.at >= last.at) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function clamp(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 0), longestWait);
}
