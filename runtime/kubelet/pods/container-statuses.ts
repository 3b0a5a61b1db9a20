import type { Container, ContainerState, ContainerStatus as ApiStatus, EphemeralContainer, Pod } from '../../api/kinds';
import type { ContainerStatus, RuntimePod } from '../container-runtime';
import { shouldStart, statusOf, succeeded } from './pod-actions';
import { type ContainerKind, isRestartableInit, type KubeletPod } from './pod-spec';

/** Why a container could not be started at the last try. */
export interface WaitingReason {
  reason: string;
  message: string;
}

export interface ContainerStatusInput {
  pod: KubeletPod;
  runtime: RuntimePod;
  /** What the API server has; the pod may be older. */
  previous: readonly ApiStatus[] | undefined;
  waiting(container: string): WaitingReason | undefined;
  runtimeName: string;
}

export const toTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** Statuses of one list of the pod's containers, in the order of the spec (kubelet's convertToAPIContainerStatuses). */
export function containerStatuses(
  kind: ContainerKind,
  containers: readonly (Container | EphemeralContainer)[],
  input: ContainerStatusInput,
): ApiStatus[] {
  return containers.map((container) => containerStatus(kind, container, input));
}

function containerStatus(
  kind: ContainerKind,
  container: Container | EphemeralContainer,
  input: ContainerStatusInput,
): ApiStatus {
  const { pod, runtime, previous, runtimeName } = input;
  const instances = runtime.containers.filter(({ name }) => name === container.name);
  const old = previous?.find(({ name }) => name === container.name);
  const [newest, earlier] = instances;
  const status = newest ? fromRuntime(container, newest, old, input) : withoutInstance(container, old, input);
  if (earlier?.state === 'exited') status.lastState = stateOf(earlier, runtimeName);
  else if (
    !status.lastState &&
    newest &&
    old?.lastState?.terminated &&
    old.lastState.terminated.containerID !== status.containerID
  )
    status.lastState = old.lastState;
  const reason = input.waiting(container.name);
  if (reason && mayStart(kind, container, pod, runtime)) {
    if (status.state?.terminated) status.lastState = status.state;
    status.state = { waiting: waitingState(reason) };
  }
  return { ...status, lastState: status.lastState ?? {} };
}

const waitingState = ({ reason, message }: WaitingReason): { reason: string; message?: string } => ({
  ...(message && { message }),
  reason,
});

function mayStart(
  kind: ContainerKind,
  container: Container | EphemeralContainer,
  pod: KubeletPod,
  runtime: RuntimePod,
): boolean {
  const status = statusOf(runtime, container.name);
  if (kind === 'ephemeral') return status === undefined;
  if (kind === 'init' && !isRestartableInit(container) && succeeded(status)) return false;
  return shouldStart(container, pod, status);
}

function defaultWaiting(pod: Pod): ContainerState {
  return { waiting: { reason: pod.spec?.initContainers?.length ? 'PodInitializing' : 'ContainerCreating' } };
}

function withoutInstance(
  container: Container | EphemeralContainer,
  old: ApiStatus | undefined,
  { pod }: ContainerStatusInput,
): ApiStatus {
  const status: ApiStatus = {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    restartCount: old?.restartCount ?? 0,
    state: defaultWaiting(pod),
  };
  if (!old) return status;
  if (old.state?.terminated) return { ...old, ready: false };
  if (old.lastState?.terminated) status.lastState = old.lastState;
  if (old.state?.running) lost(pod, container, old, status);
  return status;
}

/** A container that ran when it was last seen, and of which nothing is left. */
function lost(pod: Pod, container: Container | EphemeralContainer, old: ApiStatus, status: ApiStatus): void {
  const terminated = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };
  if (pod.metadata.deletionTimestamp || pod.spec?.restartPolicy === 'Never') {
    status.state = { terminated: { ...terminated, ...(old.containerID && { containerID: old.containerID }) } };
    return;
  }
  status.lastState = {
    terminated: {
      ...terminated,
      message: 'The container could not be located when the pod was deleted.  The container used to be Running',
    },
  };
  status.restartCount = old.restartCount + 1;
}

function fromRuntime(
  container: Container | EphemeralContainer,
  found: ContainerStatus,
  old: ApiStatus | undefined,
  input: ContainerStatusInput,
): ApiStatus {
  const { requests } = container.resources ?? {};
  return {
    name: container.name,
    image: found.image,
    imageID: found.imageId,
    containerID: `${input.runtimeName}://${found.id}`,
    ready: false,
    restartCount: found.attempt,
    state:
      stateOf(found, input.runtimeName) ??
      (old?.state?.waiting ? { waiting: old.state.waiting } : defaultWaiting(input.pod)),
    ...(requests && { allocatedResources: requests }),
    ...(found.state === 'running' && { resources: container.resources ?? {} }),
    ...(container.volumeMounts?.length && { volumeMounts: container.volumeMounts.map(mountStatus) }),
  };
}

function mountStatus({
  name,
  mountPath,
  readOnly,
}: {
  name: string;
  mountPath: string;
  readOnly?: boolean;
}): NonNullable<ApiStatus['volumeMounts']>[number] {
  return { mountPath, name, ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }) };
}

/** Undefined for a container that was made and not started: it is waiting still. */
function stateOf(found: ContainerStatus, runtimeName: string): ContainerState | undefined {
  if (found.state === 'running') return { running: { startedAt: toTime(found.startedAt ?? found.createdAt) } };
  if (found.state !== 'exited') return undefined;
  return {
    terminated: {
      containerID: `${runtimeName}://${found.id}`,
      exitCode: found.exitCode ?? 0,
      finishedAt: toTime(found.finishedAt ?? found.createdAt),
      ...(found.message && { message: found.message }),
      reason: found.reason ?? (found.exitCode === 0 ? 'Completed' : 'Error'),
      startedAt: toTime(found.startedAt ?? found.createdAt),
    },
  };
}
