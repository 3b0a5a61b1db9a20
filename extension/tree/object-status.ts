import type { KubeObject, Live, Pod } from '../../runtime/api/kinds';
import { statusOfPod } from '../../runtime/api/table';
import { podProblem } from './pod-problem';
import { t } from '../words';

/** How an object is, at a glance. `done`: it has ended well. `none`: objects of its kind just are. */
export type Level = 'ok' | 'progress' | 'warning' | 'error' | 'done' | 'none';

export interface ObjectStatus {
  level: Level;
  /** What is wrong, or awaited, in the cluster's words. */
  problem?: string;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** As much of any object as tells how it is. */
interface Statused extends KubeObject {
  spec?: { replicas?: number; unschedulable?: boolean; suspend?: boolean; parallelism?: number };
  status?: {
    phase?: string;
    conditions?: readonly Condition[];
    readyReplicas?: number;
    desiredNumberScheduled?: number;
    numberReady?: number;
  };
  type?: string;
}

const known = new WeakMap<object, ObjectStatus>();

/** Objects out of watches never change, so each is judged once. */
export function statusOf(object: Live<KubeObject>): ObjectStatus {
  const before = known.get(object);
  if (before) return before;
  const status = judge(object);
  known.set(object, status);
  return status;
}

function judge(object: Statused): ObjectStatus {
  const kind = object.kind ?? '';
  const judged = byKind[kind]?.(object) ?? byConditions(object);
  const ending = object.metadata.deletionTimestamp !== undefined && judged.level !== 'error';
  return ending ? { ...judged, level: 'progress' } : judged;
}

const byKind: Record<string, (object: Statused) => ObjectStatus> = {
  Pod: (object) => ofPod(object as Live<Pod>),
  Node: ofNode,
  Deployment: (object) => ofReplicas(object, object.spec?.replicas ?? 1, object.status?.readyReplicas ?? 0),
  StatefulSet: (object) => ofReplicas(object, object.spec?.replicas ?? 1, object.status?.readyReplicas ?? 0),
  ReplicaSet: (object) => ofReplicas(object, object.spec?.replicas ?? 1, object.status?.readyReplicas ?? 0),
  DaemonSet: ({ status, ...rest }) =>
    ofReplicas({ ...rest, status: status ?? {} }, status?.desiredNumberScheduled ?? 0, status?.numberReady ?? 0),
  Job: ofJob,
  CronJob: ({ spec }) => ({ level: spec?.suspend ? 'warning' : 'none', ...(spec?.suspend && { problem: 'suspended' }) }),
  PersistentVolumeClaim: ofVolume,
  PersistentVolume: ofVolume,
  Namespace: ({ status }) => ({ level: status?.phase === 'Terminating' ? 'progress' : 'none' }),
  Event: ({ type }) => ({ level: type === 'Warning' ? 'warning' : 'none' }),
  PodDisruptionBudget: () => ({ level: 'none' }),
  HorizontalPodAutoscaler: (object) => wanted(object, ['AbleToScale', 'ScalingActive']),
};

const waiting = new Set(['Pending', 'ContainerCreating', 'PodInitializing', 'Terminating', 'SchedulingGated', 'NotReady']);

function ofPod(pod: Live<Pod>): ObjectStatus {
  const word = statusOfPod(pod);
  const problem = podProblem(pod);
  if (problem !== undefined && word !== 'Terminating') return { level: 'error', problem };
  if (word === 'Completed' || word === 'Succeeded') return { level: 'done' };
  if (word === 'Running') return { level: isTrue(pod as Statused, 'Ready') ? 'ok' : 'progress' };
  if (waiting.has(word) || /^Init:\d/.test(word)) return { level: 'progress' };
  return { level: 'error', problem: pod.status?.message ?? word };
}

function ofNode(node: Statused): ObjectStatus {
  const ready = condition(node, 'Ready');
  if (ready?.status !== 'True') return { level: 'error', problem: ready?.message ?? t`no word from its kubelet` };
  const pressed = node.status?.conditions?.find(({ type, status }) => type.endsWith('Pressure') && status === 'True');
  if (pressed) return { level: 'warning', problem: pressed.message ?? pressed.type };
  return node.spec?.unschedulable ? { level: 'warning', problem: t`takes no new pods` } : { level: 'ok' };
}

function ofReplicas(object: Statused, desired: number, ready: number): ObjectStatus {
  const failure = condition(object, 'ReplicaFailure');
  const progressing = condition(object, 'Progressing');
  const failed = failure?.status === 'True' ? failure : progressing?.status === 'False' ? progressing : undefined;
  if (failed) return { level: 'error', problem: failed.message ?? failed.reason ?? failed.type };
  if (ready < desired) return { level: 'progress', problem: t`${ready} of ${desired} pods are ready` };
  return { level: desired === 0 ? 'none' : 'ok' };
}

function ofJob(job: Statused): ObjectStatus {
  const failed = condition(job, 'Failed');
  if (failed?.status === 'True') return { level: 'error', problem: failed.message ?? failed.reason ?? 'failed' };
  if (isTrue(job, 'Complete')) return { level: 'done' };
  return job.spec?.suspend ? { level: 'warning', problem: 'suspended' } : { level: 'progress' };
}

function ofVolume({ status }: Statused): ObjectStatus {
  const phase = status?.phase ?? 'Pending';
  if (phase === 'Lost' || phase === 'Failed') return { level: 'error', problem: phase };
  return { level: phase === 'Pending' ? 'progress' : phase === 'Bound' ? 'ok' : 'none' };
}

/** Of custom resources: the convention that `Ready`, or else `Available`, sums an object up. */
function byConditions(object: Statused): ObjectStatus {
  const summary = condition(object, 'Ready') ?? condition(object, 'Available');
  if (!summary) return { level: 'none' };
  if (summary.status === 'True') return { level: 'ok' };
  const problem = summary.message || summary.reason;
  return { level: summary.status === 'False' ? 'warning' : 'progress', ...(problem && { problem }) };
}

function wanted(object: Statused, types: readonly string[]): ObjectStatus {
  const missing = types.map((type) => condition(object, type)).find((found) => found?.status === 'False');
  return missing ? { level: 'warning', problem: missing.message ?? missing.type } : { level: 'none' };
}

function condition({ status }: Statused, type: string): Condition | undefined {
  const conditions = status?.conditions;
  return Array.isArray(conditions) ? (conditions as Condition[]).find((each) => each.type === type) : undefined;
}

function isTrue(object: Statused, type: string): boolean {
  return condition(object, type)?.status === 'True';
}
