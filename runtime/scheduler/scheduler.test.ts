import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Live, Node, Pod, PodSpec, Taint } from '../api/kinds';
import { FakeClock } from '../clock';
import { FakeCluster } from '../controllers/testing/fake-cluster';
import { silentLogger } from '../log';
import { startScheduler } from './index';
import type { RunningScheduler } from './index';

const PODS = { group: '', version: 'v1', resource: 'pods', namespaced: true };
const NODES = { group: '', version: 'v1', resource: 'nodes', namespaced: false };

let clock: FakeClock;
let cluster: FakeCluster;
let scheduler: RunningScheduler | undefined;

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
});

afterEach(async () => {
  await scheduler?.stop();
  scheduler = undefined;
});

function start(): void {
  scheduler = startScheduler({ client: cluster, informers: cluster, events: cluster.events(), clock, logger: silentLogger, random: () => 0.99 });
}

interface NodeShape {
  cpu?: string;
  memory?: string;
  pods?: string;
  labels?: Record<string, string>;
  taints?: Taint[];
  unschedulable?: boolean;
}

const addNode = (name: string, { cpu = '4', memory = '8Gi', pods = '110', labels, taints, unschedulable }: NodeShape = {}) =>
  cluster.resource<Node>(NODES).create({
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    status: { allocatable: { cpu, memory, pods } },
  });

const container = (requests: Record<string, string> = {}) => ({ name: 'c', image: 'busybox', resources: { requests } });

const addPod = (name: string, spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}) =>
  cluster.resource<Pod>(PODS).create({ kind: 'Pod', metadata: { name, namespace: 'default', labels }, spec: { containers: [container()], ...spec } });

const get = (name: string) => cluster.resource<Pod>(PODS).get(name, 'default');
const where = async (name: string) => (await get(name)).spec?.nodeName;
const failureOf = (name: string) =>
  cluster.recorded.filter((event) => event.name === name && event.reason === 'FailedScheduling').map(({ message }) => message);

async function settle(milliseconds = 0): Promise<void> {
  for (let i = 0; i < 5; i++) await clock.advance(milliseconds / 5);
}

describe('messages', () => {
  it('says why each node was ruled out, in upstream words', async () => {
    await addNode('a', { cpu: '1' });
    await addNode('b', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] });
    await addNode('c', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] });
    await addPod('big', { containers: [container({ cpu: '2' })] });
    start();
    await settle();
    const message = '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. ' +
      'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.';
    expect(failureOf('big')).toEqual([message]);
    expect((await get('big')).status?.conditions).toEqual([expect.objectContaining({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message })]);
  });

  const cases: [string, NodeShape, Partial<PodSpec>, string][] = [
    ['a cordoned node', { unschedulable: true }, {}, '1 node(s) were unschedulable'],
    ['a node selector', {}, { nodeSelector: { disk: 'ssd' } }, "1 node(s) didn't match Pod's node affinity/selector"],
    ['memory and cpu', { cpu: '100m', memory: '1Mi' }, { containers: [container({ cpu: '1', memory: '1Gi' })] }, '1 Insufficient cpu, 1 Insufficient memory'],
    ['an unknown resource', {}, { containers: [container({ 'example.com/gpu': '1' })] }, '1 Insufficient example.com/gpu'],
    ['the number of pods', { pods: '0' }, {}, '1 Too many pods'],
    ['a claim that does not exist', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }, 'persistentvolumeclaim "data" not found'],
    ['required pod affinity', {}, { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } }] } } }, "1 node(s) didn't match pod affinity rules"],
    ['a spread over a label that nodes lack', {}, { topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }] },
    "1 node(s) didn't match pod topology spread constraints (missing required label)"],
  ];
  it.each(cases)('tells of %s', async (_, node, spec, reason) => {
    await addNode('a', node);
    await addPod('p', spec);
    start();
    await settle();
    expect(failureOf('p')[0]).toMatch(new RegExp(`^0/1 nodes are available: ${reason.replace(/[().'/{}]/g, '\\$&')}\\.`));
  });

  it('says so when there is no node at all', async () => {
    await addPod('p');
    start();
    await settle();
    expect(failureOf('p')).toEqual(['no nodes available to schedule pods']);
  });

  it('announces the node that it chose', async () => {
    await addNode('a');
    await addPod('p');
    start();
    await settle();
    expect(cluster.recorded).toContainEqual({ kind: 'Pod', name: 'p', type: 'Normal', reason: 'Scheduled', message: 'Successfully assigned default/p to a' });
  });
});

describe('choice', () => {
  it('spreads equal pods over equal nodes', async () => {
    for (const name of ['a', 'b', 'c']) await addNode(name);
    for (let i = 0; i < 9; i++) await addPod(`p${i}`);
    start();
    await settle();
    const nodes = await Promise.all(Array.from({ length: 9 }, (_, i) => where(`p${i}`)));
    for (const name of ['a', 'b', 'c']) expect(nodes.filter((node) => node === name)).toHaveLength(3);
  });

  it('leaves pods of other schedulers, gated and deleted ones alone', async () => {
    await addNode('a');
    await addPod('other', { schedulerName: 'custom' });
    await addPod('gated', { schedulingGates: [{ name: 'example.com/wait' }] });
    start();
    await settle();
    expect([await where('other'), await where('gated')]).toEqual([undefined, undefined]);
    await cluster.resource<Pod>(PODS).patch('gated', 'default', 'merge', { spec: { schedulingGates: null } });
    await settle();
    expect(await where('gated')).toBe('a');
  });

  it('keeps pods with a host port apart', async () => {
    await addNode('a');
    await addNode('b');
    const spec = { containers: [{ ...container(), ports: [{ containerPort: 80, hostPort: 80 }] }] };
    for (const name of ['p', 'q', 'r']) await addPod(name, spec);
    start();
    await settle();
    expect(new Set([await where('p'), await where('q')])).toEqual(new Set(['a', 'b']));
    expect(failureOf('r')[0]).toContain("2 node(s) didn't have free ports for the requested pod ports");
  });

  it('honours anti-affinity in both directions', async () => {
    await addNode('a');
    const antiAffinity: Partial<PodSpec> = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } }] } } };
    await addPod('lonely', antiAffinity, { app: 'web' });
    start();
    await settle();
    await addPod('plain', {}, { app: 'web' });
    await addPod('second', antiAffinity, { app: 'web' });
    await settle();
    expect(failureOf('plain')[0]).toContain("1 node(s) didn't satisfy existing pods anti-affinity rules");
    expect(failureOf('second')[0]).toContain("1 node(s) didn't match pod anti-affinity rules");
  });

  it('holds the skew between zones', async () => {
    await addNode('a', { labels: { zone: 'x' } });
    await addNode('b', { labels: { zone: 'y' }, cpu: '1' });
    const spec: Partial<PodSpec> = {
      containers: [container({ cpu: '600m' })],
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } } }],
    };
    for (let i = 0; i < 4; i++) await addPod(`p${i}`, spec, { app: 'web' });
    start();
    await settle();
    const nodes = await Promise.all([0, 1, 2, 3].map((i) => where(`p${i}`)));
    expect(nodes.filter((node) => node === 'a')).toHaveLength(2);
    expect(nodes.filter((node) => node === 'b')).toHaveLength(1);
  });
});

describe('waiting', () => {
  it('tries again at once when a node appears that fits', async () => {
    await addNode('small', { cpu: '1' });
    await addPod('big', { containers: [container({ cpu: '2' })] });
    start();
    await settle();
    expect(await where('big')).toBeUndefined();
    await addNode('large');
    await settle();
    expect(await where('big')).toBe('large');
  });

  it('is not woken by what cannot help', async () => {
    await addNode('small', { cpu: '1' });
    await addPod('big', { containers: [container({ cpu: '2' })] });
    start();
    await settle();
    await addNode('small-too', { cpu: '1' });
    await settle(20_000);
    expect(failureOf('big')).toHaveLength(1);
  });

  it('retries a failed binding after its backoff', async () => {
    let failures = 1;
    cluster.intercept = (verb) => {
      if (verb === 'binding' && failures-- > 0) throw new Error('connection refused');
    };
    await addNode('a');
    await addPod('p');
    start();
    await settle();
    expect(await where('p')).toBeUndefined();
    await settle(1500);
    expect(await where('p')).toBe('a');
  });
});

describe('preemption', () => {
  it('removes the fewest pods of the lowest priority and takes their place', async () => {
    await addNode('a', { cpu: '2' });
    for (const [name, priority] of [['low', 1], ['lower', 0]] as const) await addPod(name, { priority, containers: [container({ cpu: '1' })] });
    start();
    await settle();
    await addPod('high', { priority: 100, containers: [container({ cpu: '1' })] });
    await settle();
    expect((await get('high')).status?.nominatedNodeName).toBe('a');
    expect((await get('lower')).metadata.deletionTimestamp).toBeDefined();
    expect((await get('lower')).status?.conditions).toContainEqual(expect.objectContaining({
      type: 'DisruptionTarget', reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod',
    }));
    expect((await get('low')).metadata.deletionTimestamp).toBeUndefined();
    await cluster.resource<Pod>(PODS).delete('lower', 'default', { gracePeriodSeconds: 0 });
    await settle(2000);
    expect(await where('high')).toBe('a');
  });

  it('leaves no pod out of the totals after trying in vain', async () => {
    await addNode('a', { cpu: '2' });
    await addPod('low', { priority: 0, containers: [container({ cpu: '1' })] });
    start();
    await settle();
    await addPod('never', { priority: 5, preemptionPolicy: 'Never', containers: [container({ cpu: '1500m' })] });
    await settle();
    expect(failureOf('never')[0]).toBe('0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.');
    await addPod('equal', { priority: 0, containers: [container({ cpu: '1500m' })] });
    await settle();
    expect(failureOf('equal')[0]).toBe('0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.');
  });
});

describe('size', () => {
  it('binds 1,000 pods to 100 nodes evenly', async () => {
    for (let i = 0; i < 100; i++) await addNode(`n${i}`);
    for (let i = 0; i < 1000; i++) await addPod(`p${i}`, { containers: [container({ cpu: '100m', memory: '64Mi' })] });
    start();
    for (let i = 0; i < 200; i++) await clock.advance(0);
    const pods: Live<Pod>[] = (await cluster.resource<Pod>(PODS).list()).items;
    const counts = new Map<string, number>();
    for (const { spec } of pods) counts.set(spec?.nodeName ?? '', (counts.get(spec?.nodeName ?? '') ?? 0) + 1);
    expect(counts.size).toBe(100);
    expect(new Set(counts.values())).toEqual(new Set([10]));
  });
});
