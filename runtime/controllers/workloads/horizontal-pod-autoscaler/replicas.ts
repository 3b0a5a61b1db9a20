import type { Container, Live, Pod } from '../../../api/kinds';
import { parseQuantity } from '../../../api/quantity';

/** What one pod uses, in thousandths of the resource's unit. */
export interface PodMetric {
  readonly value: number;
  readonly timestamp: number;
  readonly windowMs: number;
}

export type PodMetrics = ReadonlyMap<string, PodMetric>;

/** No replica count can be computed from these metrics; the message is for the condition and the event. */
export class ReplicasError extends Error {
  override readonly name = 'ReplicasError';
}

/** How far from 1 the ratio of use to target may be before pods are added or removed. */
export interface Tolerances {
  readonly scaleUp: number;
  readonly scaleDown: number;
}

export const defaultTolerance = 0.1;
/** How long after a pod's start its use of cpu may be that of a start. */
const cpuInitializationPeriodMs = 5 * 60_000;
/** How soon after its start a pod that never was ready has said so. */
const initialReadinessDelayMs = 30_000;

export interface Observed {
  readonly currentReplicas: number;
  readonly pods: readonly Live<Pod>[];
  readonly metrics: PodMetrics;
  readonly resource: string;
  /** Only of this container, when there is one. */
  readonly container?: string;
  readonly tolerances: Tolerances;
  readonly now: number;
}

export interface Utilization {
  readonly replicas: number;
  /** Percent of what the pods request. */
  readonly utilization: number;
  /** Mean of the pods, in thousandths. */
  readonly averageValue: number;
}

const within = (ratio: number, { scaleUp, scaleDown }: Tolerances): boolean => 1 - scaleDown <= ratio && ratio <= 1 + scaleUp;

/** Replicas for a mean use in percent of what is requested (podautoscaler, GetResourceReplicas). */
export function replicasForUtilization(observed: Observed, target: number): Utilization {
  const { pods, metrics, resource, container } = observed;
  requirePods(pods);
  const groups = groupPods(observed);
  const counted = without(metrics, groups);
  requireMetrics(counted);
  const requests = requestsOf(pods, resource, container);
  const { ratio, utilization, averageValue } = utilizationRatio(counted, requests, target);
  const missing = (pod: string): number => Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, target)) / 100);
  const again = (values: ReadonlyMap<string, number>) => utilizationRatio(values, requests, target).ratio;
  return { replicas: countFor(observed, { groups, counted, ratio, missing, again }), utilization, averageValue };
}

/** Replicas for a mean use in thousandths of the resource's unit (podautoscaler, GetRawResourceReplicas). */
export function replicasForValue(observed: Observed, target: number): { replicas: number; averageValue: number } {
  requirePods(observed.pods);
  const groups = groupPods(observed);
  const counted = without(observed.metrics, groups);
  requireMetrics(counted);
  const mean = (values: ReadonlyMap<string, number>) => Math.trunc(sum(values.values()) / values.size);
  const averageValue = mean(counted);
  const again = (values: ReadonlyMap<string, number>) => mean(values) / target;
  const replicas = countFor(observed, { groups, counted, ratio: averageValue / target, missing: () => target, again });
  return { replicas, averageValue };
}

interface Groups {
  ready: number;
  readonly unready: Set<string>;
  readonly missing: Set<string>;
  readonly ignored: Set<string>;
}

interface Count {
  groups: Groups;
  counted: ReadonlyMap<string, number>;
  ratio: number;
  /** What a pod without metrics is taken to use when there may be too many. */
  missing(pod: string): number;
  /** The ratio with other values. */
  again(values: ReadonlyMap<string, number>): number;
}

/** Pods that can't be counted on are taken to use what keeps the count from changing too much. */
function countFor({ currentReplicas, tolerances }: Observed, { groups, counted, ratio, missing, again }: Count): number {
  const growsWithUnready = groups.unready.size > 0 && ratio > 1;
  if (!growsWithUnready && groups.missing.size === 0) {
    return within(ratio, tolerances) ? currentReplicas : Math.ceil(ratio * groups.ready);
  }
  const values = new Map(counted);
  if (ratio < 1) for (const pod of groups.missing) values.set(pod, missing(pod));
  if (ratio > 1) for (const pod of groups.missing) values.set(pod, 0);
  if (growsWithUnready) for (const pod of groups.unready) values.set(pod, 0);
  const corrected = again(values);
  const turns = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1);
  if (within(corrected, tolerances) || turns) return currentReplicas;
  const replicas = Math.ceil(corrected * values.size);
  const isBackwards = (corrected < 1 && replicas > currentReplicas) || (corrected > 1 && replicas < currentReplicas);
  return isBackwards ? currentReplicas : replicas;
}

function requirePods(pods: readonly Pod[]): void {
  if (pods.length === 0) throw new ReplicasError('no pods returned by selector while calculating replica count');
}

function requireMetrics(metrics: ReadonlyMap<string, number>): void {
  if (metrics.size === 0) {
    throw new ReplicasError('did not receive metrics for targeted pods (pods might be unready)');
  }
}

function without(metrics: PodMetrics, { ignored, unready }: Groups): Map<string, number> {
  return new Map(
    [...metrics].filter(([pod]) => !ignored.has(pod) && !unready.has(pod)).map(([pod, { value }]) => [pod, value]),
  );
}

function groupPods({ pods, metrics, resource, now }: Observed): Groups {
  const groups: Groups = { ready: 0, unready: new Set(), missing: new Set(), ignored: new Set() };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const metric = metrics.get(name);
    if (deletionTimestamp || pod.status?.phase === 'Failed') groups.ignored.add(name);
    else if (pod.status?.phase === 'Pending') groups.unready.add(name);
    else if (!metric) groups.missing.add(name);
    else if (resource === 'cpu' && !isSettled(pod, metric, now)) groups.unready.add(name);
    else groups.ready++;
  }
  return groups;
}

/** Whether a pod's use of cpu says something about its load, not about its start. */
function isSettled({ status }: Pod, { timestamp, windowMs }: PodMetric, now: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!ready || !status?.startTime) return false;
  const startedAt = Date.parse(status.startTime);
  const changedAt = Date.parse(ready.lastTransitionTime ?? '') || 0;
  if (startedAt + cpuInitializationPeriodMs > now) {
    return ready.status !== 'False' && timestamp >= changedAt + windowMs;
  }
  return ready.status !== 'False' || startedAt + initialReadinessDelayMs <= changedAt;
}

/** Thousandths that each pod requests. */
function requestsOf(pods: readonly Live<Pod>[], resource: string, only: string | undefined): Map<string, number> {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    let total = 0;
    for (const { name, resources } of longRunning(spec)) {
      if (only !== undefined && name !== only) continue;
      const request = resources?.requests?.[resource];
      if (request === undefined) {
        throw new ReplicasError(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
      }
      total += Number(parseQuantity(request).milliValue());
    }
    requests.set(metadata.name, total);
  }
  return requests;
}

function longRunning(spec: Pod['spec']): Container[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(spec?.containers ?? []), ...sidecars];
}

function utilizationRatio(values: ReadonlyMap<string, number>, requests: ReadonlyMap<string, number>, target: number) {
  const known = [...values].filter(([pod]) => requests.has(pod));
  const used = sum(known.map(([, value]) => value));
  const requested = sum(known.map(([pod]) => requests.get(pod)!));
  if (requested === 0) throw new ReplicasError('no metrics returned matched known pods');
  const utilization = Math.trunc((used * 100) / requested);
  return { ratio: utilization / target, utilization, averageValue: Math.trunc(used / known.length) };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
