import { isStatusError } from '../../api/status';
import type { Live, Pod, PodStatus } from '../../api/kinds';
import type { ResourceClient } from '../../client/client';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { isKubeletCondition } from './pod-conditions';

interface Tracked {
  /** The object that is written to; for a static pod its mirror, which may be missing. */
  target: Live<Pod> | undefined;
  status: PodStatus;
  version: number;
  sent: number;
  /** What the API server last answered or showed. */
  known: PodStatus;
  writing: boolean;
  cancelRetry?: () => void;
}

export interface StatusManagerOptions {
  pods: ResourceClient<Pod>;
  clock: Clock;
  logger: Logger;
  /** The final status is on the API server, or the pod is gone there. */
  onWritten(uid: string, pod: Live<Pod> | undefined): void;
}

const retryMs = 2000;

/**
 * Reports statuses to the API server: of each pod the newest, one write at a time, and none that changes nothing.
 * `get` is what the kubelet last said, ahead of what its watch shows.
 */
export class StatusManager {
  private readonly tracked = new Map<string, Tracked>();
  private stopped = false;

  constructor(private readonly options: StatusManagerOptions) {}

  get(uid: string): PodStatus | undefined {
    return this.tracked.get(uid)?.status;
  }

  /** What is to be said of the pod with this uid; `target` is the object that it is written to. */
  set(uid: string, target: Live<Pod> | undefined, status: PodStatus): void {
    const entry = this.tracked.get(uid) ?? this.track(uid, target);
    const replaced = target !== undefined && entry.target?.metadata.uid !== target.metadata.uid;
    if (replaced) Object.assign(entry, { target, known: target.status ?? {} });
    if (sameStatus(entry.status, status) && entry.version > 0 && !replaced) return;
    entry.status = status;
    entry.version++;
    void this.write(uid, entry);
  }

  /** All that was said of this pod has been written. */
  isWritten(uid: string): boolean {
    const entry = this.tracked.get(uid);
    return !entry || entry.sent === entry.version;
  }

  /**
   * The watch shows this status: where it isn't what we last wrote, somebody else changed it, and it is written
   * again.
   */
  observe(uid: string, pod: Live<Pod>): void {
    const entry = this.tracked.get(uid);
    if (!entry || entry.writing || entry.sent !== entry.version || entry.version === 0) return;
    entry.known = pod.status ?? {};
    if (statusPatch(entry.status, entry.known)) void this.write(uid, entry);
  }

  forget(uid: string): void {
    this.tracked.get(uid)?.cancelRetry?.();
    this.tracked.delete(uid);
  }

  stop(): void {
    this.stopped = true;
    for (const entry of this.tracked.values()) entry.cancelRetry?.();
  }

  private track(uid: string, target: Live<Pod> | undefined): Tracked {
    const known = target?.status ?? {};
    const entry: Tracked = { target, status: known, version: 0, sent: 0, known, writing: false };
    this.tracked.set(uid, entry);
    return entry;
  }

  private async write(uid: string, entry: Tracked): Promise<void> {
    if (entry.writing || this.stopped || !entry.target) return;
    entry.writing = true;
    entry.cancelRetry?.();
    try {
      for (;;) {
        const version = entry.version;
        const written = await this.send(entry, entry.target);
        entry.sent = version;
        if (this.tracked.get(uid) !== entry) return;
        if (entry.version === version) {
          this.options.onWritten(uid, written);
          return;
        }
      }
    } catch (error) {
      this.options.logger.warn(
        { pod: entry.target.metadata.name, error: (error as Error).message },
        'status of pod not written',
      );
      if (!this.stopped) entry.cancelRetry = this.options.clock.after(retryMs, () => void this.write(uid, entry));
    } finally {
      entry.writing = false;
    }
  }

  /** Undefined when the pod is gone, or is another of the same name. */
  private async send(
    entry: Tracked,
    { metadata: { name, namespace, uid } }: Live<Pod>,
  ): Promise<Live<Pod> | undefined> {
    const patch = statusPatch(entry.status, entry.known);
    if (!patch) return entry.target;
    try {
      const pod = await this.options.pods.patch(
        name,
        namespace,
        'strategic',
        { metadata: { uid }, status: patch },
        { subresource: 'status' },
      );
      entry.known = pod.status ?? {};
      return pod;
    } catch (error) {
      // A uid that doesn't match is a conflict: the pod was replaced.
      if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return undefined;
      throw error;
    }
  }
}

/** Lists that a strategic merge would merge by key, where ours is the whole truth. */
const wholeLists = new Set(['podIPs', 'hostIPs']);
/** Fields of the status that the kubelet doesn't write. */
const foreign = new Set([
  'nominatedNodeName',
  'resourceClaimStatuses',
  'resize',
  'extendedResourceClaimStatus',
  'resources',
  'allocatedResources',
  'nodeAllocatableResourceClaimStatuses',
]);

/** A strategic merge patch from what the API server has to what it should have; undefined when they agree. */
export function statusPatch(wanted: PodStatus, known: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  const from = known as Record<string, unknown>;
  const to = wanted as Record<string, unknown>;
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (foreign.has(key)) continue;
    if (key === 'conditions') {
      const changed = (wanted.conditions ?? []).filter(
        (condition) => !known.conditions?.some((other) => canonical(other) === canonical(condition)),
      );
      // Of the kubelet's own, one that isn't true any more isn't there.
      const gone = (known.conditions ?? []).filter(
        ({ type }) => isKubeletCondition(type) && !wanted.conditions?.some((condition) => condition.type === type),
      );
      if (changed.length + gone.length > 0)
        patch.conditions = [
          ...changed.map((condition) => ({ reason: null, message: null, ...condition })),
          ...gone.map(({ type }) => ({ $patch: 'delete', type })),
        ];
    } else if (canonical(from[key]) !== canonical(to[key])) {
      patch[key] =
        to[key] === undefined
          ? null
          : wholeLists.has(key)
            ? [{ $patch: 'replace' }, ...(to[key] as unknown[])]
            : to[key];
    }
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

export const sameStatus = (a: PodStatus, b: PodStatus): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys; what the API server adds by defaulting is left out. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'lastProbeTime' && inner === null) return undefined;
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
