import * as vscode from 'vscode';
import type { Live, Node } from '../runtime/api/kinds';
import type { ClusterManager } from './clusters/cluster-manager';
import type { Session } from './clusters/session';
import type { Watched } from './clusters/watches';
import { t } from './words';

const nodesResource = { group: '', version: 'v1', resource: 'nodes', namespaced: false };
/** A burst of node updates is told once. */
const settleMs = 200;

/** How the connected cluster is, by its nodes: the one watch that is open whatever is shown. */
export class Health implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private session: Session | undefined;
  private nodes: Watched<Node> | undefined;
  private release: () => void = () => {};
  private timer: NodeJS.Timeout | undefined;
  private failing = 0;
  private readonly subscription: vscode.Disposable;

  constructor(clusters: ClusterManager) {
    this.subscription = clusters.onDidChange(() => this.follow(clusters.session));
  }

  /** ` 2/3`, or nothing where nodes can't be read. */
  get text(): string {
    const { ready, all } = this.counts();
    return all > 0 ? ` ${ready}/${all}` : '';
  }

  get isGood(): boolean {
    const { ready, all } = this.counts();
    return ready === all;
  }

  get details(): string {
    if (this.nodes?.error) return t`Its nodes may not be read.`;
    const { ready, all } = this.counts();
    return t`${ready} of ${all} nodes are ready`;
  }

  unready(): Live<Node>[] {
    return (this.nodes?.list() ?? []).filter((node) => !isReady(node));
  }

  /** Pods of the chosen namespace that fail, while somebody looks at them. */
  failingPods(): number {
    return this.failing;
  }

  /** Told by the trees, which know the pods. */
  set podsFailing(count: number) {
    if (count === this.failing) return;
    this.failing = count;
    this.changes.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    this.release();
    this.changes.dispose();
  }

  private counts(): { ready: number; all: number } {
    const nodes = this.nodes?.list() ?? [];
    return { ready: nodes.filter(isReady).length, all: nodes.length };
  }

  private follow(session: Session | undefined): void {
    if (session === this.session) return;
    this.session = session;
    this.release();
    this.nodes = undefined;
    this.release = () => {};
    if (!session) return;
    const { watched, release } = session.watches.open<Node>({ resource: nodesResource });
    this.nodes = watched;
    const unsubscribe = watched.onDidChange(() => this.changed());
    this.release = () => {
      unsubscribe();
      release();
    };
  }

  private changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changes.fire();
    }, settleMs);
  }
}

export function isReady(object: { status?: { conditions?: readonly { type: string; status: string }[] } }): boolean {
  return (object.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}
