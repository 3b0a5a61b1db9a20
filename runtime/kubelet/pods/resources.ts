import type { Container, Pod } from '../../api/kinds';
import { parseQuantity } from '../../api/quantity';
import { isRestartableInit } from './pod-spec';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

type Totals = Map<string, bigint>;

const zero = (quantity: string): boolean => parseQuantity(quantity).sign() === 0;

/**
 * Guaranteed: cpu and memory limits everywhere, equal to the requests. BestEffort: none of either
 * (qos.ComputePodQOS).
 */
export function qosClass(pod: Pod): QosClass {
  const podLevel = pod.spec?.resources;
  const parts =
    podLevel && (podLevel.limits || podLevel.requests)
      ? [{ resources: podLevel }]
      : [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  let guaranteed = true;
  let any = false;
  for (const { resources } of parts) {
    for (const name of ['cpu', 'memory']) {
      const request = resources?.requests?.[name];
      const limit = resources?.limits?.[name];
      const hasRequest = request !== undefined && !zero(request);
      const hasLimit = limit !== undefined && !zero(limit);
      any ||= hasRequest || hasLimit;
      if (!hasLimit || (hasRequest && parseQuantity(request).compare(parseQuantity(limit)) !== 0)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/**
 * Milli-units of what a pod asks for: the larger of its running containers together and its init containers one by
 * one.
 */
export function podRequests(pod: Pod): Totals {
  const totals: Totals = new Map();
  const sidecars: Totals = new Map();
  const peak: Totals = new Map();
  for (const container of pod.spec?.containers ?? []) add(totals, requestsOf(container));
  for (const container of pod.spec?.initContainers ?? []) {
    if (isRestartableInit(container)) {
      add(sidecars, requestsOf(container));
      add(totals, requestsOf(container));
      raise(peak, sidecars);
    } else {
      const together = new Map(sidecars);
      add(together, requestsOf(container));
      raise(peak, together);
    }
  }
  raise(totals, peak);
  for (const [name, amount] of Object.entries(pod.spec?.resources?.requests ?? {})) totals.set(name, milli(amount));
  for (const [name, amount] of Object.entries(pod.spec?.overhead ?? {})) add(totals, new Map([[name, milli(amount)]]));
  return totals;
}

const milli = (quantity: string): bigint => parseQuantity(quantity).milliValue();

function requestsOf(container: Container): Totals {
  const { limits = {}, requests = {} } = container.resources ?? {};
  return new Map(Object.entries({ ...limits, ...requests }).map(([name, amount]) => [name, milli(amount)]));
}

function add(totals: Totals, more: Totals): void {
  for (const [name, amount] of more) totals.set(name, (totals.get(name) ?? 0n) + amount);
}

function raise(totals: Totals, to: Totals): void {
  for (const [name, amount] of to) if ((totals.get(name) ?? 0n) < amount) totals.set(name, amount);
}

const minShares = 2;
const maxShares = 262_144;
const quotaPeriodMicroseconds = 100_000;
const minQuotaMicroseconds = 1000;

/** Linux limits of a container: shares out of its request, quota and memory out of its limits (kuberuntime's). */
export function linuxResources(
  pod: Pod,
  container: Container,
  memoryCapacity: bigint,
): {
  cpuShares: number;
  cpuQuota?: number;
  cpuPeriod?: number;
  memoryLimitBytes?: number;
  oomScoreAdj: number;
} {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuRequest = requests.cpu ?? limits.cpu;
  const memoryLimit = limits.memory ?? pod.spec?.resources?.limits?.memory;
  const shares = cpuRequest ? Number((milli(cpuRequest) * 1024n) / 1000n) : minShares;
  const cpuLimit = limits.cpu ?? pod.spec?.resources?.limits?.cpu;
  const quota =
    cpuLimit && !zero(cpuLimit)
      ? {
          cpuQuota: Math.max(minQuotaMicroseconds, Number((milli(cpuLimit) * BigInt(quotaPeriodMicroseconds)) / 1000n)),
          cpuPeriod: quotaPeriodMicroseconds,
        }
      : {};
  return {
    cpuShares: Math.min(maxShares, Math.max(minShares, shares)),
    ...quota,
    ...(memoryLimit && !zero(memoryLimit) && { memoryLimitBytes: Number(parseQuantity(memoryLimit).value()) }),
    oomScoreAdj: oomScore(pod, container, memoryCapacity),
  };
}

function oomScore(pod: Pod, container: Container, memoryCapacity: bigint): number {
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = parseQuantity(container.resources?.requests?.memory ?? '0').value();
  const score = 1000 - Number((1000n * request) / memoryCapacity);
  return Math.min(999, Math.max(3, score));
}
