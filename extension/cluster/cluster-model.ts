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
  | { kind: 'connected'; client: Client; informers: ClusterInformers; kubeconfig: string }
  | { kind: 'failed'; message: string };

/** Changes of the cluster are shown this long after the first of them: one refresh for a burst. */
const refreshDelayMs = 100;
/** After a failed watch the cluster is asked how it is, once for all watches that fail together. */
const checkDelayMs = 500;

/** What the editor knows of the cluster; everything shown comes from watches, nothing is polled. */
export class ClusterModel implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private current: ClusterState = { kind: 'unknown' };
  private refreshTimer: NodeJS.Timeout | undefined;
  private checkTimer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private disconnect: () => void = () => {};

  constructor(
    private readonly podium: PodiumProcess,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  get state(): ClusterState {
    return this.current;
  }

  get clusterName(): string {
    return this.podium.clusterName;
  }

  /** Looks for a running cluster, once: called when something is about to be shown. */
  async discover(): Promise<void> {
    if (this.looking) await this.looking;
    else if (this.current.kind === 'unknown') await this.look();
  }

  /** Looks for a running cluster unless one is shown or on its way: it may have been started elsewhere. */
  look(): Promise<void> {
    if (this.current.kind === 'busy' || this.current.kind === 'connected') return this.looking ?? Promise.resolve();
    return (this.looking ??= this.find().finally(() => (this.looking = undefined)));
  }

  /** Connects to the running cluster and follows it. Throws PodiumError. */
  async connect(): Promise<void> {
    const kubeconfig = await this.podium.kubeconfig();
    const { connect } = await import('./connect');
    const { client, informers, close } = connect(kubeconfig, (message) => this.watchFailed(message));
    this.disconnect();
    this.disconnect = close;
    const changed = (): void => this.scheduleRefresh();
    const handlers = { added: changed, updated: changed, deleted: changed };
    for (const informer of Object.values(informers) as Informer<KubeObject>[]) informer.on(handlers);
    this.set({ kind: 'connected', client, informers, kubeconfig });
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
    clearTimeout(this.refreshTimer);
    clearTimeout(this.checkTimer);
    this.disconnect();
    this.changes.dispose();
  }

  private async find(): Promise<void> {
    this.set({ kind: 'busy', message: 'Looking for a cluster' });
    try {
      if ((await this.podium.phase()) === 'ready') await this.connect();
      else this.set({ kind: 'stopped' });
    } catch (error) {
      if (!(error instanceof PodiumError)) throw error;
      this.set({ kind: 'failed', message: error.message });
    }
  }

  private watchFailed(message: string): void {
    this.output.debug(message);
    this.checkTimer ??= setTimeout(() => {
      this.checkTimer = undefined;
      void this.check();
    }, checkDelayMs);
  }

  /** Stopped elsewhere? Then it is shown no longer. Made anew with another address or authority? Then that one is. */
  private async check(): Promise<void> {
    const ready = (await this.podium.phase()) === 'ready';
    const kubeconfig = ready ? await this.podium.kubeconfig().catch(() => '') : '';
    if (this.current.kind !== 'connected') return;
    if (!ready) this.set({ kind: 'stopped' });
    else if (kubeconfig !== '' && kubeconfig !== this.current.kubeconfig) await this.connect().catch(ignorePodiumError);
  }

  private scheduleRefresh(): void {
    this.refreshTimer ??= setTimeout(() => {
      this.refreshTimer = undefined;
      this.changes.fire();
    }, refreshDelayMs);
  }
}

/** It went away while it was asked: the next failing watch asks again. */
function ignorePodiumError(error: unknown): void {
  if (!(error instanceof PodiumError)) throw error;
}

export function isReady(object: Live<Node> | Live<Pod>): boolean {
  const conditions = (object.status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
