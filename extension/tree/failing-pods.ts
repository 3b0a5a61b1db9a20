import type { ClusterManager } from '../clusters/cluster-manager';
import type { Session } from '../clusters/session';
import type { Health } from '../health';
import { podKind } from './kinds';
import { statusOf } from './object-status';

const settleMs = 300;

/** Counts the pods that fail in the chosen namespace, while somebody looks; with all namespaces nothing is counted. */
export class FailingPods {
  private isVisible = false;
  private followed: { session: Session; namespace: string } | undefined;
  private end: () => void = () => {};
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clusters: ClusterManager,
    private readonly health: Health,
  ) {}

  look(isVisible: boolean): void {
    this.isVisible = isVisible;
    this.follow();
  }

  /** The cluster or the namespace may be another. */
  follow(): void {
    const { session, namespace } = this.clusters;
    const wanted = this.isVisible && session && namespace !== '' ? { session, namespace } : undefined;
    if (wanted?.session === this.followed?.session && wanted?.namespace === this.followed?.namespace) return;
    this.end();
    this.end = () => {};
    this.followed = wanted;
    if (wanted) this.open(wanted);
    else this.health.podsFailing = 0;
  }

  private open({ session, namespace }: { session: Session; namespace: string }): void {
    const { watched, release } = session.watches.open({ resource: podKind.resource, namespace });
    const count = (): void => {
      this.timer = undefined;
      this.health.podsFailing = watched.list().filter((pod) => statusOf(pod).level === 'error').length;
    };
    const unsubscribe = watched.onDidChange(() => (this.timer ??= setTimeout(count, settleMs)));
    this.timer ??= setTimeout(count, settleMs);
    this.end = () => {
      clearTimeout(this.timer);
      this.timer = undefined;
      unsubscribe();
      release();
    };
  }
}
