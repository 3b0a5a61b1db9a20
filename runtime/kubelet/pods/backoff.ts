import type { Clock } from '../../clock';

/**
 * Doubling delays by key, in the sense of client-go's flowcontrol.Backoff. A key unused for twice the longest delay
 * starts afresh.
 */
export class Backoff {
  private readonly entries = new Map<string, { delayMs: number; updatedAt: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly initialMs: number,
    private readonly maxMs: number,
  ) {}

  /** The event happened again: the next delay is twice as long. */
  next(key: string, eventAt: number): void {
    const entry = this.entries.get(key);
    const delayMs = !entry || this.expired(entry, eventAt) ? this.initialMs : Math.min(entry.delayMs * 2, this.maxMs);
    this.entries.set(key, { delayMs, updatedAt: this.clock.now() });
  }

  /** Milliseconds to wait after an event at this time; 0 when nothing is to be waited for. */
  remainingSince(key: string, eventAt: number): number {
    const entry = this.entries.get(key);
    if (!entry || this.expired(entry, eventAt)) return 0;
    return Math.max(0, eventAt + entry.delayMs - this.clock.now());
  }

  /** Milliseconds to wait after the last failure. */
  remaining(key: string): number {
    const entry = this.entries.get(key);
    return entry ? this.remainingSince(key, entry.updatedAt) : 0;
  }

  delayMs(key: string): number {
    return this.entries.get(key)?.delayMs ?? 0;
  }

  reset(key: string): void {
    this.entries.delete(key);
  }

  /** Forgets keys with this prefix. */
  forget(prefix: string): void {
    for (const key of this.entries.keys()) if (key.startsWith(prefix)) this.entries.delete(key);
  }

  private expired(entry: { updatedAt: number }, at: number): boolean {
    return at - entry.updatedAt > 2 * this.maxMs;
  }
}

/** A duration as Go prints it: `10s`, `1m20s`, `1.5s`, `250ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${Number(milliseconds.toFixed(3))}ms`;
  const seconds = milliseconds / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
