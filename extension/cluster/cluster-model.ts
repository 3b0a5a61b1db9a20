import * as vscode from 'vscode';
import type { KubeObject, Live, Namespace, Node, Pod, Service } from '../../runtime/api/kinds';
import type { Informer } from '../../runtime/client/client';
import type { Client } from '../../runtime/client/resource-client';
import { PodiumError, type PodiumProcess } from './podium-process';

export interface ClusterInformers {
  nodes: Informer<Node>;
  namespaces: Informer<Namespace>;
  pods: Informer<Pod>;
  services: Informer<Service>;
}

export type ClusterState =
  | { kind: 'unknown' | 'stopped' }
  | { kind: 'busy'; message: string }
  | { kind: 'connected'; client: Client; informers: ClusterInformers }
  | { kind: 'failed'; message: string };

/** Changes of the cluster are shown this long after the first of them: one refresh for a burst. */
const refreshDelayMs = 100;

/** What the editor knows of the cluster; everything shown comes from watches, nothing is polled. */
export class ClusterModel implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private current: ClusterState = { kind: 'unknown' };
  private timer: NodeJS.Timeout | undefined;
  private disconnect: () => void = () => {};

  constructor(private readonly podium: PodiumProcess, private readonly output: vscode.LogOutputChannel) {}

  get state(): ClusterState {
    return this.current;
  }

  get clusterName(): string {
    return this.podium.clusterName;
  }

  /** Looks for a running cluster, once: called when something is about to be shown. */
  async discover(): Promise<void> {
    if (this.current.kind !== 'unknown') return;
    this.set({ kind: 'busy', message: 'looking for a cluster' });
    try {
      const report = JSON.parse(await this.podium.run(['status', '--name', this.clusterName, '-o', 'json'])) as { phase: string };
      if (report.phase === 'ready') await this.connect();
      else this.set({ kind: 'stopped' });
    } catch (error) {
      if (!(error instanceof PodiumError)) throw error;
      this.set({ kind: 'stopped' });
    }
  }

  /** Connects to the running cluster and follows it. */
  async connect(): Promise<void> {
    this.disconnect();
    const kubeconfig = await this.podium.run(['kubeconfig', '--name', this.clusterName]);
    const { connect } = await import('./connect');
    const { client, informers, close } = connect(kubeconfig, (message) => this.output.warn(message));
    const changed = (): void => this.scheduleRefresh();
    const handlers = { added: changed, updated: changed, deleted: changed };
    for (const informer of Object.values(informers) as Informer<KubeObject>[]) informer.on(handlers);
    this.disconnect = close;
    this.set({ kind: 'connected', client, informers });
    await Promise.all(Object.values(informers).map(({ synced }) => synced));
  }

  /** The cluster is being started or stopped, or is gone. */
  set(state: ClusterState): void {
    if (state.kind !== 'connected') {
      this.disconnect();
      this.disconnect = () => {};
    }
    this.current = state;
    void vscode.commands.executeCommand('setContext', 'podium.state', state.kind);
    this.changes.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.disconnect();
    this.changes.dispose();
  }

  private scheduleRefresh(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changes.fire();
    }, refreshDelayMs);
  }
}

export function isReady(object: Live<Node> | Live<Pod>): boolean {
  const conditions = (object.status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
