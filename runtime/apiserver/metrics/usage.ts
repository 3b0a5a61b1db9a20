import type { ContainerSample, NodeSample } from './summary';

export interface Usage {
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

/** What a node and its pods use: cpu as the mean over the window that ended at `time`, memory as at `time`. */
export interface NodeUsage extends Usage {
  readonly time: number;
  readonly windowMs: number;
  /** By uid, then by container. A pod is there only with all of its containers. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Usage>>;
}

/** Shorter times say nothing about a mean. */
const minimumMs = 500;

export function usageBetween(from: NodeSample, to: NodeSample): NodeUsage {
  const pods = new Map<string, ReadonlyMap<string, Usage>>();
  let sum: Usage = { cpuNanocores: 0, memoryBytes: 0 };
  for (const [uid, containers] of to.pods) {
    const known = ratesOf(from.pods.get(uid), containers);
    for (const usage of known.values()) sum = add(sum, usage);
    if (known.size === containers.size && known.size > 0) pods.set(uid, known);
  }
  for (const usage of ratesOf(from.system, to.system).values()) sum = add(sum, usage);
  return { ...sum, time: to.time, windowMs: Math.max(0, to.time - from.time), pods };
}

const add = (a: Usage, b: Usage): Usage => ({
  cpuNanocores: a.cpuNanocores + b.cpuNanocores, memoryBytes: a.memoryBytes + b.memoryBytes,
});

function ratesOf(
  before: ReadonlyMap<string, ContainerSample> | undefined, after: ReadonlyMap<string, ContainerSample>,
): Map<string, Usage> {
  const rates = new Map<string, Usage>();
  for (const [name, sample] of after) {
    const base = baseOf(before?.get(name), sample);
    const milliseconds = sample.time - base.time;
    if (milliseconds < minimumMs) continue;
    const cpuNanocores = Math.round((sample.cpuNanoseconds - base.cpuNanoseconds) / (milliseconds / 1000));
    rates.set(name, { cpuNanocores: Math.max(0, cpuNanocores), memoryBytes: sample.memoryBytes });
  }
  return rates;
}

/** A container that wasn't there before, or that started again, has used nothing before its start. */
function baseOf(before: ContainerSample | undefined, { startedAt, cpuNanoseconds }: ContainerSample) {
  const isSame = before?.startedAt === startedAt && before.cpuNanoseconds <= cpuNanoseconds;
  return isSame ? before : { time: startedAt, cpuNanoseconds: 0 };
}
