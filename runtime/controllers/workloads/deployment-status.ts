import type { Deployment, DeploymentCondition, DeploymentStatus, Live, ReplicaSet } from '../../api/kinds';
import { actual, available, fenceposts, wantedReplicas } from './deployment-math';

export type Times = { readonly now: number; readonly timestamp: string };

export const conditionOf = (status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

type Draft = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Same status and reason: nothing changes, not even the message or the update time. */
export function setCondition(status: DeploymentStatus, draft: Draft, { timestamp }: Times): void {
  const before = conditionOf(status, draft.type);
  if (before?.status === draft.status && before.reason === draft.reason) return;
  const since = before?.status === draft.status ? (before.lastTransitionTime ?? timestamp) : timestamp;
  const condition = { ...draft, lastUpdateTime: timestamp, lastTransitionTime: since };
  status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== draft.type), condition];
}

const removeCondition = (status: DeploymentStatus, type: string) => {
  status.conditions = (status.conditions ?? []).filter((condition) => condition.type !== type);
};

export function countStatus(deployment: Live<Deployment>, all: readonly ReplicaSet[], newSet: ReplicaSet | undefined, times: Times): DeploymentStatus {
  const availableReplicas = available(all);
  const unavailable = Math.max(0, total(all) - availableReplicas);
  const terminating = all.map((set) => set.status?.terminatingReplicas).filter((count) => count !== undefined);
  const status: DeploymentStatus = {
    replicas: actual(all),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: all.reduce((sum, set) => sum + (set.status?.readyReplicas ?? 0), 0),
    availableReplicas,
    unavailableReplicas: unavailable,
    ...(terminating.length === all.length && { terminatingReplicas: terminating.reduce((sum, count) => sum + count, 0) }),
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    conditions: [...(deployment.status?.conditions ?? [])],
  };
  const enough = availableReplicas >= wantedReplicas(deployment) - fenceposts(deployment).maxUnavailable;
  setCondition(status, enough
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' },
  times);
  return status;
}

const total = (sets: readonly ReplicaSet[]) => sets.reduce((sum, set) => sum + wantedReplicas(set), 0);

export function isComplete(deployment: Live<Deployment>, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    status.updatedReplicas === wanted && status.replicas === wanted && status.availableReplicas === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(deployment: Live<Deployment>, status: DeploymentStatus): boolean {
  const old: DeploymentStatus = deployment.status ?? {};
  const oldSize = (of: DeploymentStatus) => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) || oldSize(status) < oldSize(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) || (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

/** Upstream's "infinite": kubectl writes it for no deadline. */
export const hasDeadline = ({ spec }: Deployment): boolean => (spec?.progressDeadlineSeconds ?? 600) !== 2 ** 31 - 1;

export function deadlineOf(deployment: Deployment, condition: DeploymentCondition | undefined): number | undefined {
  const from = Date.parse(condition?.lastUpdateTime ?? '');
  return Number.isNaN(from) ? undefined : from + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
}

function timedOut(deployment: Live<Deployment>, status: DeploymentStatus, now: number): boolean {
  const condition = conditionOf(status, 'Progressing');
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const deadline = deadlineOf(deployment, condition);
  return deadline !== undefined && now > deadline;
}

/** Status of a rollout: how far it is, and since when it hasn't moved. */
export function rolloutStatus(deployment: Live<Deployment>, all: readonly ReplicaSet[], newSet: Live<ReplicaSet> | undefined, times: Times): DeploymentStatus {
  const status = countStatus(deployment, all, newSet, times);
  const current = conditionOf(deployment.status, 'Progressing');
  const settled = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !settled) setProgress(deployment, status, newSet, times);
  else if (!hasDeadline(deployment)) removeCondition(status, 'Progressing');
  const failed = [newSet, ...all].flatMap((set) => set?.status?.conditions ?? []).find(({ type }) => type === 'ReplicaFailure');
  if (failed) {
    setCondition(status, { type: 'ReplicaFailure', status: failed.status, reason: failed.reason ?? '', message: failed.message ?? '' }, times);
  } else removeCondition(status, 'ReplicaFailure');
  return status;
}

function setProgress(deployment: Live<Deployment>, status: DeploymentStatus, newSet: Live<ReplicaSet> | undefined, times: Times): void {
  const subject = newSet ? `ReplicaSet ${JSON.stringify(newSet.metadata.name)}` : `Deployment ${JSON.stringify(deployment.metadata.name)}`;
  if (isComplete(deployment, status)) {
    setCondition(status, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: `${subject} has successfully progressed.` }, times);
  } else if (isProgressing(deployment, status)) {
    const current = conditionOf(status, 'Progressing');
    removeCondition(status, 'Progressing');
    setCondition(status, { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` }, times);
    const renewed = conditionOf(status, 'Progressing');
    // Every sign of progress renews the deadline (lastUpdateTime); the transition is as old as it was.
    if (renewed && current?.status === 'True' && current.lastTransitionTime) renewed.lastTransitionTime = current.lastTransitionTime;
  } else if (timedOut(deployment, status, times.now)) {
    setCondition(status, { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: `${subject} has timed out progressing.` }, times);
  }
}
