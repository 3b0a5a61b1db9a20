import Docker from 'dockerode';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../log';
import type { RemoteCommandOptions, RemoteCommandResult, RemoteCommandStreams } from '../../streaming/session';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerStats,
  type ImageInfo,
  type LogLine,
  type LogOptions,
  type Mount,
  RuntimeError,
  type RuntimeEvent,
  type RuntimePod,
  type Sandbox,
  type SandboxConfig,
} from '../container-runtime';
import type { PodNetwork } from '../pod-network';
import { shareProcesses } from '../sync/labels';
import { ContainerInventory } from './containers';
import { imageError, runtimeError, unlessGone } from './errors';
import { engineEvents } from './events';
import { attachToContainer, execInContainer, execSync } from './exec';
import { imageStatus, listImages, pullImage } from './images';
import { label } from './labels';
import { containerLogs } from './logs';
import { containerSpecification, sandboxSpecification, type SpecificationOptions } from './specifications';
import { containerStats } from './stats';

export interface DockerRuntimeOptions extends Omit<SpecificationOptions, 'nodeContainer'> {
  nodeContainer?: string;
  network: PodNetwork;
  /** A connection to a port as seen from inside the network namespace of a process. */
  dialInPod(pid: number, port: number): Promise<Duplex>;
  docker?: Docker;
  logger: Logger;
}

/**
 * Pods as sibling containers of the engine. The engine keeps all state: a new kubelet finds everything by its labels.
 */
export class DockerRuntime implements ContainerRuntime {
  readonly name = 'docker';
  private readonly docker: Docker;
  private readonly selector: string[];
  private readonly specification: SpecificationOptions;
  private readonly addresses = new Map<string, string>();
  private readonly inventory: ContainerInventory;

  constructor(private readonly options: DockerRuntimeOptions) {
    const { cluster, nodeName } = options;
    this.docker = options.docker ?? new Docker();
    this.selector = [`${label.cluster}=${cluster}`, `${label.node}=${nodeName}`];
    this.specification = { ...options, nodeContainer: options.nodeContainer ?? `podium-${cluster}-${nodeName}` };
    this.inventory = new ContainerInventory(this.docker, this.selector, (id, { State }) =>
      this.addressOf(id, State.Pid),
    );
  }

  async version(): Promise<string> {
    return (await this.guarded('Unavailable', this.docker.version())).Version;
  }

  async runSandbox(config: SandboxConfig): Promise<Sandbox> {
    await this.ensureTmpfs(config.mounts);
    const container = await this.create(sandboxSpecification(config, this.specification), 'CreatePodSandboxError');
    try {
      await container.start();
      const { State } = await container.inspect();
      if (!config.hostNetwork)
        this.addresses.set(container.id, (await this.options.network.attach(State.Pid, container.id)).ip);
    } catch (error) {
      await this.removeSandbox(container.id);
      throw runtimeError(error, 'CreatePodSandboxError');
    }
    const { name, namespace, uid, attempt, hostNetwork, labels, annotations } = config;
    const ip = this.addresses.get(container.id);
    return {
      id: container.id,
      name,
      namespace,
      uid,
      attempt,
      state: 'ready',
      createdAt: Date.now(),
      hostNetwork,
      ...(ip && { ip }),
      labels,
      annotations,
    };
  }

  async stopSandbox(id: string): Promise<void> {
    const members = await this.docker.listContainers({
      filters: { label: [...this.selector, `${label.sandbox}=${id}`] },
    });
    await Promise.all(members.map(({ Id }) => this.stopContainer(Id, 0)));
    await this.options.network.detach(id);
    this.addresses.delete(id);
    await this.guarded('KillContainerError', unlessGone(this.docker.getContainer(id).kill(), 409));
  }

  async removeSandbox(id: string): Promise<void> {
    await this.options.network.detach(id);
    this.addresses.delete(id);
    await this.removeContainer(id);
  }

  async removeTmpfs(names: string[]): Promise<void> {
    await Promise.all(names.map((name) => unlessGone(this.docker.getVolume(name).remove(), 409)));
  }

  pods(uid?: string): Promise<RuntimePod[]> {
    return this.guarded('Unavailable', this.inventory.pods(uid));
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = await this.guarded('CreateContainerError', this.docker.getContainer(sandboxId).inspect());
    await this.ensureTmpfs(config.mounts);
    const mounts = await Promise.all(config.mounts.map((mount) => this.withSubPath(mount)));
    const shared = config.targetContainerId ?? (config.annotations[shareProcesses] && sandboxId);
    const processes = shared ? `container:${shared}` : sandbox.HostConfig.PidMode;
    const specification = containerSpecification(
      { ...config, mounts },
      { id: sandboxId, labels: sandbox.Config.Labels, ...(processes && { processes }) },
      this.specification,
    );
    return (await this.create(specification, 'CreateContainerError')).id;
  }

  async startContainer(id: string): Promise<void> {
    await this.guarded('RunContainerError', this.docker.getContainer(id).start());
  }

  async updateContainer(id: string, resources: ContainerConfig['resources']): Promise<void> {
    const { cpuShares, cpuQuota, cpuPeriod, memoryLimitBytes } = resources;
    const limits = {
      ...(cpuShares && { CpuShares: cpuShares }),
      ...(cpuQuota && { CpuQuota: cpuQuota, CpuPeriod: cpuPeriod }),
      ...(memoryLimitBytes && { Memory: memoryLimitBytes, MemorySwap: memoryLimitBytes }),
    };
    await this.guarded('RunContainerError', this.docker.getContainer(id).update(limits));
  }

  async stopContainer(id: string, gracePeriodSeconds: number): Promise<void> {
    const container = this.docker.getContainer(id);
    const stopping = gracePeriodSeconds > 0 ? container.stop({ t: gracePeriodSeconds }) : container.kill();
    await this.guarded('KillContainerError', unlessGone(stopping, 304, 409));
  }

  async removeContainer(id: string): Promise<void> {
    await this.guarded(
      'KillContainerError',
      unlessGone(this.docker.getContainer(id).remove({ force: true, v: true }), 409),
    );
  }

  exec(
    id: string,
    command: string[],
    options: RemoteCommandOptions,
    streams: RemoteCommandStreams,
  ): Promise<RemoteCommandResult> {
    return execInContainer(this.docker.getContainer(id), command, options, streams);
  }

  execSync(id: string, command: string[], timeoutSeconds: number): Promise<{ exitCode: number; output: string }> {
    return execSync(this.docker.getContainer(id), command, timeoutSeconds);
  }

  attach(id: string, options: RemoteCommandOptions, streams: RemoteCommandStreams): Promise<RemoteCommandResult> {
    return attachToContainer(this.docker.getContainer(id), options, streams);
  }

  logs(id: string, options: LogOptions): AsyncIterable<LogLine> {
    return containerLogs(this.docker.getContainer(id), options);
  }

  async dial(sandboxId: string, port: number): Promise<Duplex> {
    const { State } = await this.guarded('NotFound', this.docker.getContainer(sandboxId).inspect());
    if (!State.Running) throw new RuntimeError('NotFound', 'the pod is not running');
    return this.options.dialInPod(State.Pid, port);
  }

  listImages(): Promise<ImageInfo[]> {
    return this.guarded('Unavailable', listImages(this.docker));
  }

  imageStatus(image: string): Promise<ImageInfo | undefined> {
    return imageStatus(this.docker, image);
  }

  pullImage(image: string, auth?: { username: string; password: string }): Promise<ImageInfo> {
    return pullImage(this.docker, image, auth);
  }

  async removeImage(id: string): Promise<void> {
    try {
      await unlessGone(this.docker.getImage(id).remove(), 409);
    } catch (error) {
      throw imageError(error, id);
    }
  }

  stats(): Promise<ContainerStats[]> {
    return this.guarded('Unavailable', containerStats(this.docker, this.selector));
  }

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    for await (const event of engineEvents(this.docker, this.selector, signal)) {
      this.inventory.invalidate(event.containerId);
      yield event;
    }
  }

  async close(): Promise<void> {
    // Everything lives at the engine; there is nothing to let go.
  }

  /** A name that an earlier attempt left behind is taken over: a kubelet that died between create and start. */
  private async create(
    specification: Docker.ContainerCreateOptions,
    reason: RuntimeError['reason'],
  ): Promise<Docker.Container> {
    try {
      return await this.docker.createContainer(specification);
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 409 || !specification.name)
        throw runtimeError(error, reason);
    }
    await this.removeContainer(specification.name);
    return this.guarded(reason, this.docker.createContainer(specification));
  }

  private async ensureTmpfs(mounts: readonly Mount[]): Promise<void> {
    for (const { source } of mounts) {
      if (source.kind !== 'tmpfs') continue;
      const o = [
        'mode=0777',
        ...(source.sizeBytes ? [`size=${source.sizeBytes}`] : []),
        ...(source.gid === undefined ? [] : [`gid=${source.gid}`]),
      ].join(',');
      const Labels = { [label.cluster]: this.options.cluster, [label.node]: this.options.nodeName };
      await this.guarded(
        'CreateContainerError',
        this.docker.createVolume({
          Name: source.name,
          Driver: 'local',
          DriverOpts: { type: 'tmpfs', device: 'tmpfs', o },
          Labels,
        }),
      );
    }
  }

  /** A part of a volume in memory is bound from where the engine has it mounted, for the sandbox holds it there. */
  private async withSubPath(mount: Mount): Promise<Mount> {
    const { source } = mount;
    if (source.kind !== 'tmpfs' || !source.subPath) return mount;
    const { Mountpoint } = await this.guarded('CreateContainerError', this.docker.getVolume(source.name).inspect());
    return { ...mount, source: { kind: 'path', path: `${Mountpoint}/${source.subPath}`, create: true } };
  }

  private async addressOf(id: string, pid: number): Promise<string | undefined> {
    const known = this.addresses.get(id);
    if (known) return known;
    const restored = (await this.options.network.restore([{ pid, key: id }])).get(id);
    if (restored) this.addresses.set(id, restored);
    return restored;
  }

  private async guarded<T>(reason: RuntimeError['reason'], action: Promise<T>): Promise<T> {
    try {
      return await action;
    } catch (error) {
      throw runtimeError(error, reason);
    }
  }
}
