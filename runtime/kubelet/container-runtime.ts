import type { Duplex } from 'node:stream';
import type { RemoteCommandOptions, RemoteCommandResult, RemoteCommandStreams } from '../streaming/session';

/** What a sandbox is made from (CRI PodSandboxConfig, less what this kubelet does itself). */
export interface SandboxConfig {
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  hostname: string;
  hostNetwork: boolean;
  hostPID: boolean;
  shareProcessNamespace: boolean;
  /** Memory volumes of the pod: the sandbox holds them, so that they outlive any container. */
  mounts: Mount[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  sysctls: Record<string, string>;
  portMappings: { protocol: 'TCP' | 'UDP' | 'SCTP'; containerPort: number; hostPort: number; hostIP?: string }[];
}

export interface Sandbox {
  id: string;
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  state: 'ready' | 'notready';
  createdAt: number;
  hostNetwork: boolean;
  /** Pod address; undefined with hostNetwork, and when the sandbox has lost its network. */
  ip?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface Mount {
  /** A path as the runtime sees it (the volume manager maps it), or a volume in memory by its name. */
  source: PathSource | TmpfsSource;
  containerPath: string;
  readOnly: boolean;
  propagation: 'private' | 'rslave' | 'rshared';
}

export interface PathSource {
  kind: 'path';
  path: string;
  /** The runtime makes the folder when it isn't there. */
  create?: boolean;
}

export interface TmpfsSource {
  kind: 'tmpfs';
  name: string;
  sizeBytes?: number;
  /** Group that owns it (fsGroup). */
  gid?: number;
  subPath?: string;
}

export interface ContainerConfig {
  name: string;
  attempt: number;
  /** Image as the pod names it, and the id of what that was found to be. */
  image: string;
  imageId: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env: { name: string; value: string }[];
  mounts: Mount[];
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  resources: {
    cpuShares?: number;
    cpuQuota?: number;
    cpuPeriod?: number;
    memoryLimitBytes?: number;
    oomScoreAdj?: number;
  };
  security: {
    privileged: boolean;
    readOnlyRootFilesystem: boolean;
    runAsUser?: number;
    runAsGroup?: number;
    supplementalGroups: number[];
    addCapabilities: string[];
    dropCapabilities: string[];
    noNewPrivileges: boolean;
    seccompProfile?: string;
  };
  labels: Record<string, string>;
  annotations: Record<string, string>;
  stopSignal?: string;
  /** Container whose processes this one sees (targetContainerName of ephemeral containers). */
  targetContainerId?: string;
}

export interface ContainerStatus {
  id: string;
  name: string;
  sandboxId: string;
  attempt: number;
  state: 'created' | 'running' | 'exited' | 'unknown';
  createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  exitCode?: number;
  /** `Completed`, `Error`, `OOMKilled`, `ContainerCannotRun`. */
  reason?: string;
  message?: string;
  image: string;
  imageId: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** What the runtime has of one pod. Sandboxes and containers newest first. */
export interface RuntimePod {
  uid: string;
  name: string;
  namespace: string;
  sandboxes: Sandbox[];
  containers: ContainerStatus[];
}

export interface ImageInfo {
  id: string;
  tags: string[];
  digests: string[];
  sizeBytes: number;
  /** `USER` of the image, for runAsNonRoot. */
  user?: string;
}

export interface RuntimeEvent {
  type: 'created' | 'started' | 'stopped' | 'deleted' | 'oom';
  podUid: string;
  /** A sandbox's own id when it is the sandbox that changed. */
  containerId: string;
}

/** An image can't be had; `reason` is the container's waiting reason. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  constructor(
    readonly reason: 'ErrImagePull' | 'InvalidImageName',
    message: string,
  ) {
    super(message);
  }
}

/** A call on the runtime failed; `reason` is what the container's waiting state shows. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  constructor(
    readonly reason:
      | 'CreateContainerError'
      | 'RunContainerError'
      | 'CreatePodSandboxError'
      | 'KillContainerError'
      | 'NotFound'
      | 'Unavailable',
    message: string,
  ) {
    super(message);
  }
}

/** A command in a container outlived its time. */
export class ExecTimeoutError extends Error {
  override readonly name = 'ExecTimeoutError';
}

/**
 * The runtime below the kubelet, shaped after CRI's RuntimeService and ImageService. Two implementations: `docker`
 * (sibling containers of the engine) and `simulated` (same states and delays, no containers).
 * Ids are unique for ever. Stop and remove of something that is gone succeed. Times are milliseconds since the epoch.
 */
export interface ContainerRuntime {
  readonly name: string;
  version(): Promise<string>;
  runSandbox(config: SandboxConfig): Promise<Sandbox>;
  /** Stops the sandbox's containers and frees its network; idempotent. */
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
  /** Memory volumes by name; those that are gone or in use are left. */
  removeTmpfs(names: string[]): Promise<void>;
  /** What this node has: of all pods, or of one. */
  pods(uid?: string): Promise<RuntimePod[]>;
  createContainer(sandboxId: string, config: ContainerConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Gives a running container other limits. */
  updateContainer(id: string, resources: ContainerConfig['resources']): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL after the grace period. */
  stopContainer(id: string, gracePeriodSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  exec(
    id: string,
    command: string[],
    options: RemoteCommandOptions,
    streams: RemoteCommandStreams,
  ): Promise<RemoteCommandResult>;
  /** Runs a probe or hook: output limited to 10 KiB. Throws ExecTimeoutError. */
  execSync(id: string, command: string[], timeoutSeconds: number): Promise<{ exitCode: number; output: string }>;
  attach(id: string, options: RemoteCommandOptions, streams: RemoteCommandStreams): Promise<RemoteCommandResult>;
  /** Log lines in the CRI sense, oldest first. With `follow`, until the container has ended and all is read. */
  logs(id: string, options: LogOptions): AsyncIterable<LogLine>;
  /** A connection to a port inside the sandbox's network namespace. */
  dial(sandboxId: string, port: number): Promise<Duplex>;
  listImages(): Promise<ImageInfo[]>;
  imageStatus(image: string): Promise<ImageInfo | undefined>;
  /** Throws ImageError. The annotations are those of the pod that it is pulled for. */
  pullImage(
    image: string,
    auth?: { username: string; password: string },
    annotations?: Readonly<Record<string, string>>,
  ): Promise<ImageInfo>;
  removeImage(id: string): Promise<void>;
  stats(): Promise<ContainerStats[]>;
  /** Events since the call; the kubelet relists when it ends or throws. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
  /** Answers probes itself, as nothing runs that could. */
  readonly simulateProbe?: (containerId: string, kind: 'startup' | 'readiness' | 'liveness') => boolean;
  close(): Promise<void>;
}

export interface LogOptions {
  follow: boolean;
  tailLines?: number;
  sinceTime?: number;
  signal: AbortSignal;
}

export interface LogLine {
  stream: 'stdout' | 'stderr';
  /** RFC 3339 with nanoseconds. */
  timestamp: string;
  /** Content with its line break, when it had one. */
  content: Buffer;
}

export interface ContainerStats {
  containerId: string;
  /** When this was so, in milliseconds since the epoch; when it was asked, unless told. */
  sampledAt?: number;
  /** Cumulative. */
  cpuNanoseconds: number;
  memoryWorkingSetBytes: number;
}
