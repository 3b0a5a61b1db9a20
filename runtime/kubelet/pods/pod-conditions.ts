import type { ContainerStatus, Pod, PodCondition } from '../../api/kinds';
import { isRestartableInit } from './pod-spec';

type Condition = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Conditions that the kubelet owns; others on a pod are somebody else's. */
const kubeletConditions = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'PodResizePending',
]);
export const isKubeletCondition = (type: string): boolean => kubeletConditions.has(type);

export interface ConditionInput {
  pod: Pod;
  phase: string;
  containers: readonly ContainerStatus[];
  init: readonly ContainerStatus[];
  /** The sandbox is up and has its address. */
  sandboxReady: boolean;
}

/** The pod's conditions, in upstream's words (pkg/kubelet/status/generate.go). */
export function podConditions(input: ConditionInput): Condition[] {
  const containersReady = containersReadyCondition(input);
  return [
    { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' },
    initializedCondition(input),
    readyCondition(input, containersReady),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ];
}

function initializedCondition({ pod, phase, containers, init }: ConditionInput): Condition {
  const type = 'Initialized';
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec?.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (!status) unknown.push(container.name);
    else if (isRestartableInit(container) ? !status.started : !status.ready) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' };
  // Once a regular container has run, the pod was initialized, whatever has become of its init containers since.
  if (containers.some(({ state, started }) => state?.running || state?.terminated || started))
    return { type, status: 'True' };
  const message = listed({ unknown, incomplete: incomplete });
  return message ? { type, status: 'False', reason: 'ContainersNotInitialized', message } : { type, status: 'True' };
}

function containersReadyCondition({ pod, phase, containers, init }: ConditionInput): Condition {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unknown: string[] = [];
  const unready: string[] = [];
  const sidecars = (pod.spec?.initContainers ?? []).filter(isRestartableInit);
  for (const { name } of [...sidecars, ...(pod.spec?.containers ?? [])]) {
    const status = [...init, ...containers].find((candidate) => candidate.name === name);
    if (!status) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  const message = listed({ unknown, unready });
  return message ? { type, status: 'False', reason: 'ContainersNotReady', message } : { type, status: 'True' };
}

function listed(groups: Record<string, string[]>): string {
  return Object.entries(groups)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `containers with ${kind} status: [${names.join(' ')}]`)
    .join(', ');
}

function readyCondition({ pod }: ConditionInput, containersReady: Condition): Condition {
  const type = 'Ready';
  if (containersReady.status !== 'True') return { ...containersReady, type };
  const missing: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find((candidate) => candidate.type === conditionType);
    if (!condition) missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== 'True')
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  return missing.length > 0
    ? { type, status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') }
    : { type, status: 'True' };
}

/** Keeps the time of the last transition where the status is as before, and adds conditions of others. */
export function mergeConditions(
  fresh: readonly Condition[],
  previous: readonly PodCondition[] | undefined,
  now: string,
  generation: number | undefined,
): PodCondition[] {
  const own = fresh.map((condition) => {
    const old = previous?.find(({ type }) => type === condition.type);
    const lastTransitionTime =
      old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : now;
    return { ...condition, lastTransitionTime, ...(generation !== undefined && { observedGeneration: generation }) };
  });
  return [...own, ...(previous ?? []).filter(({ type }) => !fresh.some((condition) => condition.type === type))];
}
