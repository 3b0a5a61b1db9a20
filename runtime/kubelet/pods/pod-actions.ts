import type { Container } from '../../api/kinds';
import type { ContainerStatus, RuntimePod, Sandbox } from '../container-runtime';
import { isHostNetwork, isRestartableInit, type KubeletPod } from './pod-spec';
import { restartsAfter } from './restart-rules';

export type ProbeOutcome = 'success' | 'failure' | undefined;

/** What probes have found of running containers, by container id. */
export interface ProbeOutcomes {
  liveness(containerId: string): ProbeOutcome;
  startup(containerId: string): ProbeOutcome;
}

export interface ContainerToKill {
  status: ContainerStatus;
  message: string;
  reason: 'LivenessProbe' | 'StartupProbe' | 'Unknown' | 'Changed';
}

/** What has to happen for a pod to be as it should. Indexes are into the pod's lists of containers. */
export interface PodActions {
  /** Kill all containers and the sandbox, before anything else. */
  killPod: boolean;
  createSandbox: boolean;
  /** Number of the sandbox to create. */
  attempt: number;
  sandbox?: Sandbox;
  kill: ContainerToKill[];
  startInit: number[];
  start: number[];
  startEphemeral: number[];
}

/** The newest container of this name, whichever sandbox it was of. */
export const statusOf = (runtime: RuntimePod, name: string): ContainerStatus | undefined =>
  runtime.containers.find((status) => status.name === name);

export const succeeded = (status: ContainerStatus | undefined): boolean =>
  status?.state === 'exited' && status.exitCode === 0;

/** Whether a regular container that isn't running is to be started (kubecontainer.ShouldContainerBeRestarted). */
export function shouldStart(container: Container, pod: KubeletPod, status: ContainerStatus | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  if (!status) return true;
  if (status.state === 'running') return false;
  if (status.state !== 'exited') return true;
  return restartsAfter(container, pod.spec.restartPolicy, status.exitCode ?? 0);
}

/** Decides from what a pod should be and what the runtime has; no IO, no clock (kuberuntime's computePodActions). */
export function computePodActions(pod: KubeletPod, runtime: RuntimePod, probes: ProbeOutcomes): PodActions {
  const changed = sandboxChanged(pod, runtime);
  const actions: PodActions = {
    killPod: changed.create,
    createSandbox: changed.create,
    attempt: changed.attempt,
    kill: [],
    startInit: [],
    start: [],
    startEphemeral: [],
    ...(changed.sandbox && { sandbox: changed.sandbox }),
  };
  if (changed.create) return withNewSandbox(pod, runtime, actions);
  actions.startEphemeral = indexesWhere(pod.spec.ephemeralContainers, ({ name }) => !statusOf(runtime, name));
  const initialized = initActions(pod, inSandbox(runtime, changed.sandbox), probes, actions);
  if (actions.killPod || !initialized) return actions;
  const kept = regularActions(pod, runtime, probes, actions);
  if (kept === 0 && actions.start.length === 0) {
    actions.killPod = true;
    // Nothing that a sidecar could serve is left.
    actions.startInit = [];
  }
  return actions;
}

function sandboxChanged(pod: KubeletPod, runtime: RuntimePod): { create: boolean; attempt: number; sandbox?: Sandbox } {
  const newest = runtime.sandboxes[0];
  if (!newest) return { create: true, attempt: 0 };
  const again = { create: true, attempt: newest.attempt + 1, sandbox: newest };
  if (runtime.sandboxes.filter(({ state }) => state === 'ready').length > 1) return again;
  if (newest.state !== 'ready' || newest.hostNetwork !== isHostNetwork(pod)) return again;
  if (!newest.hostNetwork && !newest.ip) return again;
  return { create: false, attempt: newest.attempt, sandbox: newest };
}

function withNewSandbox(pod: KubeletPod, runtime: RuntimePod, actions: PodActions): PodActions {
  const { spec } = pod;
  if (spec.restartPolicy === 'Never' && actions.attempt !== 0 && runtime.containers.length > 0) {
    return { ...actions, createSandbox: false };
  }
  const start = indexesWhere(
    spec.containers,
    ({ name }) => !(spec.restartPolicy === 'OnFailure' && succeeded(statusOf(runtime, name))),
  );
  const ranBefore = spec.containers.some(({ name }) => statusOf(runtime, name));
  if (start.length === 0 && ranBefore) return { ...actions, createSandbox: false };
  if (spec.initContainers?.length) return { ...actions, startInit: [0] };
  return { ...actions, start };
}

/** Containers of an earlier sandbox say nothing about how far this one has come with its init containers. */
function inSandbox(runtime: RuntimePod, sandbox: Sandbox | undefined): RuntimePod {
  return { ...runtime, containers: runtime.containers.filter(({ sandboxId }) => sandboxId === sandbox?.id) };
}

/**
 * Init containers, last to first: the last one that ran tells how far the pod has come, as earlier ones may have been
 * removed. True when regular containers may start.
 */
function initActions(pod: KubeletPod, runtime: RuntimePod, probes: ProbeOutcomes, actions: PodActions): boolean {
  const containers = pod.spec.initContainers ?? [];
  if (containers.length === 0) return true;
  const started = pod.spec.containers.some(({ name }) =>
    ['created', 'running'].includes(statusOf(runtime, name)?.state ?? ''),
  );
  const walk: InitWalk = {
    pod,
    probes,
    actions,
    initialized: started,
    laterSeen: started,
    last: containers.length - 1,
  };
  for (let i = containers.length - 1; i >= 0; i--) {
    const container = containers[i] as Container;
    const status = statusOf(runtime, container.name);
    if (!status) {
      if (walk.laterSeen && isRestartableInit(container)) actions.startInit.push(i);
      continue;
    }
    if (isRestartableInit(container)) visitSidecar(walk, i, container, status);
    else if (!started && !visitInit(walk, i, container, status)) return false;
    walk.laterSeen = true;
  }
  if (!walk.laterSeen) actions.startInit.push(0);
  actions.startInit = [...new Set(actions.startInit)].sort((a, b) => a - b);
  return walk.initialized;
}

interface InitWalk {
  pod: KubeletPod;
  probes: ProbeOutcomes;
  actions: PodActions;
  initialized: boolean;
  /** A later init container (or a regular one) has been seen: this one was through already. */
  laterSeen: boolean;
  last: number;
}

function advance(walk: InitWalk, index: number): void {
  if (index === walk.last) walk.initialized = true;
  else if (!walk.laterSeen) walk.actions.startInit.push(index + 1);
}

function restart(
  walk: InitWalk,
  index: number,
  status: ContainerStatus,
  message: string,
  reason: ContainerToKill['reason'],
): void {
  walk.actions.kill.push({ status, message, reason });
  walk.actions.startInit.push(index);
}

function visitSidecar(walk: InitWalk, index: number, container: Container, status: ContainerStatus): void {
  if (status.state === 'exited' || status.state === 'created') {
    walk.actions.startInit.push(index);
    return;
  }
  if (status.state === 'unknown') {
    restart(walk, index, status, unknownMessage('Init container', status), 'Unknown');
    return;
  }
  if (container.startupProbe) {
    const startup = walk.probes.startup(status.id);
    if (startup === 'failure')
      restart(walk, index, status, `Init container ${container.name} failed startup probe`, 'StartupProbe');
    if (startup !== 'success') return;
  }
  advance(walk, index);
  if (container.livenessProbe && walk.probes.liveness(status.id) === 'failure') {
    restart(walk, index, status, `Init container ${container.name} failed liveness probe`, 'LivenessProbe');
  }
}

/** False when the pod has failed for good. */
function visitInit(walk: InitWalk, index: number, container: Container, status: ContainerStatus): boolean {
  if (status.state === 'running') return true;
  if (succeeded(status)) {
    advance(walk, index);
    return true;
  }
  const again =
    status.state === 'created' ||
    restartsAfter(container, walk.pod.spec.restartPolicy === 'Never' ? 'Never' : 'Always', status.exitCode ?? 1);
  if (!again) {
    walk.actions.killPod = true;
    walk.actions.startInit = [];
    return false;
  }
  if (status.state === 'unknown') restart(walk, index, status, unknownMessage('Init container', status), 'Unknown');
  else walk.actions.startInit.push(index);
  return true;
}

const unknownMessage = (what: string, status: ContainerStatus): string =>
  `${what} is in "${status.state}" state, try killing it before restart`;

/** The number of containers that go on running. */
function regularActions(pod: KubeletPod, runtime: RuntimePod, probes: ProbeOutcomes, actions: PodActions): number {
  let kept = 0;
  pod.spec.containers.forEach((container, index) => {
    const status = statusOf(runtime, container.name);
    if (status?.state !== 'running') {
      if (!shouldStart(container, pod, status)) return;
      actions.start.push(index);
      if (status?.state === 'unknown')
        actions.kill.push({ status, message: unknownMessage('Container', status), reason: 'Unknown' });
      return;
    }
    const failure = failedProbe(container, status, probes);
    if (!failure) {
      kept++;
      return;
    }
    const again = pod.spec.restartPolicy !== 'Never' || container.restartPolicy === 'Always';
    actions.kill.push({ ...failure, message: again ? `${failure.message}, will be restarted` : failure.message });
    if (again) actions.start.push(index);
  });
  return kept;
}

function failedProbe(
  container: Container,
  status: ContainerStatus,
  probes: ProbeOutcomes,
): ContainerToKill | undefined {
  if (status.annotations[imageAnnotation] !== undefined && status.annotations[imageAnnotation] !== container.image) {
    return { status, message: `Container ${container.name} definition changed`, reason: 'Changed' };
  }
  if (probes.liveness(status.id) === 'failure') {
    return { status, message: `Container ${container.name} failed liveness probe`, reason: 'LivenessProbe' };
  }
  if (probes.startup(status.id) === 'failure') {
    return { status, message: `Container ${container.name} failed startup probe`, reason: 'StartupProbe' };
  }
  return undefined;
}

/** The image that the pod named when the container was made; it is all of a running container that may change. */
export const imageAnnotation = 'io.podium.container.image';

function indexesWhere<T>(list: readonly T[] | undefined, matches: (item: T) => boolean): number[] {
  return (list ?? []).flatMap((item, index) => (matches(item) ? [index] : []));
}
