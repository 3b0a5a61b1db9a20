import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigMap, Deployment, Endpoints, EndpointSlice, KubeObject, Live, Namespace, Node, Pod, ReplicaSet, Service, ServiceAccount } from '../api/kinds';
import { statusError } from '../api/status';
import { FakeClock } from '../clock';
import { silentLogger } from '../log';
import { startControllers } from './index';
import type { ControllerName, Controllers } from './index';
import { resources } from './kit/resources';
import type { Resource } from './kit/resources';
import { FakeCluster } from './testing/fake-cluster';

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

function start(...enabled: ControllerName[]): Controllers {
  running = startControllers({
    client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger, enabled,
    options: { clusterCidr: '10.244.0.0/16', rootCaPem: 'PEM' },
  });
  return running;
}

/** Lets everything that has been set going come to rest. */
async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await clock.advance(50);
}

const of = async <T extends KubeObject>(resource: Resource) => (await cluster.resource<T>(resource).list()).items;
const pods = () => of<Pod>(resources.pods);
const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const replicaSet = (replicas: number): ReplicaSet => ({
  apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', namespace: 'default' },
  spec: { replicas, selector: { matchLabels: labels }, template },
});

async function makeReady(pod: Live<Pod>, ip = '10.244.0.9'): Promise<void> {
  const lastTransitionTime = new Date(clock.now()).toISOString();
  await cluster.resource<Pod>(resources.pods).updateStatus({
    ...pod, status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] },
  });
}

async function makeAllReady(): Promise<void> {
  for (const [i, pod] of (await pods()).entries()) if (!pod.status?.phase) await makeReady(pod, `10.244.0.${i + 1}`);
}

describe('replica sets', () => {
  it('creates the missing pods once and reports them', async () => {
    await cluster.resource<ReplicaSet>(resources.replicaSets).create(replicaSet(3));
    start('replicaset-controller');
    await settle();
    expect(await pods()).toHaveLength(3);
    expect((await of<ReplicaSet>(resources.replicaSets))[0]?.status).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 0 });
    expect(cluster.recorded.filter(({ reason }) => reason === 'SuccessfulCreate')).toHaveLength(3);
    expect(cluster.recorded[0]?.message).toMatch(/^Created pod: web-/);
  });

  it('replaces a deleted pod', async () => {
    await cluster.resource<ReplicaSet>(resources.replicaSets).create(replicaSet(2));
    start('replicaset-controller');
    await settle();
    const [victim] = await pods();
    await cluster.resource<Pod>(resources.pods).delete(victim?.metadata.name ?? '', 'default');
    await settle();
    const after = await pods();
    expect(after).toHaveLength(2);
    expect(after.map(({ metadata }) => metadata.uid)).not.toContain(victim?.metadata.uid);
  });

  it('scales down the not-ready pod first', async () => {
    await cluster.resource<ReplicaSet>(resources.replicaSets).create(replicaSet(2));
    start('replicaset-controller');
    await settle();
    const [ready, unready] = await pods();
    if (ready) await makeReady(ready);
    const set = await cluster.resource<ReplicaSet>(resources.replicaSets).get('web', 'default');
    await cluster.resource<ReplicaSet>(resources.replicaSets).update({ ...set, spec: { ...replicaSet(1).spec, selector: { matchLabels: labels }, replicas: 1 } });
    await settle();
    expect((await pods()).map(({ metadata }) => metadata.uid)).toEqual([ready?.metadata.uid]);
    expect(cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'SuccessfulDelete', message: `Deleted pod: ${unready?.metadata.name}` }));
  });

  it('adopts a matching orphan and lets go of a pod that no longer matches', async () => {
    await cluster.resource<Pod>(resources.pods).create({ metadata: { name: 'orphan', namespace: 'default', labels }, spec: { containers: [] } });
    await cluster.resource<ReplicaSet>(resources.replicaSets).create(replicaSet(1));
    start('replicaset-controller');
    await settle();
    const [adopted] = await pods();
    expect(adopted?.metadata.name).toBe('orphan');
    expect(adopted?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'ReplicaSet', name: 'web', controller: true, blockOwnerDeletion: true });
    await cluster.resource<Pod>(resources.pods).patch('orphan', 'default', 'merge', { metadata: { labels: { app: 'debug' } } });
    await settle();
    const released = await cluster.resource<Pod>(resources.pods).get('orphan', 'default');
    expect(released.metadata.ownerReferences ?? []).toEqual([]);
    expect(await pods()).toHaveLength(2);
  });

  it('reports a quota that is full as ReplicaFailure after a single attempt a sync', async () => {
    let attempts = 0;
    cluster.intercept = (verb, resource) => {
      if (verb !== 'create' || resource !== 'pods') return;
      attempts++;
      throw statusError('Forbidden', 'pods is forbidden: exceeded quota: small');
    };
    await cluster.resource<ReplicaSet>(resources.replicaSets).create(replicaSet(100));
    start('replicaset-controller');
    await clock.advance(1);
    await clock.advance(1);
    expect(attempts).toBeLessThan(5);
    const [set] = await of<ReplicaSet>(resources.replicaSets);
    expect(set?.status?.conditions?.[0]).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods is forbidden: exceeded quota: small' });
  });
});

const deployment = (image: string, replicas = 4): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas, selector: { matchLabels: labels }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
  },
});

describe('deployments', () => {
  const client = () => cluster.resource<Deployment>(resources.deployments);
  const images = async () => (await pods()).map(({ spec }) => spec?.containers[0]?.image).sort();

  async function setImage(image: string): Promise<void> {
    const current = await client().get('web', 'default');
    await client().update({ ...current, spec: { ...deployment(image).spec, selector: { matchLabels: labels }, template: deployment(image).spec?.template ?? {} } });
  }

  async function rollOut(): Promise<number> {
    let fewest = Infinity;
    for (let i = 0; i < 20; i++) {
      await settle();
      fewest = Math.min(fewest, (await pods()).filter(({ status }) => status?.phase === 'Running').length);
      await makeAllReady();
    }
    return fewest;
  }

  it('rolls a new template out within its bounds, and back again', async () => {
    await client().create(deployment('web:1'));
    start('deployment-controller', 'replicaset-controller');
    await rollOut();
    expect(await images()).toEqual(['web:1', 'web:1', 'web:1', 'web:1']);
    await setImage('web:2');
    expect(await rollOut()).toBeGreaterThanOrEqual(3);
    expect(await images()).toEqual(['web:2', 'web:2', 'web:2', 'web:2']);
    const current = await client().get('web', 'default');
    expect(current.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(current.status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4, unavailableReplicas: 0 });
    const name = (await of<ReplicaSet>(resources.replicaSets)).find(({ spec }) => spec?.replicas === 4)?.metadata.name;
    expect(current.status?.conditions).toContainEqual(expect.objectContaining({
      type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: `ReplicaSet "${name}" has successfully progressed.`,
    }));
    await setImage('web:1');
    await rollOut();
    expect(await images()).toEqual(['web:1', 'web:1', 'web:1', 'web:1']);
    const sets = await of<ReplicaSet>(resources.replicaSets);
    expect(sets).toHaveLength(2);
    expect(sets.find(({ spec }) => spec?.replicas === 4)?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3', 'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('says when a rollout hangs for longer than its deadline', async () => {
    const stuck = deployment('web:1');
    if (stuck.spec) stuck.spec.progressDeadlineSeconds = 30;
    await client().create(stuck);
    start('deployment-controller', 'replicaset-controller');
    await settle();
    await clock.advance(60_000);
    await settle();
    expect((await client().get('web', 'default')).status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }));
  });

  it('scales without a new revision', async () => {
    await client().create(deployment('web:1'));
    start('deployment-controller', 'replicaset-controller');
    await rollOut();
    const current = await client().get('web', 'default');
    await client().update({ ...current, spec: { ...(current.spec ?? { selector: {}, template: {} }), replicas: 6 } });
    await rollOut();
    expect(await pods()).toHaveLength(6);
    expect(await of<ReplicaSet>(resources.replicaSets)).toHaveLength(1);
    expect(cluster.recorded.filter(({ reason }) => reason === 'ScalingReplicaSet').map(({ message }) => message.replace(/web-\w+/, 'SET')))
      .toEqual(['Scaled up replica set SET from 0 to 4', 'Scaled up replica set SET from 4 to 6']);
  });
});

describe('services', () => {
  const service: Service = { metadata: { name: 'web', namespace: 'default' }, spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } };

  it('shows ready and unready pods in endpoints and slices', async () => {
    await cluster.resource<Service>(resources.services).create(service);
    for (const name of ['a', 'b']) {
      await cluster.resource<Pod>(resources.pods).create({ metadata: { name, namespace: 'default', labels }, spec: { containers: [], nodeName: 'node-1' } });
    }
    const [a, b] = await pods();
    if (a) await makeReady(a, '10.244.0.1');
    if (b) await cluster.resource<Pod>(resources.pods).updateStatus({ ...b, status: { phase: 'Running', podIP: '10.244.0.2', podIPs: [{ ip: '10.244.0.2' }] } });
    start('endpoints-controller', 'endpointslice-controller');
    await settle();
    const [endpoints] = await of<Endpoints>(resources.endpoints);
    expect(endpoints?.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.1' }], notReadyAddresses: [{ ip: '10.244.0.2' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }]);
    const slices = await of<EndpointSlice>(resources.endpointSlices);
    expect(slices).toHaveLength(1);
    expect(slices[0]?.metadata.labels).toMatchObject({ 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' });
    expect(slices[0]?.endpoints?.map(({ conditions }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false }, { ready: false, serving: false, terminating: false }]);
  });

  it('keeps one empty slice for a service that selects nothing', async () => {
    await cluster.resource<Service>(resources.services).create(service);
    start('endpointslice-controller');
    await settle();
    const slices = await of<EndpointSlice>(resources.endpointSlices);
    expect(slices.map(({ endpoints }) => endpoints)).toEqual([[]]);
  });
});

describe('nodes', () => {
  const node = (name: string): Node => ({
    metadata: { name }, status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: new Date(clock.now()).toISOString() }] },
  });

  it('gives each node its own range of pod addresses', async () => {
    for (const name of ['a', 'b', 'c']) await cluster.resource<Node>(resources.nodes).create(node(name));
    start('node-ipam-controller');
    await settle();
    expect((await of<Node>(resources.nodes)).map(({ spec }) => spec?.podCIDR)).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
  });

  it('declares a silent node unknown after 50 s, and evicts its pods after their toleration', async () => {
    for (const name of ['dead', 'alive']) await cluster.resource<Node>(resources.nodes).create(node(name));
    const tolerations = ['not-ready', 'unreachable'].map((key) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
    await cluster.resource<Pod>(resources.pods).create({ metadata: { name: 'web', namespace: 'default' }, spec: { containers: [], nodeName: 'dead', tolerations } });
    const [pod] = await pods();
    if (pod) await makeReady(pod);
    start('node-lifecycle-controller', 'taint-eviction-controller');
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 5) {
        await clock.advance(5000);
        const alive = await cluster.resource<Node>(resources.nodes).get('alive');
        await cluster.resource<Node>(resources.nodes).updateStatus({ ...alive, ...node('alive'), metadata: alive.metadata });
      }
    };
    await pass(45);
    expect((await cluster.resource<Node>(resources.nodes).get('dead')).status?.conditions?.[0]?.status).toBe('True');
    await pass(20);
    const dead = await cluster.resource<Node>(resources.nodes).get('dead');
    expect(dead.status?.conditions?.[0]).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
    expect(dead.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
    expect((await pods())[0]?.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False' });
    await pass(280);
    expect((await pods())[0]?.metadata.deletionTimestamp).toBeUndefined();
    await pass(30);
    expect((await pods())[0]?.metadata.deletionTimestamp).toBeDefined();
    expect(cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'TaintManagerEviction', message: 'Marking for deletion Pod default/web' }));
  });

  it('starts grace afresh after the machine slept', async () => {
    await cluster.resource<Node>(resources.nodes).create(node('a'));
    start('node-lifecycle-controller');
    await clock.advance(5000);
    Object.assign(clock, { time: clock.now() + 3_600_000 });
    await clock.advance(10_000);
    expect((await cluster.resource<Node>(resources.nodes).get('a')).status?.conditions?.[0]?.status).toBe('True');
  });

  it('removes pods of a node that is gone', async () => {
    await cluster.resource<Pod>(resources.pods).create({ metadata: { name: 'lost', namespace: 'default' }, spec: { containers: [], nodeName: 'gone' } });
    cluster.collection(resources.nodes);
    start('pod-garbage-collector-controller');
    await clock.advance(30_000);
    expect(await pods()).toHaveLength(1);
    await clock.advance(60_000);
    expect(await pods()).toHaveLength(0);
  });
});

describe('namespaces', () => {
  it('gives each a default service account and the root certificate', async () => {
    await cluster.resource<Namespace>(resources.namespaces).create({ metadata: { name: 'shop' } });
    start('serviceaccount-controller', 'root-ca-certificate-publisher-controller');
    await settle();
    expect((await of<ServiceAccount>(resources.serviceAccounts)).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(['shop/default']);
    expect((await of<ConfigMap>(resources.configMaps))[0]).toMatchObject({ metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': 'PEM' } });
  });

  it('empties a deleted namespace before it goes, and says what holds it', async () => {
    await cluster.resource<Namespace>(resources.namespaces).create({ metadata: { name: 'shop' }, spec: { finalizers: ['kubernetes'] } });
    await cluster.resource<ConfigMap>(resources.configMaps).create({ metadata: { name: 'a', namespace: 'shop' } });
    await cluster.resource<ConfigMap>(resources.configMaps).create({ metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] } });
    start('namespace-controller');
    await cluster.resource<Namespace>(resources.namespaces).delete('shop');
    await settle();
    const namespace = await cluster.resource<Namespace>(resources.namespaces).get('shop');
    expect(namespace.status?.phase).toBe('Terminating');
    expect(namespace.status?.conditions).toContainEqual(expect.objectContaining({
      type: 'NamespaceFinalizersRemaining', status: 'True', message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    }));
    await cluster.resource<ConfigMap>(resources.configMaps).patch('held', 'shop', 'merge', { metadata: { finalizers: null } });
    for (let i = 0; i < 5; i++) await settle();
    await expect(cluster.resource<Namespace>(resources.namespaces).get('shop')).rejects.toThrow('not found');
  });
});

describe('garbage collection', () => {
  const owned = async (name: string, owner: Live<KubeObject>, blockOwnerDeletion = true) =>
    cluster.resource<ConfigMap>(resources.configMaps).create({
      metadata: { name, namespace: 'default', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name, uid: owner.metadata.uid, blockOwnerDeletion }] },
    });
  const names = async () => (await of<ConfigMap>(resources.configMaps)).map(({ metadata }) => metadata.name).sort();
  const owner = () => cluster.resource<ConfigMap>(resources.configMaps).create({ metadata: { name: 'owner', namespace: 'default' } });

  it('deletes dependents after their owner in the background, down the line', async () => {
    const child = await owned('child', await owner());
    await owned('grandchild', child);
    start('garbage-collector-controller');
    await settle();
    expect(await names()).toEqual(['child', 'grandchild', 'owner']);
    await cluster.resource<ConfigMap>(resources.configMaps).delete('owner', 'default');
    await settle();
    expect(await names()).toEqual([]);
  });

  it('keeps a foreground-deleted owner until its blocking dependents are gone', async () => {
    const child = await owned('child', await owner());
    await cluster.resource<ConfigMap>(resources.configMaps).patch('child', 'default', 'merge', { metadata: { finalizers: ['example.com/hold'] } });
    start('garbage-collector-controller');
    await settle();
    await cluster.resource<ConfigMap>(resources.configMaps).delete('owner', 'default', { propagationPolicy: 'Foreground' });
    await settle();
    expect(await names()).toEqual(['child', 'owner']);
    const held = await cluster.resource<ConfigMap>(resources.configMaps).get('child', 'default');
    expect(held.metadata.deletionTimestamp).toBeDefined();
    expect(held.metadata.uid).toBe(child.metadata.uid);
    await cluster.resource<ConfigMap>(resources.configMaps).patch('child', 'default', 'merge', { metadata: { finalizers: null } });
    await settle();
    expect(await names()).toEqual([]);
  });

  it('sets dependents free when they are to be orphaned', async () => {
    await owned('child', await owner());
    start('garbage-collector-controller');
    await settle();
    await cluster.resource<ConfigMap>(resources.configMaps).delete('owner', 'default', { propagationPolicy: 'Orphan' });
    await settle();
    expect(await names()).toEqual(['child']);
    expect((await cluster.resource<ConfigMap>(resources.configMaps).get('child', 'default')).metadata.ownerReferences).toBeUndefined();
  });

  it('deletes at start what lost its owner while nobody watched', async () => {
    const lost = await owner();
    await owned('child', lost);
    await cluster.resource<ConfigMap>(resources.configMaps).delete('owner', 'default');
    start('garbage-collector-controller');
    await settle();
    expect(await names()).toEqual([]);
  });
});
