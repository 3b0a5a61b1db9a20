import { describe, expect, it } from 'vitest';
import type { ContainerSample, NodeSample } from './summary';
import { usageBetween } from './usage';

const second = 1000;
const sample = (time: number, cpuSeconds: number, over: Partial<ContainerSample> = {}): ContainerSample => ({
  time, startedAt: 0, cpuNanoseconds: cpuSeconds * 1e9, memoryBytes: 100, ...over,
});
const node = (time: number, containers: Record<string, ContainerSample>): NodeSample => ({
  time, system: new Map(), pods: new Map([['uid', new Map(Object.entries(containers))]]),
});
const coresOf = (from: NodeSample, to: NodeSample, name = 'main') =>
  (usageBetween(from, to).pods.get('uid')?.get(name)?.cpuNanocores ?? NaN) / 1e9;

describe('usage between two samples', () => {
  it('is taken over the time between the container\'s own samples, not the node\'s', () => {
    const from = node(100 * second, { main: sample(98 * second, 10) });
    const to = node(110 * second, { main: sample(103 * second, 15) });
    expect(coresOf(from, to)).toBe(1);
  });

  it('counts a container that started again since its start', () => {
    const from = node(100 * second, { main: sample(100 * second, 50) });
    const to = node(110 * second, { main: sample(110 * second, 2, { startedAt: 106 * second }) });
    expect(coresOf(from, to)).toBe(0.5);
  });

  it('leaves out a pod of which a container was sampled once, and just started', () => {
    const from = node(100 * second, { main: sample(100 * second, 1) });
    const to = node(110 * second, {
      main: sample(110 * second, 2), side: sample(110 * second, 0, { startedAt: 110 * second - 1 }),
    });
    expect(usageBetween(from, to).pods.has('uid')).toBe(false);
  });
});
