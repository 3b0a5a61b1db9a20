import type { LeaseClient } from 'etcd3';
import type { Clock } from '../../clock';

/** One lease serves this many keys at most. */
const mostKeys = 1000;
/** Keys of a shared lease live longer than asked by at most this share of their time, and this long. */
const sharedShare = 0.05;
const sharedMs = 60_000;

interface Shared {
  id: Promise<string>;
  until: number;
  keys: number;
}

/** Leases shared by keys of one time to live that are written shortly after each other, as the real API server does. */
export class LeasePool {
  private readonly shared = new Map<number, Shared>();

  constructor(private readonly client: LeaseClient, private readonly clock: Clock) {}

  forSeconds(ttlSeconds: number): Promise<string> {
    const found = this.shared.get(ttlSeconds);
    if (found && this.clock.now() < found.until && found.keys++ < mostKeys) return found.id;
    const reuseMs = Math.min(sharedMs, ttlSeconds * 1000 * sharedShare);
    const ttl = Math.max(1, Math.ceil(ttlSeconds + reuseMs / 1000));
    const id = this.client.leaseGrant({ TTL: ttl }).then(({ ID }) => ID);
    const lease = { id, until: this.clock.now() + reuseMs, keys: 1 };
    this.shared.set(ttlSeconds, lease);
    id.catch(() => this.forget(lease, ttlSeconds));
    return id;
  }

  private forget(lease: Shared, ttlSeconds: number): void {
    if (this.shared.get(ttlSeconds) === lease) this.shared.delete(ttlSeconds);
  }
}
