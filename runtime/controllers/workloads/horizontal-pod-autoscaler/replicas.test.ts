import { describe, expect, it } from 'vitest';
import type { Live, Pod } from '../../../api/kinds';
import { replicasForUtilization, replicasForValue, type Observed, type PodMetrics } from './replicas';

const now = Date.parse('2026-01-01T01:00:00Z');
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();

interface Given {
  phase?: string;
  ready?: boolean;
  startedAgo?: number;
  readyAgo?: number;
  request?: string;
}

function pod(name: string, { phase = 'Running', ready = true, startedAgo = 3000, readyAgo = 2900, request = '1' }: Given = {}): Live<Pod> {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: at(startedAgo) },
    spec: { containers: [{ name: 'main', ...(request && { resources: { requests: { cpu: request } } }) }] },
    status: {
      phase, startTime: at(startedAgo),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(readyAgo) }],
    },
  };
}

/** Thousandths of a cpu by pod. */
const metrics = (values: Record<string, number>): PodMetrics =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, timestamp: now, windowMs: 15_000 }]));

const observed = (pods: Live<Pod>[], values: Record<string, number>, currentReplicas = pods.length): Observed => ({
  currentReplicas, pods, metrics: metrics(values), resource: 'cpu', tolerances: { scaleUp: 0.1, scaleDown: 0.1 }, now,
});

const [a, b, c] = ['a', 'b', 'c'] as const;
const three = [pod(a), pod(b), pod(c)];

describe('replicas by utilization', () => {
  it.each([
    ['grow with the use', three, { a: 900, b: 900, c: 900 }, 6, 90],
    ['shrink with the use', three, { a: 150, b: 100, c: 50 }, 1, 10],
    ['stay within a tenth of the target', three, { a: 540, b: 540, c: 540 }, 3, 54],
    ['grow less while a pod is not ready', [pod(a), pod(b), pod(c, { ready: false, startedAgo: 20 })], { a: 900, b: 900, c: 10 }, 4, 90],
    ['count a pod that waits as unready', [pod(a), pod(b), pod(c, { phase: 'Pending' })], { a: 900, b: 900 }, 4, 90],
    ['ignore a pod that has failed', [pod(a), pod(b), pod(c, { phase: 'Failed' })], { a: 900, b: 900, c: 1 }, 4, 90],
    ['take a pod without metrics for idle when growing', three, { a: 900, b: 900 }, 4, 90],
    ['take a pod without metrics for busy when shrinking', three, { a: 100, b: 100 }, 3, 10],
  ])('%s', (_name, pods, values, replicas, utilization) => {
    expect(replicasForUtilization(observed(pods, values), 50)).toMatchObject({ replicas, utilization });
  });

  it('says which request is missing', () => {
    expect(() => replicasForUtilization(observed([pod(a, { request: '' })], { a: 1 }), 50))
      .toThrow('missing request for cpu in container main of Pod a');
  });

  it('says that there are no pods, and no metrics', () => {
    expect(() => replicasForUtilization(observed([], {}), 50)).toThrow('no pods returned by selector while calculating replica count');
    expect(() => replicasForUtilization(observed(three, {}), 50))
      .toThrow('did not receive metrics for targeted pods (pods might be unready)');
  });
});

describe('replicas by average value', () => {
  it('follow the mean of the pods', () => {
    expect(replicasForValue(observed(three, { a: 400, b: 200, c: 600 }), 200)).toEqual({ replicas: 6, averageValue: 400 });
  });

  it('turn no growth into a loss', () => {
    expect(replicasForValue(observed(three, { a: 260 }, 3), 200).replicas).toBe(3);
  });
});
