import type Docker from 'dockerode';
import type { ContainerStatus, RuntimePod, Sandbox } from '../container-runtime';
import { unlessGone } from './errors';
import { annotationsOf, foreignLabels, label } from './labels';

type Listed = Docker.ContainerInfo;
type Inspected = Docker.ContainerInspectInfo;

/**
 * What the engine has of this node, as pods. Containers never start twice, so an inspection holds until the state
 * changes.
 */
export class ContainerInventory {
  private readonly inspections = new Map<string, { state: string; details: Inspected }>();

  constructor(
    private readonly docker: Docker,
    private readonly selector: string[],
    /** Address of a running sandbox. */
    private readonly addressOf: (id: string, details: Inspected) => Promise<string | undefined>,
  ) {}

  async pods(uid?: string): Promise<RuntimePod[]> {
    const filters = { label: uid ? [...this.selector, `${label.podUid}=${uid}`] : this.selector };
    const listed = (await this.docker.listContainers({ all: true, filters })).filter(
      ({ Labels }) => Labels[label.podUid],
    );
    if (!uid) this.forget(new Set(listed.map(({ Id }) => Id)));
    const pods = new Map<string, RuntimePod>();
    await Promise.all(
      listed.map(async (container) => {
        const details = await this.inspect(container);
        if (!details) return;
        const pod = podOf(pods, container.Labels);
        if (container.Labels[label.kind] === 'sandbox') pod.sandboxes.push(await this.sandbox(details));
        else pod.containers.push(containerStatus(details));
      }),
    );
    for (const pod of pods.values()) {
      pod.sandboxes.sort((a, b) => b.createdAt - a.createdAt);
      pod.containers.sort((a, b) => b.createdAt - a.createdAt);
    }
    return [...pods.values()];
  }

  /** Something happened to the container: the engine tells of it before its own list shows it. */
  invalidate(id: string): void {
    this.inspections.delete(id);
  }

  private async sandbox(details: Inspected): Promise<Sandbox> {
    const { Labels } = details.Config;
    const hostNetwork = details.HostConfig.NetworkMode !== 'none';
    const running = details.State.Running;
    const ip = running && !hostNetwork ? await this.addressOf(details.Id, details) : undefined;
    return {
      id: details.Id,
      name: Labels[label.podName] ?? '',
      namespace: Labels[label.podNamespace] ?? '',
      uid: Labels[label.podUid] ?? '',
      attempt: Number(Labels[label.attempt]),
      state: running ? 'ready' : 'notready',
      createdAt: Date.parse(details.Created),
      hostNetwork,
      ...(ip && { ip }),
      labels: foreignLabels(Labels),
      annotations: annotationsOf(Labels),
    };
  }

  private async inspect({ Id, State }: Listed): Promise<Inspected | undefined> {
    const known = this.inspections.get(Id);
    if (known?.state === State) return known.details;
    const details = await unlessGone(this.docker.getContainer(Id).inspect());
    if (details) this.inspections.set(Id, { state: engineState(details), details });
    return details;
  }

  private forget(present: ReadonlySet<string>): void {
    for (const id of this.inspections.keys()) if (!present.has(id)) this.inspections.delete(id);
  }
}

function podOf(pods: Map<string, RuntimePod>, labels: Record<string, string>): RuntimePod {
  const uid = labels[label.podUid] ?? '';
  let pod = pods.get(uid);
  if (!pod) {
    pod = {
      uid,
      name: labels[label.podName] ?? '',
      namespace: labels[label.podNamespace] ?? '',
      sandboxes: [],
      containers: [],
    };
    pods.set(uid, pod);
  }
  return pod;
}

function engineState({ State }: Inspected): string {
  return State.Paused ? 'paused' : State.Status;
}

function containerStatus({ Id, Config, State, Created, Image }: Inspected): ContainerStatus {
  // A program that can't be started leaves the engine's container created, with an error: to Kubernetes it has ended.
  const startError = State.Status === 'created' && Boolean(State.Error);
  const ended = State.Status === 'exited' || State.Status === 'dead' || startError;
  const started = startError ? startErrorTime : time(State.StartedAt);
  return {
    id: Id,
    name: Config.Labels[label.containerName] ?? '',
    sandboxId: Config.Labels[label.sandbox] ?? '',
    attempt: Number(Config.Labels[label.attempt]),
    state: State.Running ? 'running' : ended ? 'exited' : State.Status === 'created' ? 'created' : 'unknown',
    createdAt: Date.parse(Created),
    ...(started !== undefined && { startedAt: started }),
    ...(ended && {
      finishedAt: time(State.FinishedAt) ?? Date.parse(Created),
      exitCode: startError ? startErrorCode : State.ExitCode,
      reason: startError ? 'StartError' : exitReason(State),
    }),
    ...(State.Error && { message: State.Error }),
    image: Config.Labels[label.image] ?? Config.Image,
    imageId: Image,
    labels: foreignLabels(Config.Labels),
    annotations: annotationsOf(Config.Labels),
  };
}

/** What containerd reports of a container that could not be started. */
const startErrorCode = 128;
const startErrorTime = 0;

function exitReason({ OOMKilled, Error: failure, ExitCode }: Inspected['State']): string {
  if (OOMKilled) return 'OOMKilled';
  if (failure) return 'ContainerCannotRun';
  return ExitCode === 0 ? 'Completed' : 'Error';
}

/** The engine writes the year 1 for never. */
function time(text: string): number | undefined {
  const value = Date.parse(text);
  return value > 0 ? value : undefined;
}
