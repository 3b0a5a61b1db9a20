import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { V2HorizontalPodAutoscaler } from '../../runtime/api/kinds';
import { ensureTools, tools } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';

/** One pod that computes as long as it is let, a fifth of a core, and its neighbour that sleeps. */
const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: busy }
spec:
  selector: { matchLabels: { app: busy } }
  template:
    metadata: { labels: { app: busy } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: busy
          image: ${tools}
          command: [sh, -c, 'while :; do :; done']
          resources: { requests: { cpu: 50m }, limits: { cpu: 200m } }
---
apiVersion: v1
kind: Pod
metadata: { name: idle, labels: { app: idle } }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: idle, image: ${tools}, command: [sleep, '3600'] }]
`;

let cluster: TestCluster;
beforeAll(async () => {
  ensureTools();
  cluster = await TestCluster.up('usage', '--nodes', '1');
  await cluster.apply(workloads);
  await cluster.kubectl('rollout', 'status', 'deployment/busy', '--timeout=60s');
  await cluster.kubectl('autoscale', 'deployment', 'busy', '--cpu-percent=50', '--min=1', '--max=2');
});
afterAll(() => cluster?.down());

/** Name, thousandths of a core, MiB. */
const rows = (output: string) =>
  output.trim().split('\n').map((line) => line.split(/\s+/)).map(([name, cpu, memory]) => [name, parseInt(cpu ?? ''), parseInt(memory ?? '')] as const);

describe('kubectl top', () => {
  it('tells what pods use, by their limits', async () => {
    const found = await eventually(async () => {
      const list = rows(await cluster.kubectl('top', 'pods', '--no-headers', '--sort-by=cpu'));
      expect(list.map(([name]) => name?.split('-')[0])).toEqual(expect.arrayContaining(['busy', 'idle']));
      expect(list[0]?.[1]).toBeGreaterThan(20);
      return list;
    });
    const busiest = found[0];
    expect([busiest?.[0], (busiest?.[1] ?? Infinity) < 300]).toEqual([expect.stringMatching(/^busy-/), true]);
    const idle = found.find(([name]) => name === 'idle');
    expect(idle?.[1]).toBeLessThan(20);
  });

  it('tells what a node uses, in all and of its capacity', async () => {
    const line = await eventually(() => cluster.kubectl('top', 'node', 'node-1', '--no-headers'));
    expect(line).toMatch(/^node-1\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%/);
    expect(rows(line)[0]?.[1]).toBeGreaterThan(20);
  });
});

it('kubectl autoscale adds pods to what is busy, and says why', async () => {
  const autoscaler = await eventually(async () => {
    const found = await cluster.getJson<V2HorizontalPodAutoscaler>('hpa.v2.autoscaling', 'busy');
    expect(found.status).toMatchObject({ currentReplicas: 2, desiredReplicas: 2 });
    return found;
  }, 120_000, 500);
  const reasons = Object.fromEntries((autoscaler.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
  expect(reasons).toMatchObject({ ScalingActive: 'True ValidMetricFound', ScalingLimited: 'True TooManyReplicas' });
  expect(autoscaler.status?.currentMetrics?.[0]?.resource?.current.averageUtilization).toBeGreaterThan(100);
  const events = await cluster.kubectl('describe', 'hpa', 'busy');
  expect(events).toContain('New size: 2; reason: cpu resource utilization (percentage of request) above target');
}, 150_000);
