import type { PodStatus } from '../../api/kinds';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { type ContainerRuntime, RuntimeError, type RuntimePod } from '../container-runtime';
import type { PodFacts } from '../env/field-ref';
import { type EventSink, podReference } from '../events';
import type { ProbeManager } from '../probes/probe-manager';
import type { ContainerKiller } from '../sync/container-killer';
import type { PodSyncer } from '../sync/pod-syncer';
import type { Resizer } from '../sync/resizer';
import type { TerminationMessages } from '../sync/termination-messages';
import { type MountedVolume, type VolumeManager, VolumeSetupError } from '../volumes/volume-manager';
import type { Refusal, resizeRefusal } from './admission';
import { formatPod, isHostNetwork, isTerminalPhase, type KubeletPod } from './pod-spec';
import { generatePodStatus, rejectedStatus } from './pod-status';
import { observePod, removeRuntimePod, unlessRunning } from './runtime-pod';

export interface PodWorkerOptions {
  runtime: ContainerRuntime;
  events: EventSink;
  clock: Clock;
  logger: Logger;
  syncer: PodSyncer;
  killer: ContainerKiller;
  probes: ProbeManager;
  volumes: VolumeManager;
  messages: TerminationMessages;
  resizer: Resizer;
  hostIPs: string[];
  facts(pod: KubeletPod): PodFacts;
  /** Undefined: the node takes it. Asked once, before the pod's first sandbox. */
  admit(pod: KubeletPod): Refusal | undefined;
  /** Undefined: the node has what the pod asks for now. */
  refuseResize(pod: KubeletPod): ReturnType<typeof resizeRefusal>;
  status(uid: string): PodStatus | undefined;
  report(pod: KubeletPod, status: PodStatus): void;
  /** Nothing of the pod runs any more. */
  terminated(pod: KubeletPod): void;
  nextTokenRenewal(uid: string): number | undefined;
}

/** Milliseconds until room is looked for again. */
const resizeRetryMs = 5_000;
const failureRetry = { initialMs: 500, maxMs: 10_000 };

/**
 * One pod's life on the node. Its syncs are serial: sync → terminating → terminated, and never back (kubelet's
 * pod workers). A wake during a sync makes for another one after it.
 */
export class PodWorker {
  private phase: 'sync' | 'terminating' | 'terminated' = 'sync';
  private admitted = false;
  private running = false;
  private dirty = false;
  private stopped = false;
  private failures = 0;
  private cancelTimer: () => void = () => {};
  private stopping = new AbortController();
  private failure: Refusal | undefined;
  private refusal: Refusal | undefined;
  private resizePending: ReturnType<typeof resizeRefusal>;
  private killGrace: number | undefined;
  /** The API server has dropped the object: nothing is reported, all is removed. */
  private orphaned = false;

  constructor(
    public pod: KubeletPod,
    private readonly options: PodWorkerOptions,
  ) {
    options.volumes.register(pod);
  }

  get uid(): string {
    return this.pod.metadata.uid;
  }

  get isTerminated(): boolean {
    return this.phase === 'terminated';
  }

  /** It holds its share of the node. */
  get isAdmitted(): boolean {
    return this.admitted && !this.failure && !this.refusal && this.phase !== 'terminated';
  }

  get isOrphaned(): boolean {
    return this.orphaned;
  }

  /** The pod as the API server (or the manifest) has it now. */
  update(pod: KubeletPod): void {
    this.pod = pod;
    if (this.phase === 'sync') this.options.volumes.register(pod);
    const terminal = isTerminalPhase(pod.status?.phase) && !this.running && this.phase === 'sync';
    if (pod.metadata.deletionTimestamp || terminal) this.terminate();
    this.wake();
  }

  /** The object is gone: whatever runs is killed, with the grace that it had. */
  remove(): void {
    this.orphaned = true;
    this.terminate();
    this.wake();
  }

  wake(): void {
    if (this.stopped) return;
    this.dirty = true;
    if (!this.running) void this.run();
  }

  /** Leaves the pod running. A sync under way comes to its end, and no other follows. */
  stop(): void {
    this.stopped = true;
    this.cancelTimer();
    this.stopping.abort();
  }

  private terminate(): void {
    if (this.phase === 'terminated') return;
    const before = this.killGrace;
    const grace = this.gracePeriod();
    if (this.phase === 'sync') {
      this.phase = 'terminating';
      this.stopping.abort();
      this.options.probes.stopLivenessAndStartup(this.uid);
    } else if (before !== undefined && grace < before) {
      // A shorter grace counts for containers that are being stopped already.
      void this.hasten(grace);
    }
    this.killGrace = grace;
  }

  private gracePeriod(): number {
    const { metadata, spec } = this.pod;
    const asked = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    return this.killGrace === undefined ? asked : Math.min(this.killGrace, asked);
  }

  private async hasten(grace: number): Promise<void> {
    const state = await this.observe();
    await Promise.all(
      state.containers
        .filter(({ state: now }) => now === 'running')
        .map(({ id }) => this.options.runtime.stopContainer(id, grace)),
    );
  }

  private async run(): Promise<void> {
    this.running = true;
    this.cancelTimer();
    try {
      while (this.dirty && !this.stopped) {
        this.dirty = false;
        await this.step();
      }
    } finally {
      this.running = false;
    }
  }

  private async step(): Promise<void> {
    try {
      if (this.phase === 'sync') await this.sync();
      else if (this.phase === 'terminating') await this.syncTerminating();
      else if (this.orphaned) await this.cleanUp();
    } catch (error) {
      const unavailable = error instanceof RuntimeError && error.reason === 'Unavailable';
      this.options.logger.warn(
        { pod: formatPod(this.pod), error: (error as Error).message },
        unavailable ? 'the runtime does not answer' : 'sync of pod failed',
      );
      this.retry();
    }
  }

  private retry(): void {
    const delay = Math.min(failureRetry.maxMs, failureRetry.initialMs * 2 ** Math.min(this.failures++, 10));
    this.wakeAt(this.options.clock.now() + delay);
  }

  private wakeAt(time: number): void {
    if (this.dirty || this.stopped) return;
    this.cancelTimer();
    this.cancelTimer = this.options.clock.after(Math.max(0, time - this.options.clock.now()), () => this.wake());
  }

  private async sync(): Promise<void> {
    const { pod, options } = this;
    const state = await this.observe();
    if (!this.admit(state)) return;
    options.probes.update(pod, state, this.podIP(state));
    const status = this.report(state, false);
    if (isTerminalPhase(status.phase) || this.pastDeadline(status)) {
      this.terminate();
      this.dirty = true;
      return;
    }
    if (this.phase !== 'sync') return;
    if (await this.resized(state)) {
      this.dirty = true;
      return;
    }
    const volumes = await this.setUpVolumes();
    if (!volumes) return;
    const result = await options.syncer.sync({
      pod: options.resizer.effective(pod, state, options.status(this.uid)),
      runtime: state,
      probes: options.probes.outcomes(this.uid),
      facts: this.facts(state),
      volumes,
      signal: this.stopping.signal,
    });
    if (result.changed) this.dirty = true;
    else this.report(state, false);
    this.schedule(result, status);
  }

  /** Whether something about the pod's containers was changed. */
  private async resized(state: RuntimePod): Promise<boolean> {
    const { pod, options } = this;
    const wasPending = this.resizePending;
    const pending = options.resizer.isPending(pod);
    this.resizePending = pending ? options.refuseResize(pod) : undefined;
    if (pending && !this.resizePending) {
      await options.resizer.resize(pod, state);
      return true;
    }
    if (JSON.stringify(wasPending) !== JSON.stringify(this.resizePending)) this.report(state, false);
    return false;
  }

  private schedule(result: { failed: boolean; retryAt?: number }, status: PodStatus): void {
    if (result.failed) this.retry();
    else this.failures = 0;
    const deadline = this.deadline(status);
    const room = this.resizePending?.reason === 'Deferred' ? this.options.clock.now() + resizeRetryMs : undefined;
    const times = [result.retryAt, deadline, room, this.options.nextTokenRenewal(this.uid)].filter(
      (time) => time !== undefined,
    );
    if (!result.failed && times.length > 0) this.wakeAt(Math.min(...times));
  }

  /** False: the node doesn't take the pod, and its status says so. */
  private admit(state: RuntimePod): boolean {
    if (this.admitted) return true;
    const refusal = state.sandboxes.length > 0 ? undefined : this.options.admit(this.pod);
    this.admitted = true;
    if (!refusal) return true;
    this.options.events.eventAbout(podReference(this.pod), 'Warning', refusal.reason, refusal.message);
    this.refusal = refusal;
    this.terminate();
    this.dirty = true;
    return false;
  }

  private deadline(status: PodStatus): number | undefined {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    return seconds !== undefined && status.startTime ? Date.parse(status.startTime) + seconds * 1000 : undefined;
  }

  private pastDeadline(status: PodStatus): boolean {
    const deadline = this.deadline(status);
    if (deadline === undefined || this.options.clock.now() < deadline) return false;
    this.failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.options.events.eventAbout(podReference(this.pod), 'Normal', this.failure.reason, this.failure.message);
    return true;
  }

  private async setUpVolumes(): Promise<Map<string, MountedVolume> | undefined> {
    try {
      return await this.options.volumes.setUp(this.pod, this.options.facts(this.pod));
    } catch (error) {
      if (!(error instanceof VolumeSetupError)) throw error;
      this.options.events.eventAbout(
        podReference(this.pod),
        'Warning',
        'FailedMount',
        `MountVolume.SetUp failed for volume ${JSON.stringify(error.volume)} : ${error.message}`,
      );
      this.retry();
      return undefined;
    }
  }

  private async syncTerminating(): Promise<void> {
    const { options, pod } = this;
    let state = await this.observe();
    this.report(state, false);
    await options.killer.killAll(pod, state, this.killGrace ?? 30);
    state = await this.observe();
    if (state.containers.some(({ state: now }) => now === 'running')) {
      this.retry();
      return;
    }
    options.probes.remove(this.uid);
    await options.syncer.stopSandboxes(state);
    this.report(await this.observe(), true);
    if (
      isTerminalPhase(options.status(this.uid)?.phase) ||
      this.pod.metadata.deletionTimestamp ||
      this.orphaned ||
      this.failure ||
      this.refusal
    )
      this.phase = 'terminated';
    await options.volumes.tearDown(this.uid);
    options.terminated(pod);
    if (this.orphaned) this.dirty = true;
  }

  /** After the object is gone: nothing of the pod stays. */
  private async cleanUp(): Promise<void> {
    const { options } = this;
    const state = await this.observe();
    options.messages.forget(state.containers.map(({ id }) => id));
    await removeRuntimePod(options.runtime, state);
    await options.runtime.removeTmpfs(
      (this.pod.spec.volumes ?? [])
        .filter(({ emptyDir }) => emptyDir?.medium === 'Memory')
        .map(({ name }) => `${this.uid}-${name}`),
    );
    await options.volumes.tearDown(this.uid);
    options.syncer.forget(this.uid);
    options.resizer.forget(this.uid);
    this.stop();
    options.terminated(this.pod);
  }

  get isGone(): boolean {
    return this.stopped && this.orphaned;
  }

  private observe(): Promise<RuntimePod> {
    return observePod(this.pod, this.options);
  }

  private podIP(state: RuntimePod): string {
    return isHostNetwork(this.pod) ? (this.options.hostIPs[0] ?? '') : (state.sandboxes[0]?.ip ?? '');
  }

  private facts(state: RuntimePod): PodFacts {
    const ip = this.podIP(state);
    return { ...this.options.facts(this.pod), podIPs: ip ? [ip] : [] };
  }

  private report(state: RuntimePod, terminal: boolean): PodStatus {
    const { options, pod } = this;
    if (this.refusal) {
      const rejected = rejectedStatus(pod, this.refusal, options.clock.now());
      if (!this.orphaned) options.report(pod, rejected);
      return rejected;
    }
    const status = generatePodStatus({
      pod: options.resizer.effective(pod, state, options.status(this.uid) ?? pod.status),
      runtime: state,
      terminal,
      previous: options.status(this.uid) ?? pod.status ?? {},
      runtimeName: options.runtime.name,
      waiting: (container) => options.syncer.waiting(this.uid, container),
      probes: options.probes.states(pod),
      hostIPs: options.hostIPs,
      now: options.clock.now(),
      ...(this.failure && { failure: this.failure }),
      ...(this.resizePending && { resizePending: this.resizePending }),
    });
    const before = options.status(this.uid)?.phase ?? pod.status?.phase ?? 'Pending';
    if (!this.orphaned) options.report(pod, unlessRunning(state, status, before));
    return status;
  }
}
