import type { Live, Pod } from '../api/kinds';
import type { Clock } from '../clock';
import type { ClusterEvent, PreEnqueuePlugin } from './framework';
import { Heap } from './heap';

export interface QueuedPod {
  pod: Live<Pod>;
  /** When it (last) entered the queue or failed. */
  timestamp: number;
  /** Between equals: first come, first served. */
  order: number;
  attempts: number;
  /** Plugins that rejected it in its last cycle; empty: any event may help. */
  rejectedBy: ReadonlySet<string>;
  /** Its last failure was an error, not a lack of room. */
  errored: boolean;
  state: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'inFlight';
}

export interface QueueOptions {
  clock: Clock;
  preEnqueue: readonly PreEnqueuePlugin[];
  /** Whether the event may help a pod that these plugins rejected. */
  mayHelp(event: ClusterEvent, queued: QueuedPod): boolean;
  /** Called when there is something to pop. */
  ready(): void;
  initialBackoff?: number;
  maxBackoff?: number;
}

const FLUSH_AFTER = 5 * 60_000;
const FLUSH_INTERVAL = 30_000;

export const priorityOf = (pod: Pod): number => pod.spec?.priority ?? 0;

const activeFirst = (a: QueuedPod, b: QueuedPod) =>
  priorityOf(a.pod) !== priorityOf(b.pod) ? priorityOf(a.pod) > priorityOf(b.pod)
    : a.timestamp !== b.timestamp ? a.timestamp < b.timestamp : a.order < b.order;

interface Entry {
  readonly queued: QueuedPod;
  readonly at: number;
}

/**
 * Pods that wait for a node: active (by priority, then age), in backoff (1 s doubling to 10 s), unschedulable (woken by
 * events that may help, and after five minutes anyhow) or gated. Heaps keep stale entries; the state decides.
 */
export class SchedulingQueue {
  private readonly pods = new Map<string, QueuedPod>();
  private readonly active = new Heap<QueuedPod>(activeFirst);
  private readonly backoff = new Heap<Entry>((a, b) => a.at < b.at);
  private added = 0;
  private cancelBackoff: (() => void) | undefined;
  private cancelFlush: (() => void) | undefined;

  constructor(private readonly options: QueueOptions) {}

  get size(): number {
    return this.pods.size;
  }

  add(pod: Live<Pod>): void {
    const timestamp = this.options.clock.now();
    const queued: QueuedPod = { pod, timestamp, order: this.added++, attempts: 0, rejectedBy: new Set(), errored: false, state: 'gated' };
    this.pods.set(pod.metadata.uid, queued);
    this.enqueue(queued);
  }

  /** A changed spec or label may make a waiting pod schedulable; status alone never does. */
  update(pod: Live<Pod>, previous: Live<Pod>): void {
    const queued = this.pods.get(pod.metadata.uid);
    if (!queued) return this.add(pod);
    queued.pod = pod;
    if (queued.state === 'gated') return this.enqueue(queued);
    if (queued.state !== 'unschedulable' || !relevantChange(pod, previous)) return;
    this.wake(queued);
  }

  remove(uid: string): void {
    const queued = this.pods.get(uid);
    if (queued) queued.state = 'inFlight';
    this.pods.delete(uid);
  }

  /** The next pod; one in backoff for lack of room may go early when nothing else is active. */
  pop(): QueuedPod | undefined {
    for (let next = this.active.pop(); next; next = this.active.pop()) {
      if (next.state === 'active') return this.take(next);
    }
    for (let entry = this.backoff.peek(); entry; entry = this.backoff.peek()) {
      if (entry.queued.state === 'backoff' && entry.queued.errored) return undefined;
      this.backoff.pop();
      if (entry.queued.state === 'backoff') return this.take(entry.queued);
    }
    return undefined;
  }

  /** Back to waiting after a cycle found no node. */
  unschedulable(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (!this.returned(queued, false)) return;
    queued.rejectedBy = rejectedBy;
    queued.state = 'unschedulable';
    this.armFlush();
  }

  /** Back after an error: tried again when its backoff is over. */
  failed(queued: QueuedPod): void {
    if (this.returned(queued, true)) this.toBackoff(queued);
  }

  /** Bound, gone, or somebody else's. */
  done(queued: QueuedPod): void {
    if (this.pods.get(queued.pod.metadata.uid) === queued) this.pods.delete(queued.pod.metadata.uid);
  }

  handle(event: ClusterEvent): void {
    for (const queued of this.pods.values()) {
      if (queued.state === 'unschedulable' && this.options.mayHelp(event, queued)) this.wake(queued);
    }
  }

  stop(): void {
    this.cancelBackoff?.();
    this.cancelFlush?.();
    this.pods.clear();
  }

  private enqueue(queued: QueuedPod): void {
    if (this.options.preEnqueue.some((plugin) => plugin.preEnqueue(queued.pod) !== undefined)) return;
    this.toActive(queued);
  }

  private take(queued: QueuedPod): QueuedPod {
    queued.state = 'inFlight';
    queued.attempts++;
    return queued;
  }

  private returned(queued: QueuedPod, errored: boolean): boolean {
    if (this.pods.get(queued.pod.metadata.uid) !== queued) return false;
    queued.timestamp = this.options.clock.now();
    queued.errored = errored;
    queued.rejectedBy = new Set();
    return true;
  }

  private backoffEnd({ timestamp, attempts }: QueuedPod): number {
    const { initialBackoff = 1000, maxBackoff = 10_000 } = this.options;
    return timestamp + Math.min(maxBackoff, initialBackoff * 2 ** Math.max(0, attempts - 1));
  }

  private wake(queued: QueuedPod): void {
    if (this.backoffEnd(queued) > this.options.clock.now()) this.toBackoff(queued);
    else this.toActive(queued);
  }

  private toActive(queued: QueuedPod): void {
    queued.state = 'active';
    this.active.push(queued);
    this.options.ready();
  }

  private toBackoff(queued: QueuedPod): void {
    queued.state = 'backoff';
    this.backoff.push({ queued, at: this.backoffEnd(queued) });
    this.armBackoff();
    this.options.ready();
  }

  private armBackoff(): void {
    this.cancelBackoff?.();
    this.cancelBackoff = undefined;
    const next = this.backoff.peek();
    if (!next) return;
    const wait = Math.max(0, next.at - this.options.clock.now());
    this.cancelBackoff = this.options.clock.after(wait, () => this.backoffOver());
  }

  private backoffOver(): void {
    const now = this.options.clock.now();
    for (let entry = this.backoff.peek(); entry && entry.at <= now; entry = this.backoff.peek()) {
      this.backoff.pop();
      if (entry.queued.state === 'backoff') this.toActive(entry.queued);
    }
    this.armBackoff();
  }

  private armFlush(): void {
    this.cancelFlush ??= this.options.clock.after(FLUSH_INTERVAL, () => {
      this.cancelFlush = undefined;
      const old = this.options.clock.now() - FLUSH_AFTER;
      let waiting = false;
      for (const queued of this.pods.values()) {
        if (queued.state !== 'unschedulable') continue;
        if (queued.timestamp <= old) this.wake(queued);
        else waiting = true;
      }
      if (waiting) this.armFlush();
    });
  }
}

function relevantChange(pod: Live<Pod>, previous: Live<Pod>): boolean {
  const relevant = ({ metadata, spec }: Live<Pod>) => JSON.stringify([metadata.labels, spec]);
  return relevant(pod) !== relevant(previous);
}
