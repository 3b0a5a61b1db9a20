import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControllerRevision, Deployment, Job, Pod, ReplicaSet, ReplicationController, StatefulSet } from '../../runtime/api/kinds';
import { eventually, TestCluster } from '../support/test-cluster';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.up('workloads', '--runtime', 'simulated', '--nodes', '3');
});
afterAll(() => cluster?.down());

const labels = (app: string) => ({ app });
const template = (app: string, image = 'web:1', spec: object = {}) => ({
  metadata: { labels: labels(app) },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image, readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 1 } }], ...spec },
});
const plain = (app: string, image = 'web:1', spec: object = {}) => template(app, image, { containers: [{ name: 'main', image }], ...spec });
const selector = (app: string) => ({ matchLabels: labels(app) });
const apply = (kind: string, apiVersion: string, name: string, spec: object) => cluster.apply(JSON.stringify({ apiVersion, kind, metadata: { name, labels: labels(name) }, spec }));
const get = <T>(kind: string, name: string) => cluster.getJson<T>(kind, name);
const pods = async (app: string) => (await cluster.getJson<{ items: Pod[] }>('pods', '-l', `app=${app}`)).items
  .filter(({ metadata }) => !metadata?.deletionTimestamp).sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
const names = async (app: string) => (await pods(app)).map(({ metadata }) => metadata?.name);
const patch = (kind: string, name: string, body: object, ...args: string[]) => cluster.kubectl('patch', kind, name, '--type=merge', '-p', JSON.stringify(body), ...args);
const rolledOut = (what: string) => cluster.kubectl('rollout', 'status', what, '--timeout=60s');
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });

describe('a daemon set', () => {
  it('is rolled forward and back, with a revision for each template', async () => {
    await apply('DaemonSet', 'apps/v1', 'agent', { selector: selector('agent'), template: plain('agent') });
    await rolledOut('daemonset/agent');
    expect((await pods('agent')).map(({ spec }) => spec?.nodeName).sort()).toEqual(['node-1', 'node-2', 'node-3']);
    const before = await names('agent');
    await patch('daemonset', 'agent', image('web:2'));
    await rolledOut('daemonset/agent');
    expect((await pods('agent')).every(({ spec }) => spec?.containers[0]?.image === 'web:2')).toBe(true);
    expect((await names('agent')).filter((name) => before.includes(name))).toEqual([]);
    await cluster.kubectl('rollout', 'undo', 'daemonset/agent');
    await rolledOut('daemonset/agent');
    const revisions = (await cluster.getJson<{ items: ControllerRevision[] }>('controllerrevisions', '-l', 'app=agent')).items;
    expect(revisions.map(({ revision }) => revision).sort()).toEqual([2, 3]);
  });

  it('replaces a pod that failed', async () => {
    const [first] = await names('agent');
    await patch('pod', first ?? '', { status: { phase: 'Failed' } }, '--subresource=status');
    await eventually(async () => expect(await names('agent')).not.toContain(first));
    await rolledOut('daemonset/agent');
  });

  it('runs where its selector says, as nodes change', async () => {
    await patch('daemonset', 'agent', { spec: { template: { spec: { nodeSelector: { color: 'blue' } } } } });
    await eventually(async () => expect(await names('agent')).toEqual([]));
    await cluster.kubectl('label', 'node', 'node-2', 'color=blue');
    await eventually(async () => expect((await pods('agent')).map(({ spec }) => spec?.nodeName)).toEqual(['node-2']));
    await cluster.kubectl('label', 'node', 'node-2', 'color=green', '--overwrite');
    await eventually(async () => expect(await names('agent')).toEqual([]));
  });
});

describe('a stateful set', () => {
  it('rolls its pods down to a partition, back to front', async () => {
    await apply('StatefulSet', 'apps/v1', 'db', { serviceName: 'db', replicas: 3, selector: selector('db'), template: plain('db') });
    await rolledOut('statefulset/db');
    expect(await names('db')).toEqual(['db-0', 'db-1', 'db-2']);
    await patch('statefulset', 'db', { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }, ...image('web:2').spec } });
    await eventually(async () => expect((await pods('db')).map(({ spec }) => spec?.containers[0]?.image)).toEqual(['web:1', 'web:1', 'web:2']));
    await cluster.kubectl('delete', 'pod', 'db-0', '--now');
    await eventually(async () => expect((await pods('db')).map(({ spec, status }) => [spec?.containers[0]?.image, status?.phase])).toEqual([['web:1', 'Running'], ['web:1', 'Running'], ['web:2', 'Running']]));
    const partial = await get<StatefulSet>('statefulset', 'db');
    expect(partial.status?.currentRevision).not.toBe(partial.status?.updateRevision);
    await patch('statefulset', 'db', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
    await eventually(async () => expect((await pods('db')).map(({ spec }) => spec?.containers[0]?.image)).toEqual(['web:2', 'web:2', 'web:2']));
    await eventually(async () => {
      const { status } = await get<StatefulSet>('statefulset', 'db');
      expect([status?.currentRevision, status?.currentReplicas, status?.updatedReplicas]).toEqual([status?.updateRevision, 3, 3]);
    });
  });

  it('recreates a pod that failed, and scales through its scale', async () => {
    const { metadata } = (await pods('db'))[1] ?? {};
    await patch('pod', 'db-1', { status: { phase: 'Failed' } }, '--subresource=status');
    await eventually(async () => {
      const now = (await pods('db')).find((pod) => pod.metadata?.name === 'db-1');
      expect([now?.metadata?.uid === metadata?.uid, now?.status?.phase]).toEqual([false, 'Running']);
    });
    await cluster.kubectl('scale', 'statefulset/db', '--replicas=1');
    await eventually(async () => expect(await names('db')).toEqual(['db-0']));
  });

  it('starts all its pods at once when it may, at an ordinal of its own', async () => {
    await apply('StatefulSet', 'apps/v1', 'burst', { serviceName: 'burst', replicas: 3, podManagementPolicy: 'Parallel', ordinals: { start: 5 }, selector: selector('burst'), template: plain('burst', 'web:1', { nodeSelector: { nowhere: 'yes' } }) });
    await eventually(async () => expect(await names('burst')).toEqual(['burst-5', 'burst-6', 'burst-7']));
    expect((await pods('burst')).map((pod) => pod.metadata?.labels?.['apps.kubernetes.io/pod-index'])).toEqual(['5', '6', '7']);
  });
});

describe('a deployment', () => {
  it('recreates: no pod of old and new at the same time', async () => {
    await apply('Deployment', 'apps/v1', 'recreate', { replicas: 2, strategy: { type: 'Recreate' }, selector: selector('recreate'), template: plain('recreate') });
    await rolledOut('deployment/recreate');
    await patch('deployment', 'recreate', image('web:2'));
    const seen = new Set<string>();
    await eventually(async () => {
      const images = (await cluster.getJson<{ items: Pod[] }>('pods', '-l', 'app=recreate')).items
        .filter(({ status }) => status?.phase === 'Running').map(({ spec }) => spec?.containers[0]?.image ?? '');
      seen.add([...new Set(images)].sort().join());
      expect(images).toEqual(['web:2', 'web:2']);
    }, 30_000, 50);
    expect(seen.has('web:1,web:2')).toBe(false);
  });

  it('forgets old replica sets, and scales old and new in proportion', async () => {
    await apply('Deployment', 'apps/v1', 'prop', {
      replicas: 10, revisionHistoryLimit: 0, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } }, selector: selector('prop'), template: plain('prop'),
    });
    await rolledOut('deployment/prop');
    await patch('deployment', 'prop', { spec: { template: { spec: { nodeSelector: { nowhere: 'yes' } } } } });
    const sizes = async () => (await cluster.getJson<{ items: ReplicaSet[] }>('replicasets', '-l', 'app=prop')).items.map(({ spec }) => spec?.replicas).sort((a, b) => (b ?? 0) - (a ?? 0));
    await eventually(async () => expect(await sizes()).toEqual([8, 5]));
    await eventually(async () => expect((await get<Deployment>('deployment', 'prop')).status).toMatchObject({ availableReplicas: 8, updatedReplicas: 5 }));
    await cluster.kubectl('scale', 'deployment/prop', '--replicas=30');
    await eventually(async () => expect(await sizes()).toEqual([20, 13]));
    await patch('deployment', 'prop', { spec: { template: { spec: { nodeSelector: null } } } });
    await rolledOut('deployment/prop');
    await eventually(async () => expect(await sizes()).toEqual([30]));
  }, 90_000);
});

describe('a job', () => {
  /** `behaviour`: how the simulated containers of its pods end. */
  const job = (name: string, spec: object, behaviour: object = {}) => {
    const { metadata, spec: pod } = plain(name, 'job:1', { restartPolicy: 'Never' });
    const annotations = { 'podium.io/simulate': JSON.stringify(behaviour) };
    return apply('Job', 'batch/v1', name, { ...spec, template: { metadata: { ...metadata, annotations }, spec: pod } });
  };
  const running = (name: string, count: number) => eventually(async () => {
    const found = await pods(name);
    expect(found.map(({ status }) => status?.phase)).toEqual(Array<string>(count).fill('Running'));
    return found;
  });

  it('of indexes gives each pod its own, in name, annotation and environment', async () => {
    await job('indexed', { completions: 3, parallelism: 3, completionMode: 'Indexed' }, { exitCode: 0, afterSeconds: 3 });
    const list = await running('indexed', 3);
    expect(list.map(({ metadata }) => metadata?.annotations?.['batch.kubernetes.io/job-completion-index']).sort()).toEqual(['0', '1', '2']);
    expect(list.map(({ spec }) => spec?.hostname).sort()).toEqual(['indexed-0', 'indexed-1', 'indexed-2']);
    expect(list[0]?.spec?.containers[0]?.env?.[0]?.name).toBe('JOB_COMPLETION_INDEX');
    await eventually(async () => expect((await get<Job>('job', 'indexed')).status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' }));
  });

  it('adopts its orphans, and lets go of pods that it no longer selects', async () => {
    await job('adopts', { parallelism: 2, completions: 2 });
    const [first = '', second = ''] = (await running('adopts', 2)).map(({ metadata }) => metadata?.name);
    await patch('pod', first, { metadata: { ownerReferences: null } });
    await eventually(async () => expect((await get<Pod>('pod', first)).metadata?.ownerReferences?.[0]?.name).toBe('adopts'));
    await cluster.kubectl('label', 'pod', second, 'batch.kubernetes.io/controller-uid-', 'controller-uid-', 'batch.kubernetes.io/job-name-', 'job-name-', 'app-');
    await eventually(async () => {
      const { metadata } = await get<Pod>('pod', second);
      expect([metadata?.ownerReferences, metadata?.finalizers]).toEqual([undefined, undefined]);
    });
    await running('adopts', 2);
  });

  const failurePolicy = (...rules: object[]) => ({ backoffLimit: 0, podFailurePolicy: { rules } });
  it('fails early on an exit code that its policy names', async () => {
    await job('exits', { ...failurePolicy({ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }), backoffLimit: 6 }, { exitCode: 42, afterSeconds: 1 });
    await eventually(async () => expect((await get<Job>('job', 'exits')).status?.conditions?.find(({ type }) => type === 'Failed')).toMatchObject({ status: 'True', reason: 'PodFailurePolicy' }));
  });

  it('fails with the indexes that have failed, and succeeds by its success policy', async () => {
    await job('indexes', { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0 }, { exitCode: 1, afterSeconds: 1 });
    await eventually(async () => {
      const { status } = await get<Job>('job', 'indexes');
      expect(status).toMatchObject({ failedIndexes: '0,1', failed: 2 });
      expect(status?.conditions?.find(({ type }) => type === 'Failed')?.reason).toBe('FailedIndexes');
    });
    await job('enough', { completions: 5, parallelism: 1, completionMode: 'Indexed', successPolicy: { rules: [{ succeededCount: 2 }] } }, { exitCode: 0, afterSeconds: 1 });
    await eventually(async () => {
      const { status } = await get<Job>('job', 'enough');
      expect(status?.conditions?.map(({ type, reason }) => [type, reason])).toEqual([['SuccessCriteriaMet', 'SuccessPolicy'], ['Complete', 'SuccessPolicy']]);
      expect(status?.completedIndexes).toBe('0,1');
    });
  });

  it('does not count pods that were evicted, when its policy ignores disruptions', async () => {
    await job('evicted', failurePolicy({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }));
    const [first] = (await running('evicted', 1)).map(({ metadata }) => metadata?.name ?? '');
    const node = await cluster.kubectl('get', 'pod', first ?? '', '-o', 'jsonpath={.spec.nodeName}');
    await cluster.kubectl('drain', node, '--ignore-daemonsets', '--force', '--pod-selector=app=evicted');
    await cluster.kubectl('uncordon', node);
    await eventually(async () => expect((await running('evicted', 1))[0]?.metadata?.name).not.toBe(first));
    expect((await get<Job>('job', 'evicted')).status?.failed ?? 0).toBe(0);
  });
});

describe('a replication controller', () => {
  it('says that a quota keeps it from its pods, until there is room', async () => {
    await cluster.kubectl('create', 'namespace', 'tight');
    await cluster.kubectl('create', 'quota', 'pods', '--hard=pods=2', '-n', 'tight');
    await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'rc', namespace: 'tight' }, spec: { replicas: 3, selector: labels('rc'), template: plain('rc') } }));
    const condition = async () => (await cluster.getJson<ReplicationController>('rc', 'rc', '-n', 'tight')).status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    await eventually(async () => expect(await condition()).toMatchObject({ status: 'True', reason: 'FailedCreate' }));
    await cluster.kubectl('scale', 'rc/rc', '--replicas=2', '-n', 'tight');
    await eventually(async () => expect(await condition()).toBeUndefined());
  });
});

describe('taints of a node', () => {
  it('that execute remove pods after what they tolerate, unless they go before', async () => {
    const tolerant = (seconds?: number) => ({ nodeName: 'node-3', tolerations: [{ key: 'evict', operator: 'Exists', effect: 'NoExecute', ...(seconds !== undefined && { tolerationSeconds: seconds }) }], terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'a' }] });
    for (const [name, seconds] of [['short', 3], ['long', 300], ['always', undefined]] as const) {
      await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { taint: 'test' } }, spec: tolerant(seconds) }));
    }
    await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'none', labels: { taint: 'test' } }, spec: { ...tolerant(), tolerations: [] } }));
    await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'pod', '-l', 'taint=test', '--timeout=30s');
    await cluster.kubectl('taint', 'node', 'node-3', 'evict=yes:NoExecute');
    const left = async () => (await cluster.kubectl('get', 'pods', '-l', 'taint=test', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').sort();
    await eventually(async () => expect(await left()).toEqual(['always', 'long', 'short']));
    await eventually(async () => expect(await left()).toEqual(['always', 'long']));
    await cluster.kubectl('taint', 'node', 'node-3', 'evict-');
    expect(await left()).toEqual(['always', 'long']);
  });
});

describe('preemption', () => {
  const big = (name: string, priority: string, extra: object = {}) => cluster.apply(JSON.stringify({
    apiVersion: 'v1', kind: 'Pod', metadata: { name, ...extra }, spec: { priorityClassName: priority, terminationGracePeriodSeconds: 1, nodeSelector: { 'kubernetes.io/hostname': 'node-1' }, containers: [{ name: 'main', image: 'a', resources: { requests: { 'example.com/fake': '1' }, limits: { 'example.com/fake': '1' } } }] },
  }));
  it('makes room for who matters more, and says so on who goes', async () => {
    await cluster.kubectl('patch', 'node', 'node-1', '--subresource=status', '--type=merge', '-p', '{"status":{"capacity":{"example.com/fake":"1"}}}');
    for (const [name, value] of [['low', 1], ['high', 1000]] as const) await cluster.apply(JSON.stringify({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value }));
    await eventually(async () => expect((await cluster.kubectl('get', 'node', 'node-1', '-o', 'jsonpath={.status.allocatable.example\\.com/fake}'))).toBe('1'));
    await big('victim', 'low', { finalizers: ['example.com/held'] });
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/victim', '--timeout=30s');
    await big('winner', 'high');
    await eventually(async () => expect((await get<Pod>('pod', 'victim')).status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'PreemptionByScheduler' }));
    await patch('pod', 'victim', { metadata: { finalizers: null } });
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/winner', '--timeout=30s');
    await big('critical', 'system-cluster-critical');
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/critical', '--timeout=30s');
  });

  it('changes nothing of a priority class but what may change', async () => {
    expect((await cluster.tryKubectl('patch', 'priorityclass', 'low', '--type=merge', '-p', '{"value":5}')).stderr).toContain('may not be changed in an update');
    await patch('priorityclass', 'low', { description: 'the least' });
  });
});
