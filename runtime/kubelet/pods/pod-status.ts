import type { ContainerStatus, Pod, PodStatus } from '../../api/kinds';
import type { RuntimePod } from '../container-runtime';
import { containerStatuses, toTime, type WaitingReason } from './container-statuses';
import { isKubeletCondition, mergeConditions, podConditions } from './pod-conditions';
import { isHostNetwork, isRestartableInit, isTerminalPhase, type KubeletPod } from './pod-spec';
import { qosClass } from './resources';

/** What probes say of a container; asked once its state is known. */
export interface ProbeStates {
  started(container: string, containerId: string | undefined): boolean;
  ready(container: string, containerId: string | undefined): boolean;
}

export interface PodStatusInput {
  pod: KubeletPod;
  /** The last status that was reported, which the pod's own may lag behind. */
  previous: PodStatus;
  runtime: RuntimePod;
  runtimeName: string;
  waiting(container: string): WaitingReason | undefined;
  probes: ProbeStates;
  hostIPs: string[];
  now: number;
  /** All containers are stopped and won't start again. */
  terminal: boolean;
  /** The kubelet itself ended the pod: eviction, deadline. */
  failure?: { reason: string; message: string };
  /** Why the pod hasn't got what it asks for now. */
  resizePending?: { reason: string; message: string };
}

/** The status of a pod as the kubelet sees it (kubelet's generateAPIPodStatus). */
export function generatePodStatus(input: PodStatusInput): PodStatus {
  const { pod, previous, runtime } = input;
  const lists = statusLists(input);
  const phase =
    previous.phase && isTerminalPhase(previous.phase)
      ? previous.phase
      : input.failure
        ? 'Failed'
        : podPhase(pod, lists.containers, lists.init, input.terminal);
  const sandbox = runtime.sandboxes[0];
  const sandboxReady = sandbox?.state === 'ready' && (sandbox.hostNetwork || Boolean(sandbox.ip));
  const conditions = podConditions({ pod, phase, containers: lists.containers, init: lists.init, sandboxReady });
  if (input.resizePending) conditions.push({ type: 'PodResizePending', status: 'True', ...input.resizePending });
  const now = toTime(input.now);
  const generation = pod.metadata.generation;
  const failure =
    input.failure ??
    (isTerminalPhase(previous.phase) && previous.reason
      ? { reason: previous.reason, message: previous.message ?? '' }
      : undefined);
  return {
    conditions: mergeConditions(conditions, latestConditions(pod, previous), now, generation)
      // Unlike the others, this one is there only while it is true.
      .filter(({ type }) => type !== 'PodResizePending' || input.resizePending),
    ...(pod.spec.containers.length > 0 && { containerStatuses: lists.containers }),
    ...(pod.spec.initContainers?.length && { initContainerStatuses: lists.init }),
    ...(pod.spec.ephemeralContainers?.length && { ephemeralContainerStatuses: lists.ephemeral }),
    ...addresses(input),
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    qosClass: pod.status?.qosClass ?? qosClass(pod),
    ...(failure && { reason: failure.reason, ...(failure.message && { message: failure.message }) }),
    startTime: previous.startTime ?? now,
  };
}

/** The status of a pod that the node doesn't take: nothing of it was ever there (kubelet's rejectPod). */
export function rejectedStatus(pod: KubeletPod, { reason, message }: { reason: string; message: string }, now: number): PodStatus {
  const { generation } = pod.metadata;
  return {
    ...(pod.status?.conditions && { conditions: pod.status.conditions }),
    ...(generation !== undefined && { observedGeneration: generation }),
    phase: 'Failed',
    qosClass: pod.status?.qosClass ?? qosClass(pod),
    reason,
    message: `Pod was rejected: ${message}`,
    startTime: pod.status?.startTime ?? toTime(now),
  };
}

/** Conditions of others come from the API server's copy, the kubelet's own from what it last said. */
function latestConditions(pod: Pod, previous: PodStatus): PodStatus['conditions'] {
  const own = previous.conditions ?? [];
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !own.some((condition) => condition.type === type));
  const kept = own.filter(
    ({ type }) => isKubeletCondition(type) || pod.status?.conditions?.some((condition) => condition.type === type),
  );
  const current = kept.map((condition) =>
    isKubeletCondition(condition.type)
      ? condition
      : (pod.status?.conditions?.find(({ type }) => type === condition.type) ?? condition),
  );
  return [...current, ...others];
}

interface StatusLists {
  containers: ContainerStatus[];
  init: ContainerStatus[];
  ephemeral: ContainerStatus[];
}

function statusLists(input: PodStatusInput): StatusLists {
  const { pod, runtime, previous, waiting, runtimeName } = input;
  const { spec } = pod;
  const common = { pod, runtime, waiting, runtimeName };
  const regular = containerStatuses('regular', spec.containers, { ...common, previous: previous.containerStatuses });
  const init = containerStatuses('init', spec.initContainers ?? [], {
    ...common,
    previous: previous.initContainerStatuses,
  });
  const ephemeral = containerStatuses('ephemeral', spec.ephemeralContainers ?? [], {
    ...common,
    previous: previous.ephemeralContainerStatuses,
  });
  const ready = (status: ContainerStatus): ContainerStatus => withProbes(status, input);
  return {
    containers: regular.map(ready),
    init: init.map((status, index) => {
      const container = spec.initContainers?.[index];
      if (container && isRestartableInit(container)) return ready(status);
      return { ...ready(status), ready: status.state?.terminated?.exitCode === 0 };
    }),
    ephemeral,
  };
}

function withProbes(status: ContainerStatus, { probes }: PodStatusInput): ContainerStatus {
  const id = status.containerID?.replace(/^.*:\/\//, '');
  const started = Boolean(status.state?.running) && probes.started(status.name, id);
  return { ...status, started, ready: started && probes.ready(status.name, id) };
}

function addresses({ pod, runtime, hostIPs, previous }: PodStatusInput): Partial<PodStatus> {
  const host = { hostIP: hostIPs[0] ?? '', hostIPs: hostIPs.map((ip) => ({ ip })) };
  const sandbox = runtime.sandboxes[0];
  const found = isHostNetwork(pod) ? hostIPs : sandbox?.ip ? [sandbox.ip] : [];
  // A pod that has ended shows the address that it had.
  const podIPs = found.length > 0 || sandbox?.state === 'ready' ? found : (previous.podIPs ?? []).map(({ ip }) => ip);
  return { ...host, ...(podIPs.length > 0 && { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }) };
}

/** Phase by what the containers do (kubelet's getPhase). */
export function podPhase(
  pod: KubeletPod,
  containers: readonly ContainerStatus[],
  init: readonly ContainerStatus[],
  terminal: boolean,
): string {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const initialization = initProgress(pod, init);
  const count = { running: 0, waiting: 0, stopped: 0, succeeded: 0, unknown: 0 };
  for (const container of pod.spec.containers) {
    const status = containers.find(({ name }) => name === container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    if (running) count.running++;
    else if (terminated) stopped(count, terminated.exitCode);
    else if (waiting && status?.lastState?.terminated) count.stopped++;
    else if (waiting) count.waiting++;
    else count.unknown++;
  }
  if (initialization.failed > 0 && policy === 'Never') return 'Failed';
  const hasStarted = count.running + count.stopped > 0;
  if (initialization.pending > 0 && !(terminal && hasStarted))
    return terminal && initialization.failed > 0 ? 'Failed' : 'Pending';
  if (count.waiting > 0) return terminal && hasStarted ? 'Failed' : 'Pending';
  if (count.running > 0 && count.unknown === 0) return 'Running';
  if (count.stopped > 0 && count.running === 0 && count.unknown === 0) {
    if (terminal) return count.stopped === count.succeeded ? 'Succeeded' : 'Failed';
    if (policy === 'Always' || pod.spec.containers.some(({ restartPolicy }) => restartPolicy === 'Always'))
      return 'Running';
    if (count.stopped === count.succeeded) return 'Succeeded';
    return policy === 'Never' ? endedPhase(pod, containers) : 'Running';
  }
  return 'Pending';
}

function endedPhase(pod: KubeletPod, containers: readonly ContainerStatus[]): string {
  // A container that its own rules start again keeps the pod running, whatever the pod's policy.
  const restarting = pod.spec.containers.some(
    ({ name, restartPolicy, restartPolicyRules }) =>
      (restartPolicy === 'OnFailure' || restartPolicyRules?.length) &&
      containers.some((status) => status.name === name && status.state?.waiting),
  );
  return restarting ? 'Running' : 'Failed';
}

function stopped(count: { stopped: number; succeeded: number }, exitCode: number): void {
  count.stopped++;
  if (exitCode === 0) count.succeeded++;
}

function initProgress(pod: KubeletPod, init: readonly ContainerStatus[]): { pending: number; failed: number } {
  const progress = { pending: 0, failed: 0 };
  for (const container of pod.spec.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (isRestartableInit(container)) {
      // A sidecar that ended after it had started doesn't set the pod back.
      if (!status?.started && !status?.state?.terminated && !status?.lastState?.terminated) progress.pending++;
      continue;
    }
    const { terminated, waiting } = status?.state ?? {};
    const lastFailed = (status?.lastState?.terminated?.exitCode ?? 0) !== 0;
    if (terminated) {
      if (terminated.exitCode !== 0) progress.failed++;
      if (terminated.exitCode !== 0) progress.pending++;
    } else {
      if (waiting && lastFailed) progress.failed++;
      progress.pending++;
    }
  }
  return progress;
}
