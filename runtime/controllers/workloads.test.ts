import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CronJob, DaemonSet, Job, KubeObject, Live, Node, PersistentVolumeClaim, Pod, PodDisruptionBudget, StatefulSet } from '../api/kinds';
import { FakeClock } from '../clock';
import { silentLogger } from '../log';
import { startControllers } from './index';
import type { ControllerName, Controllers } from './index';
import { resources } from './kit/resources';
import type { Resource } from './kit/resources';
import { FakeCluster } from './testing/fake-cluster';
import { formatIndexes, parseIndexes } from './workloads/job-indexes';

let clock: FakeClock;
let cluster: FakeCluster;
let running: Controllers | undefined;

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

function start(...enabled: ControllerName[]): void {
  running = startControllers({
    client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger, enabled, options: { clusterCidr: '10.244.0.0/16' },
  });
}

async function settle(milliseconds = 2000): Promise<void> {
  for (let i = 0; i < 20; i++) await clock.advance(milliseconds / 20);
}

const of = async <T extends KubeObject>(resource: Resource) => (await cluster.resource<T>(resource).list()).items;
const pods = async () => (await of<Pod>(resources.pods)).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
const names = async () => (await pods()).map(({ metadata }) => metadata.name);
const labels = { app: 'web' };
const template = (image = 'web:1') => ({ metadata: { labels }, spec: { containers: [{ name: 'web', image }] } });

async function setPhase(pod: Live<Pod>, phase: string): Promise<void> {
  const time = new Date(clock.now()).toISOString();
  const conditions = [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False', lastTransitionTime: time }];
  const containerStatuses = phase === 'Failed' ? [{ name: 'web', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode: 1, finishedAt: time } } }] : [];
  await cluster.resource<Pod>(resources.pods).patch(pod.metadata.name, 'default', 'merge', { status: { phase, conditions, containerStatuses } });
}

async function runAll(): Promise<void> {
  for (const pod of await pods()) if (!pod.status?.phase && !pod.metadata.deletionTimestamp) await setPhase(pod, 'Running');
}

describe('daemon sets', () => {
  const set: DaemonSet = { kind: 'DaemonSet', metadata: { name: 'agent', namespace: 'default' }, spec: { selector: { matchLabels: labels }, template: template() } };
  const addNode = (name: string, spec: Node['spec'] = {}) => cluster.resource<Node>(resources.nodes).create({ metadata: { name }, spec });
  const nodesOf = async () => (await pods()).map(({ spec }) =>
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0]).sort();

  it('puts one pod on each node that it may run on, also on nodes that come later', async () => {
    await addNode('a');
    await addNode('cordoned', { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] });
    await addNode('tainted', { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] });
    await cluster.resource<DaemonSet>(resources.daemonSets).create(set);
    start('daemonset-controller');
    await settle();
    expect(await nodesOf()).toEqual(['a', 'cordoned']);
    await addNode('b');
    await settle();
    expect(await nodesOf()).toEqual(['a', 'b', 'cordoned']);
    expect((await of<DaemonSet>(resources.daemonSets))[0]?.status).toMatchObject({ desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 0, numberUnavailable: 3 });
  });

  it('replaces one available pod at a time in an update', async () => {
    for (const name of ['a', 'b']) await addNode(name);
    await cluster.resource<DaemonSet>(resources.daemonSets).create(set);
    start('daemonset-controller');
    await settle();
    await runAll();
    await settle();
    const current = await cluster.resource<DaemonSet>(resources.daemonSets).get('agent', 'default');
    await cluster.resource<DaemonSet>(resources.daemonSets).update({ ...current, spec: { selector: { matchLabels: labels }, template: template('web:2') } });
    await settle();
    const images = async () => (await pods()).map(({ spec }) => spec?.containers[0]?.image).sort();
    expect(await images()).toEqual(['web:1', 'web:2']);
    await runAll();
    await settle();
    expect(await images()).toEqual(['web:2', 'web:2']);
  });
});

describe('stateful sets', () => {
  const set = (replicas: number, image = 'web:1'): StatefulSet => ({
    kind: 'StatefulSet', metadata: { name: 'db', namespace: 'default' },
    spec: {
      replicas, serviceName: 'db', selector: { matchLabels: labels }, template: template(image),
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }],
    },
  });
  const client = () => cluster.resource<StatefulSet>(resources.statefulSets);

  it('starts its pods in order, each with its claim, and takes them down from the end', async () => {
    await client().create(set(3));
    start('statefulset-controller');
    await settle();
    expect(await names()).toEqual(['db-0']);
    for (let i = 0; i < 3; i++) {
      await runAll();
      await settle();
    }
    expect(await names()).toEqual(['db-0', 'db-1', 'db-2']);
    expect((await of<PersistentVolumeClaim>(resources.persistentVolumeClaims)).map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1', 'data-db-2']);
    expect((await pods())[1]?.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db', volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } }] });
    await client().patch('db', 'default', 'merge', { spec: { replicas: 1 } });
    await settle();
    expect(await names()).toEqual(['db-0']);
    expect(cluster.recorded.filter(({ reason }) => reason === 'SuccessfulDelete').map(({ message }) => message)).toEqual([
      'delete Pod db-2 in StatefulSet db successful', 'delete Pod db-1 in StatefulSet db successful']);
  });

  it('updates from the last ordinal down to the partition', async () => {
    await client().create(set(2));
    start('statefulset-controller');
    for (let i = 0; i < 3; i++) {
      await settle();
      await runAll();
    }
    await settle();
    await client().patch('db', 'default', 'merge', { spec: { template: template('web:2'), updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } });
    for (let i = 0; i < 4; i++) {
      await settle();
      await runAll();
    }
    await settle();
    expect((await pods()).map(({ spec }) => spec?.containers[0]?.image)).toEqual(['web:1', 'web:2']);
    expect((await client().get('db', 'default')).status).toMatchObject({ replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentReplicas: 1 });
  });
});

describe('jobs', () => {
  const job = (spec: Partial<Job['spec']> = {}): Job => ({
    kind: 'Job', metadata: { name: 'work', namespace: 'default' }, spec: { completions: 3, parallelism: 2, selector: { matchLabels: { 'job-name': 'work' } }, template: template(), ...spec },
  });
  const client = () => cluster.resource<Job>(resources.jobs);
  const endOne = async (phase: string) => {
    const [pod] = (await pods()).filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''));
    if (pod) await setPhase(pod, phase);
    await settle();
  };

  it('runs to completion, counting each pod once', async () => {
    await client().create(job());
    start('job-controller');
    await settle();
    expect(await pods()).toHaveLength(2);
    for (let i = 0; i < 3; i++) await endOne('Succeeded');
    const { status } = await client().get('work', 'default');
    expect(status).toMatchObject({ succeeded: 3, failed: 0, active: 0, uncountedTerminatedPods: {} });
    expect(status?.conditions?.map(({ type, reason }) => [type, reason])).toEqual([['SuccessCriteriaMet', 'CompletionsReached'], ['Complete', 'CompletionsReached']]);
    expect(status?.completionTime).toBeDefined();
    expect((await pods()).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
    expect(cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'Completed', message: 'Job completed' }));
  });

  it('gives up after the backoff limit, waiting longer after each failure', async () => {
    await client().create(job({ completions: 1, parallelism: 1, backoffLimit: 1 }));
    start('job-controller');
    await settle();
    await endOne('Failed');
    expect(await pods()).toHaveLength(1);
    await settle(10_000);
    expect(await pods()).toHaveLength(2);
    await endOne('Failed');
    await settle();
    const { status } = await client().get('work', 'default');
    expect(status?.failed).toBe(2);
    expect(status?.conditions?.at(-1)).toMatchObject({ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' });
  });

  it('gives each index one success', async () => {
    await client().create(job({ completionMode: 'Indexed' }));
    start('job-controller');
    await settle();
    const indexes = async () => (await pods()).filter(({ status }) => !status?.phase).map(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-completion-index']).sort();
    expect(await indexes()).toEqual(['0', '1']);
    for (let i = 0; i < 3; i++) await endOne('Succeeded');
    expect((await client().get('work', 'default')).status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
  });

  const end = async (index: number, phase: string) => {
    const pod = (await pods()).find(({ metadata, status }) =>
      metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === String(index) && !['Succeeded', 'Failed'].includes(status?.phase ?? ''));
    if (!pod) throw new Error(`no pod of index ${index} runs`);
    await setPhase(pod, phase);
    await settle();
  };
  const failed = async () => (await client().get('work', 'default')).status?.conditions?.find(({ type }) => type === 'Failed');

  it('tries each index so often, and fails with those that never succeeded', async () => {
    await client().create(job({ completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1, backoffLimit: 100 }));
    start('job-controller');
    await settle();
    await end(0, 'Failed');
    await settle(12_000);
    expect((await pods()).map(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']).sort()).toEqual(['0', '0', '1']);
    await end(0, 'Failed');
    await settle(30_000);
    expect(await pods()).toHaveLength(3);
    expect((await client().get('work', 'default')).status).toMatchObject({ failedIndexes: '0', active: 1 });
    await end(1, 'Succeeded');
    expect((await client().get('work', 'default')).status).toMatchObject({ failedIndexes: '0', completedIndexes: '1', succeeded: 1, failed: 2 });
    expect(await failed()).toMatchObject({ reason: 'FailedIndexes', message: 'Job has failed indexes' });
  });

  it('gives up when too many indexes have failed', async () => {
    await client().create(job({ completions: 4, parallelism: 4, completionMode: 'Indexed', backoffLimitPerIndex: 0, maxFailedIndexes: 1, backoffLimit: 100 }));
    start('job-controller');
    await settle();
    await end(0, 'Failed');
    expect(await failed()).toBeUndefined();
    await end(2, 'Failed');
    expect((await pods()).filter(({ metadata, status }) => !metadata.deletionTimestamp && !status?.phase)).toEqual([]);
    expect((await client().get('work', 'default')).status).toMatchObject({ failedIndexes: '0,2' });
    expect((await client().get('work', 'default')).status?.conditions?.[0]).toMatchObject({
      type: 'FailureTarget', reason: 'MaxFailedIndexesExceeded', message: 'Job has exceeded the specified maximal number of failed indexes',
    });
  });

  it.each<[string, NonNullable<Job['spec']>['successPolicy'], number[]]>([
    ['by indexes', { rules: [{ succeededIndexes: '1' }] }, [1]],
    ['by a count', { rules: [{ succeededCount: 2 }] }, [0, 2]],
    ['by a count of indexes', { rules: [{ succeededIndexes: '0,2', succeededCount: 1 }] }, [1, 2]],
  ])('is a success %s, and ends what still runs', async (_name, successPolicy, indexes) => {
    await client().create(job({ completions: 4, parallelism: 4, completionMode: 'Indexed', successPolicy: successPolicy! }));
    start('job-controller');
    await settle();
    for (const index of indexes) await end(index, 'Succeeded');
    await settle();
    const { status } = await client().get('work', 'default');
    expect(status?.conditions?.map(({ type, reason, message }) => [type, reason, message])).toEqual([
      ['SuccessCriteriaMet', 'SuccessPolicy', 'Matched rules at index 0'], ['Complete', 'SuccessPolicy', 'Matched rules at index 0'],
    ]);
    expect(status?.active).toBe(0);
  });

  it('stops its pods while suspended', async () => {
    await client().create(job());
    start('job-controller');
    await settle();
    await client().patch('work', 'default', 'merge', { spec: { suspend: true } });
    await settle();
    expect((await pods()).filter(({ metadata }) => !metadata.deletionTimestamp)).toEqual([]);
    expect((await client().get('work', 'default')).status?.conditions?.[0]).toMatchObject({ type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' });
  });

  it('goes when its time to live is over', async () => {
    await client().create(job({ completions: 1, ttlSecondsAfterFinished: 60 }));
    start('job-controller');
    await settle();
    await endOne('Succeeded');
    await settle(50_000);
    expect((await client().get('work', 'default')).metadata.deletionTimestamp).toBeUndefined();
    await settle(20_000);
    expect((await client().get('work', 'default')).metadata.deletionTimestamp).toBeDefined();
  });

  it.each([['0-2,4', [0, 1, 2, 4]], ['1,2', [1, 2]], ['', []]])('writes indexes as %s', (text, indexes) => {
    expect(formatIndexes(indexes)).toBe(text);
    expect([...parseIndexes(text)]).toEqual(indexes);
  });
});

describe('cron jobs', () => {
  it('starts a job at each time, one at a time when told so', async () => {
    const cronJob: CronJob = {
      kind: 'CronJob', metadata: { name: 'tick', namespace: 'default' },
      spec: { schedule: '*/5 * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: { template: template() } } },
    };
    await cluster.resource<CronJob>(resources.cronJobs).create(cronJob);
    start('cronjob-controller');
    await settle(4 * 60_000);
    expect(await of<Job>(resources.jobs)).toHaveLength(0);
    await settle(2 * 60_000);
    expect((await of<Job>(resources.jobs)).map(({ metadata }) => metadata.name)).toEqual([`tick-${Date.UTC(2026, 0, 1, 0, 5) / 60_000}`]);
    const { status } = await cluster.resource<CronJob>(resources.cronJobs).get('tick', 'default');
    expect(status).toMatchObject({ lastScheduleTime: '2026-01-01T00:05:00Z', active: [{ kind: 'Job' }] });
    await settle(5 * 60_000);
    expect(await of<Job>(resources.jobs)).toHaveLength(1);
    expect(cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'JobAlreadyActive' }));
  });
});

describe('disruption budgets', () => {
  it('allows as many evictions as keep enough pods healthy', async () => {
    for (const name of ['a', 'b', 'c']) {
      await cluster.resource<Pod>(resources.pods).create({ metadata: { name, namespace: 'default', labels }, spec: { containers: [] } });
    }
    await runAll();
    await cluster.resource<PodDisruptionBudget>(resources.podDisruptionBudgets)
      .create({ metadata: { name: 'web', namespace: 'default' }, spec: { minAvailable: 2, selector: { matchLabels: labels } } });
    start('disruption-controller');
    await settle();
    const status = async () => (await of<PodDisruptionBudget>(resources.podDisruptionBudgets))[0]?.status;
    expect(await status()).toMatchObject({ currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 });
    const [first] = await pods();
    if (first) await setPhase(first, 'Pending');
    await settle();
    expect(await status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0, conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }] });
  });
});
