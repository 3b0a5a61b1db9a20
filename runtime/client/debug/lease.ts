import { debugLease } from '../../api/debug-lease';
import type { PodRef } from '../pods/streams';
import type { Client } from '../resource-client';

const renewMs = 10_000;
const leaseMs = 30_000;

/**
 * Holds a pod for a debugger: its probes aren't judged on Podium's nodes. Renewed until it is released; who dies instead
 * leaves it to expire. `failed` hears of renewals that are refused.
 */
export class DebugLease {
  private timer: NodeJS.Timeout | undefined;
  private isReleased = false;

  private constructor(
    private readonly client: Client,
    private readonly pod: PodRef,
    private readonly failed: (error: unknown) => void,
  ) {}

  static async take(client: Client, pod: PodRef, failed: (error: unknown) => void = () => {}): Promise<DebugLease> {
    const lease = new DebugLease(client, pod, failed);
    await lease.renew();
    return lease;
  }

  async release(): Promise<void> {
    this.isReleased = true;
    clearTimeout(this.timer);
    await this.write(0);
  }

  private async renew(): Promise<void> {
    if (this.isReleased) return;
    await this.write(Date.now() + leaseMs);
    this.timer = setTimeout(() => void this.renew().catch(this.failed), renewMs);
    this.timer.unref();
  }

  /** 0 takes it away. */
  private async write(until: number): Promise<void> {
    const annotations =
      until > 0 ? debugLease(until) : Object.fromEntries(Object.keys(debugLease(1)).map((key) => [key, null]));
    await this.client.pods.patch(
      this.pod.name,
      this.pod.namespace,
      'merge',
      { metadata: { annotations } },
      { fieldManager: 'podium-debug' },
    );
  }
}
