import type { Clock } from '../../clock';

/** After this long an event that hasn't come is not waited for any more. */
const TIMEOUT = 5 * 60_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly since: number;
}

/**
 * What a controller has done and not yet seen through its watch. While something is expected the observed state is
 * old, and acting upon it would create or delete twice.
 */
export class Expectations {
  private readonly byKey = new Map<string, Expected>();

  constructor(private readonly clock: Clock) {}

  satisfied(key: string): boolean {
    const expected = this.byKey.get(key);
    if (!expected) return true;
    return (expected.creations <= 0 && expected.deletions.size === 0) || this.clock.now() - expected.since > TIMEOUT;
  }

  expectCreations(key: string, creations: number): void {
    this.byKey.set(key, { creations, deletions: new Set(), since: this.clock.now() });
  }

  expectDeletions(key: string, uids: Iterable<string>): void {
    this.byKey.set(key, { creations: 0, deletions: new Set(uids), since: this.clock.now() });
  }

  /** Also for a creation that failed: it will not be seen. */
  created(key: string, count = 1): void {
    const expected = this.byKey.get(key);
    if (expected) expected.creations -= count;
  }

  deleted(key: string, uid: string): void {
    this.byKey.get(key)?.deletions.delete(uid);
  }

  forget(key: string): void {
    this.byKey.delete(key);
  }
}
