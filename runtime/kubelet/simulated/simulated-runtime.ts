import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock';
import type { RemoteCommandResult } from '../../streaming/session';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerStats,
  type ContainerStatus,
  ImageError,
  type ImageInfo,
  type LogLine,
  RuntimeError,
  type RuntimeEvent,
  type RuntimePod,
  type Sandbox,
  type SandboxConfig,
} from '../container-runtime';
import { EventQueue } from './event-queue';
import { behaviourOf, type ContainerBehaviour } from './behaviour';

export interface SimulatedRuntimeOptions {
  clock: Clock;
  /** The next pod's address. */
  allocateAddress(sandboxId: string): Promise<string>;
  releaseAddress(sandboxId: string): void;
  /** Milliseconds that things take on a warm machine. */
  delays?: Partial<Delays>;
}

export interface Delays {
  sandbox: number;
  pull: number;
  create: number;
  start: number;
  stop: number;
}

const defaultDelays: Delays = { sandbox: 50, pull: 100, create: 20, start: 50, stop: 50 };

interface SimulatedContainer {
  status: ContainerStatus;
  behaviour: ContainerBehaviour;
  cancelEnd: () => void;
}

const nothingRuns = 'the node is simulated: nothing runs in its containers';

/** Pods with the states and delays of real ones and no processes. Nothing ticks while nothing changes. */
export class SimulatedRuntime implements ContainerRuntime {
  readonly name = 'simulated';
  private readonly sandboxes = new Map<string, Sandbox>();
  private readonly containers = new Map<string, SimulatedContainer>();
  private readonly images = new Map<string, ImageInfo>();
  private readonly queue = new EventQueue<RuntimeEvent>();
  private readonly delays: Delays;
  private nextId = 1;

  constructor(private readonly options: SimulatedRuntimeOptions) {
    this.delays = { ...defaultDelays, ...options.delays };
  }

  async version(): Promise<string> {
    return '1.0.0';
  }

  async runSandbox({
    name,
    namespace,
    uid,
    attempt,
    hostNetwork,
    labels,
    annotations,
  }: SandboxConfig): Promise<Sandbox> {
    await this.wait(this.delays.sandbox);
    const id = this.newId(`${uid}/${attempt}`);
    const ip = hostNetwork ? undefined : await this.options.allocateAddress(id);
    const sandbox: Sandbox = {
      id,
      name,
      namespace,
      uid,
      attempt,
      state: 'ready',
      createdAt: this.options.clock.now(),
      hostNetwork,
      ...(ip && { ip }),
      labels,
      annotations,
    };
    this.sandboxes.set(id, sandbox);
    this.emit('started', uid, id);
    return sandbox;
  }

  async stopSandbox(id: string): Promise<void> {
    const sandbox = this.sandboxes.get(id);
    if (sandbox?.state !== 'ready') return;
    for (const { status } of this.containersOf(id)) this.end(status.id, 137, 'Error');
    this.options.releaseAddress(id);
    const { ip: _released, ...rest } = sandbox;
    this.sandboxes.set(id, { ...rest, state: 'notready' });
    this.emit('stopped', sandbox.uid, id);
  }

  async removeSandbox(id: string): Promise<void> {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) return;
    await this.stopSandbox(id);
    this.sandboxes.delete(id);
    this.emit('deleted', sandbox.uid, id);
  }

  async removeTmpfs(): Promise<void> {
    // Volumes in memory are simulated with their pods.
  }

  async pods(uid?: string): Promise<RuntimePod[]> {
    const pods = new Map<string, RuntimePod>();
    for (const sandbox of this.sandboxes.values()) {
      if (uid !== undefined && sandbox.uid !== uid) continue;
      const pod = pods.get(sandbox.uid) ?? {
        uid: sandbox.uid,
        name: sandbox.name,
        namespace: sandbox.namespace,
        sandboxes: [],
        containers: [],
      };
      pods.set(sandbox.uid, pod);
      pod.sandboxes.unshift(sandbox);
      pod.containers.push(...this.containersOf(sandbox.id).map(({ status }) => status));
    }
    for (const pod of pods.values()) pod.containers.sort((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
    return [...pods.values()];
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    await this.wait(this.delays.create);
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox?.state !== 'ready') throw new RuntimeError('CreateContainerError', `sandbox ${sandboxId} is not ready`);
    const id = this.newId(`${sandboxId}/${config.name}/${config.attempt}`);
    const { name, attempt, image, imageId, labels, annotations } = config;
    const status: ContainerStatus = {
      id,
      name,
      sandboxId,
      attempt,
      state: 'created',
      createdAt: this.options.clock.now(),
      image,
      imageId,
      labels,
      annotations,
    };
    this.containers.set(id, { status, behaviour: behaviourOf(sandbox.annotations, name), cancelEnd: () => {} });
    this.emit('created', sandbox.uid, id);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    await this.wait(this.delays.start);
    const container = this.containers.get(id);
    if (!container) throw new RuntimeError('RunContainerError', `there is no container ${id}`);
    const { clock } = this.options;
    container.status = { ...container.status, state: 'running', startedAt: clock.now() };
    this.emit('started', this.uidOf(container.status), id);
    const { exitCode, afterSeconds = 0, reason } = container.behaviour;
    if (exitCode === undefined) return;
    container.cancelEnd = clock.after(afterSeconds * 1000, () =>
      this.end(id, exitCode, reason ?? (exitCode === 0 ? 'Completed' : 'Error')),
    );
  }

  /** Nothing uses what it is given. */
  async updateContainer(): Promise<void> {}

  /** A process that handles SIGTERM as it should: it ends at once, with the code that the signal gives. */
  async stopContainer(id: string, gracePeriodSeconds: number): Promise<void> {
    if (this.containers.get(id)?.status.state !== 'running') return;
    await this.wait(Math.min(this.delays.stop, gracePeriodSeconds * 1000));
    this.end(id, gracePeriodSeconds > 0 ? 143 : 137, 'Error');
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.containers.get(id);
    if (!container) return;
    container.cancelEnd();
    this.containers.delete(id);
    this.emit('deleted', this.uidOf(container.status), id);
  }

  async exec(): Promise<RemoteCommandResult> {
    return { error: nothingRuns };
  }

  async execSync(): Promise<{ exitCode: number; output: string }> {
    return { exitCode: 0, output: '' };
  }

  async attach(): Promise<RemoteCommandResult> {
    return { error: nothingRuns };
  }

  async *logs(id: string): AsyncGenerator<LogLine> {
    const { status } = this.containers.get(id) ?? {};
    if (!status) throw new RuntimeError('NotFound', `there is no container ${id}`);
    if (!status.startedAt) return;
    const timestamp = new Date(status.startedAt).toISOString().replace('Z', '000000Z');
    yield { stream: 'stdout', timestamp, content: Buffer.from(`${status.name}: ${nothingRuns}\n`) };
  }

  async dial(): Promise<Duplex> {
    throw new RuntimeError('NotFound', nothingRuns);
  }

  async listImages(): Promise<ImageInfo[]> {
    return [...this.images.values()];
  }

  async imageStatus(image: string): Promise<ImageInfo | undefined> {
    return this.images.get(image);
  }

  async pullImage(
    image: string,
    _auth?: object,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<ImageInfo> {
    await this.wait(this.delays.pull);
    const { pullError } = behaviourOf(annotations, '');
    if (pullError) throw new ImageError('ErrImagePull', pullError);
    const id = `sha256:${createHash('sha256').update(image).digest('hex')}`;
    const info = { id, tags: [image], digests: [`${image.split(':')[0]}@${id}`], sizeBytes: 64 << 20, user: '1000' };
    this.images.set(image, info);
    return info;
  }

  async removeImage(id: string): Promise<void> {
    for (const [image, info] of this.images) if (info.id === id) this.images.delete(image);
  }

  async stats(): Promise<ContainerStats[]> {
    const running = [...this.containers.values()].filter(({ status }) => status.state === 'running');
    return running.map(({ status }) => ({ containerId: status.id, cpuNanoseconds: 0, memoryWorkingSetBytes: 0 }));
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.queue.listen(signal);
  }

  simulateProbe = (containerId: string, kind: 'startup' | 'readiness' | 'liveness'): boolean => {
    const { ready = true, live = true } = this.containers.get(containerId)?.behaviour ?? {};
    return kind === 'readiness' ? ready : kind === 'liveness' ? live : true;
  };

  async close(): Promise<void> {
    for (const { cancelEnd } of this.containers.values()) cancelEnd();
    this.queue.close();
  }

  private end(id: string, exitCode: number, reason: string): void {
    const container = this.containers.get(id);
    if (!container || container.status.state === 'exited') return;
    container.cancelEnd();
    container.status = { ...container.status, state: 'exited', exitCode, reason, finishedAt: this.options.clock.now() };
    this.emit('stopped', this.uidOf(container.status), id);
  }

  private containersOf(sandboxId: string): SimulatedContainer[] {
    return [...this.containers.values()].filter(({ status }) => status.sandboxId === sandboxId);
  }

  private uidOf({ sandboxId }: ContainerStatus): string {
    return this.sandboxes.get(sandboxId)?.uid ?? '';
  }

  private emit(type: RuntimeEvent['type'], podUid: string, containerId: string): void {
    this.queue.push({ type, podUid, containerId });
  }

  private newId(seed: string): string {
    return createHash('sha256').update(`${seed}/${this.nextId++}/${this.options.clock.now()}`).digest('hex');
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.options.clock.after(milliseconds, resolve));
  }
}
