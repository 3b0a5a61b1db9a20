import type { Live, Pod, PodTemplateSpec, ReplicaSetCondition, ReplicaSetStatus } from '../../api/kinds';
import { withCondition } from '../kit/batches';
import { messageOf } from '../kit/context';
import { compareForDeletion } from '../kit/rank';
import { isActive, isAvailable, isReady, isTerminating } from '../kit/pods';

/** At most so many pods are created or deleted in one go. */
export const BURST = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly remove: readonly Live<Pod>[];
}

/** How to get from the active pods to the wanted number; `related` are the pods of all sets of the same controller. */
export function planReplicas(wanted: number, active: readonly Live<Pod>[], related: readonly Live<Pod>[], now: number): ReplicaPlan {
  if (active.length <= wanted) return { create: Math.min(BURST, wanted - active.length), remove: [] };
  const surplus = Math.min(BURST, active.length - wanted);
  if (surplus === active.length) return { create: 0, remove: active };
  const onNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName;
    if (isActive(pod) && node) onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: Live<Pod>) => onNode.get(pod.spec?.nodeName ?? '') ?? 0;
  return { create: 0, remove: [...active].sort(compareForDeletion(now, rank)).slice(0, surplus) };
}

export interface StatusInput {
  readonly pods: readonly Live<Pod>[];
  readonly template: PodTemplateSpec | undefined;
  readonly minReadySeconds: number;
  readonly generation: number | undefined;
  readonly now: number;
  readonly timestamp: string;
  readonly previous: ReplicaSetStatus | undefined;
  readonly failure: { readonly creating: boolean; readonly error: unknown } | undefined;
  readonly countTerminating: boolean;
}

export function replicaStatus(input: StatusInput): ReplicaSetStatus {
  const active = input.pods.filter(isActive);
  const labels = Object.entries(input.template?.metadata?.labels ?? {});
  const count = (holds: (pod: Live<Pod>) => boolean) => active.filter(holds).length;
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: count(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value)),
    readyReplicas: count(isReady),
    availableReplicas: count((pod) => isAvailable(pod, input.minReadySeconds, input.now)),
    ...(input.countTerminating && { terminatingReplicas: input.pods.filter(isTerminating).length }),
    ...(input.generation !== undefined && { observedGeneration: input.generation }),
  };
  const conditions = replicaConditions(input);
  return conditions.length > 0 ? { ...status, conditions } : status;
}

/** `ReplicaFailure` stays as first reported until a sync succeeds. */
function replicaConditions({ previous, failure, timestamp }: StatusInput): ReplicaSetCondition[] {
  const conditions = previous?.conditions ?? [];
  if (!failure) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (conditions.some(({ type }) => type === 'ReplicaFailure')) return conditions;
  const reason = failure.creating ? 'FailedCreate' : 'FailedDelete';
  return withCondition(conditions, {
    type: 'ReplicaFailure', status: 'True', reason, message: messageOf(failure.error), lastTransitionTime: timestamp,
  });
}
