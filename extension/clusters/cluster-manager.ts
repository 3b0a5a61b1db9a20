import * as vscode from 'vscode';
import type { ClusterTarget } from '../../runtime/client/editor-protocol';
import type { Kubeconfig } from '../../runtime/client/kubeconfig';
import { describeFailure, type Failure, RefusedError } from '../errors';
import { inBackground, logFailure } from '../notify';
import { type ClusterRef, isSame, keyOf } from './cluster-ref';
import type { ClusterSources } from './cluster-sources';
import type { Session } from './session';
import { t } from '../words';

export type ClusterState =
  /** Not looked yet, or nothing is chosen and nothing runs. */
  | { kind: 'unknown' | 'none' }
  /** One of Podium's that does not run. */
  | { kind: 'stopped'; ref: ClusterRef }
  /** Chosen, and not connected until somebody looks at it. */
  | { kind: 'idle'; ref: ClusterRef }
  | { kind: 'busy'; ref: ClusterRef; message: string }
  | { kind: 'connecting'; ref: ClusterRef }
  | { kind: 'connected'; ref: ClusterRef; session: Session }
  /** `session`: what was known before, while the same server is tried again. */
  | { kind: 'unreachable'; ref: ClusterRef; failure: Failure; session?: Session };

interface Chosen {
  kubeconfig: Kubeconfig;
  context: string;
}

const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/**
 * The one cluster that this window works with: which it is, its namespace, and the connection to it. Nothing is asked of a
 * server before somebody looks; one that can't be reached is tried again ever more seldom.
 */
export class ClusterManager implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  /** The cluster, its namespace, its state, or the clusters that could be chosen. */
  readonly onDidChange = this.changes.event;
  private current: ClusterState = { kind: 'unknown' };
  private loaded: Promise<ClusterSources> | undefined;
  private known: ClusterSources | undefined;
  private lookers = 0;
  private attempt = 0;
  /** Counts what makes a connection attempt that is on its way worthless. */
  private generation = 0;
  private retryTimer: NodeJS.Timeout | undefined;
  private checking = false;
  private opening = false;
  private releaseWindow: (() => void) | undefined;

  constructor(
    private readonly memory: vscode.Memento,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  get state(): ClusterState {
    return this.current;
  }

  /** The chosen cluster. */
  get ref(): ClusterRef | undefined {
    return 'ref' in this.current ? this.current.ref : undefined;
  }

  /** The connection while there is one. */
  get session(): Session | undefined {
    return this.current.kind === 'connected' ? this.current.session : undefined;
  }

  /** What there is to choose from, once somebody has looked. */
  get sources(): ClusterSources | undefined {
    return this.known;
  }

  /** Empty: all namespaces. */
  get namespace(): string {
    const { ref } = this;
    if (!ref) return 'default';
    const chosen = this.memory.get<Record<string, string>>('podium.namespaces', {})[keyOf(ref)];
    return chosen ?? this.known?.namespaceOf(ref) ?? 'default';
  }

  /** For the language server: where the chosen cluster is, whether it can be reached or not. */
  target(): ClusterTarget | null {
    const { ref, known, namespace } = this;
    const running = ref?.kind !== 'local' || known?.local.get(ref.name)?.daemon;
    if (!ref || !known || !running) return null;
    const kubeconfig = known.filesOf(ref);
    return {
      kubeconfig,
      ...(ref.kind === 'context' && { context: ref.name }),
      ...(namespace && { namespace }),
    };
  }

  /** Reads the files that tell of clusters, once, and follows them. */
  async discover(): Promise<ClusterSources> {
    this.loaded ??= import('./cluster-sources').then(({ ClusterSources }) => {
      this.known = new ClusterSources(() => this.filesChanged());
      return this.known;
    });
    const sources = await this.loaded;
    if (this.current.kind === 'unknown') this.adopt(this.remembered(sources));
    return sources;
  }

  /** Somebody looks at the cluster: it is connected to while they do. Returns the end of it. */
  look(): vscode.Disposable {
    this.lookers++;
    inBackground(this.discover().then(() => this.pursue()));
    let looking = true;
    return new vscode.Disposable(() => {
      if (looking) this.lookers--;
      looking = false;
    });
  }

  /** The connection, made now if need be. Throws what stands in the way; RefusedError when no cluster is chosen. */
  async connect(): Promise<Session> {
    await this.discover();
    if (this.current.kind === 'unreachable') this.retry();
    else this.pursue(true);
    await this.settled();
    const state = this.current;
    if (state.kind === 'connected') return state.session;
    if (state.kind === 'unreachable') throw new RefusedError(state.failure.message, state.failure.actions);
    const start = { title: t`Start Cluster`, command: 'podium.startCluster' };
    const choose = { title: t`Choose Cluster`, command: 'podium.chooseCluster' };
    throw new RefusedError(t`No cluster is running.`, [start, choose]);
  }

  async use(ref: ClusterRef): Promise<void> {
    await this.discover();
    await this.memory.update('podium.cluster', ref);
    this.adopt(ref, true);
    this.pursue(true);
  }

  /** Empty: all namespaces. */
  async useNamespace(namespace: string): Promise<void> {
    const { ref } = this;
    if (!ref) return;
    const all = this.memory.get<Record<string, string>>('podium.namespaces', {});
    await this.memory.update('podium.namespaces', { ...all, [keyOf(ref)]: namespace });
    this.changes.fire();
  }

  /** Tries at once, with what the files say now. */
  retry(): void {
    this.known?.read();
    clearTimeout(this.retryTimer);
    this.attempt = 0;
    const { ref } = this;
    if (!this.known || !ref) return this.filesChanged();
    if (this.current.kind === 'unreachable') void this.open(ref);
    else this.filesChanged();
  }

  /** Shows that something is under way with a cluster; the files decide again when it is over. */
  async whileBusy<T>(ref: ClusterRef, message: string, run: () => Promise<T>): Promise<T> {
    this.disconnect();
    this.set({ kind: 'busy', ref, message });
    try {
      return await run();
    } finally {
      this.known?.read();
      if (this.current.kind === 'busy') this.adopt(ref, true);
      this.filesChanged();
    }
  }

  /** Holds the cluster again when the setting of what becomes of it has changed. */
  settingsChanged(): void {
    this.known?.read();
    this.filesChanged();
    if (this.current.kind === 'connected') this.holdWindow(this.current.ref);
  }

  dispose(): void {
    this.disconnect();
    this.known?.dispose();
    this.changes.dispose();
  }

  /** Resolves when no attempt to connect is on its way. */
  private settled(): Promise<void> {
    const isSettled = (): boolean => !['connecting', 'busy'].includes(this.current.kind) && !this.opening;
    if (isSettled()) return Promise.resolve();
    return new Promise((resolve) => {
      const subscription = this.onDidChange(() => {
        if (!isSettled()) return;
        subscription.dispose();
        resolve();
      });
    });
  }

  private remembered(sources: ClusterSources): ClusterRef | undefined {
    const chosen = this.memory.get<ClusterRef>('podium.cluster');
    if (chosen && sources.has(chosen)) return chosen;
    return sources.defaultRef();
  }

  private adopt(ref: ClusterRef | undefined, again = false): void {
    if (!again && this.current.kind !== 'unknown' && isSame(ref, this.ref)) return;
    this.disconnect();
    this.attempt = 0;
    if (!ref) this.set({ kind: 'none' });
    else this.set({ kind: this.runs(ref) ? 'idle' : 'stopped', ref });
  }

  /** Files of clusters have changed: another is there to choose, or the chosen one is up, down or elsewhere. */
  private filesChanged(): void {
    const { known, current } = this;
    if (!known || current.kind === 'busy') return this.changes.fire();
    const { ref } = this;
    if (!ref || !known.has(ref)) this.adopt(this.remembered(known));
    else if (!this.runs(ref)) {
      if (current.kind !== 'stopped') this.adopt(ref, true);
    } else if (current.kind === 'stopped') this.adopt(ref, true);
    else if (current.kind === 'unreachable') void this.open(ref);
    else if (current.kind === 'connected' && this.fingerprintOf(ref) !== current.session.fingerprint) {
      this.disconnect();
      this.set({ kind: 'idle', ref });
    }
    this.pursue();
    this.changes.fire();
  }

  private runs(ref: ClusterRef): boolean {
    return ref.kind === 'context' || this.known?.local.get(ref.name)?.daemon !== undefined;
  }

  /** Connects if the cluster is wanted: a running one of this machine always is, others when somebody looks. */
  private pursue(wanted = this.lookers > 0): void {
    const { current } = this;
    if (current.kind !== 'idle' || !(wanted || current.ref.kind === 'local')) return;
    this.set({ kind: 'connecting', ref: current.ref });
    void this.open(current.ref);
  }

  private async open(ref: ClusterRef): Promise<void> {
    clearTimeout(this.retryTimer);
    const generation = ++this.generation;
    const before = this.current.kind === 'unreachable' ? this.current.session : undefined;
    this.opening = true;
    let session: Session | undefined;
    try {
      session = await this.sessionFor(ref, before);
      await session.probe();
      if (generation !== this.generation) return this.drop(session, before);
      this.opening = false;
      this.opened(ref, session, before);
    } catch (error) {
      if (session !== before) session?.close();
      if (generation !== this.generation) return;
      this.opening = false;
      this.failed(ref, error, before);
    }
  }

  private drop(session: Session, before: Session | undefined): void {
    if (session !== before) session.close();
  }

  /** The one before if it would be the same: the views keep what they show. */
  private async sessionFor(ref: ClusterRef, before: Session | undefined): Promise<Session> {
    const { Session } = await import('./session');
    const fingerprint = this.fingerprintOf(ref);
    if (before?.fingerprint === fingerprint) return before;
    const { kubeconfig, context } = this.chosen(ref);
    return new Session({
      ref,
      kubeconfig,
      context,
      fingerprint,
      warn: (message) => this.output.debug(message),
      onTrouble: () => inBackground(this.check()),
    });
  }

  private opened(ref: ClusterRef, session: Session, before: Session | undefined): void {
    if (before === session) session.watches.resume();
    else before?.close();
    this.attempt = 0;
    this.holdWindow(ref);
    this.set({ kind: 'connected', ref, session });
  }

  private failed(ref: ClusterRef, error: unknown, before: Session | undefined): void {
    logFailure(error, `connecting to ${ref.name}`);
    const failure = describeFailure(error);
    this.set({ kind: 'unreachable', ref, failure, ...(before && { session: before }) });
    if (failure.permanent) return;
    const wait = Math.min(firstRetryMs * 2 ** this.attempt++, longestRetryMs) * (1 + Math.random() / 5);
    this.retryTimer = setTimeout(() => {
      if (this.lookers > 0 || ref.kind === 'local') void this.open(ref);
    }, wait);
  }

  /** A watch has failed: is it the connection? Asked once for all watches that fail together. */
  private async check(): Promise<void> {
    const state = this.current;
    if (state.kind !== 'connected' || this.checking) return;
    this.checking = true;
    try {
      await state.session.probe();
    } catch (error) {
      if (this.current !== state) return;
      state.session.watches.suspend();
      this.known?.read();
      if (!this.runs(state.ref)) this.filesChanged();
      else this.failed(state.ref, error, state.session);
    } finally {
      this.checking = false;
    }
  }

  private chosen(ref: ClusterRef): Chosen {
    if (!this.known) throw new RefusedError(t`No cluster is known yet.`);
    return this.known.chosen(ref, vscode.workspace.isTrusted);
  }

  private fingerprintOf(ref: ClusterRef): string {
    return this.known?.fingerprintOf(ref) ?? '';
  }

  private holdWindow(ref: ClusterRef): void {
    this.releaseWindow?.();
    const daemon = ref.kind === 'local' ? this.known?.local.get(ref.name)?.daemon : undefined;
    if (!daemon || !this.known) return;
    const end = vscode.workspace.getConfiguration('podium').get('cluster.whenLastWindowCloses') === 'stop';
    this.releaseWindow = this.known.hold(daemon, end, () => this.retry());
  }

  private disconnect(): void {
    clearTimeout(this.retryTimer);
    this.generation++;
    this.opening = false;
    this.releaseWindow?.();
    this.releaseWindow = undefined;
    if ('session' in this.current) this.current.session?.close();
  }

  private set(state: ClusterState): void {
    this.current = state;
    const { ref } = this;
    for (const [key, value] of [
      ['podium.state', state.kind],
      ['podium.isLocal', ref?.kind === 'local'],
    ] as const)
      void vscode.commands.executeCommand('setContext', key, value);
    this.changes.fire();
  }
}
