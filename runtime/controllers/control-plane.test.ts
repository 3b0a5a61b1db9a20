import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment, Endpoints, KubeObject, Live, Namespace, Node, Pod, ReplicaSet, Service } from '../api/kinds';
import type { ApiServer } from '../apiserver/server';
import { createApiServer, inProcessTransport } from '../apiserver/server';
import { Client } from '../client/resource-client';
import { systemClock } from '../clock';
import { silentLogger } from '../log';
import { startScheduler } from '../scheduler';
import { openMemoryStore } from '../store/journaled-store';
import { startControllers } from './index';
import { resources } from './kit/resources';
import type { Resource } from './kit/resources';

const admin = { name: 'admin', groups: ['system:masters'] };

let server: ApiServer;
let client: Client;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  server = await createApiServer({
    store: openMemoryStore(), certificate: { cert: '', key: '' },
    components: () => ({ authenticator: { authenticate: () => admin }, authorizer: { authorize: () => ({ allowed: true }) } }),
  });
  client = new Client(inProcessTransport(server, admin));
  const common = { client, clock: systemClock, logger: silentLogger };
  const controllers = startControllers({ ...common, options: { clusterCidr: '10.244.0.0/16', rootCaPem: 'PEM' } });
  const scheduler = startScheduler(common);
  stops.push(() => controllers.stop(), () => scheduler.stop());
  await client.resource<Namespace>(resources.namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await server.close();
});

const list = async <T extends KubeObject>(resource: Resource) => (await client.resource<T>(resource).list({ namespace: 'shop' })).items;

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('never came to be');
}

async function addNode(name: string): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const nodes = client.resource<Node>(resources.nodes);
  await nodes.create({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } } });
  const amounts = { cpu: '4', memory: '8Gi', pods: '110' };
  const ready = {
    type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', lastHeartbeatTime: now, lastTransitionTime: now,
  };
  const status = { capacity: amounts, allocatable: amounts, conditions: [ready] };
  await nodes.patch(name, undefined, 'strategic', { status }, { subresource: 'status' });
}

/** What a kubelet would report, or do with a pod that is to end. */
async function playKubelet(): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  for (const [i, pod] of (await list<Pod>(resources.pods)).entries()) {
    if (pod.metadata.deletionTimestamp) {
      await client.pods.delete(pod.metadata.name, 'shop', { gracePeriodSeconds: 0 }).catch(() => {});
    } else if (pod.spec?.nodeName && pod.status?.phase !== 'Running') {
      const ip = `10.244.0.${i + 1}`;
      const ready = { type: 'Ready', status: 'True', lastTransitionTime: now };
      await client.pods.patch(pod.metadata.name, 'shop', 'strategic', { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [ready] } }, { subresource: 'status' });
    }
  }
}

const labels = { app: 'web' };
const deployment = (image: string): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } } },
});

const running = async (image: string): Promise<Live<Pod>[]> => {
  await playKubelet();
  return (await list<Pod>(resources.pods)).filter(({ spec, status, metadata }) =>
    !metadata.deletionTimestamp && status?.phase === 'Running' && spec?.containers[0]?.image === image);
};

describe('a control plane without kubelets', () => {
  it('runs and rolls out a deployment behind a service, and cleans up after it', async () => {
    for (const name of ['a', 'b', 'c']) await addNode(name);
    await client.services.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } } satisfies Service);
    await client.deployments.create(deployment('web:1'));
    await until(async () => (await running('web:1')).length === 3);
    const nodes = (await running('web:1')).map(({ spec }) => spec?.nodeName).sort();
    expect(nodes).toEqual(['a', 'b', 'c']);
    await until(async () => (await list<Endpoints>(resources.endpoints))[0]?.subsets?.[0]?.addresses?.length === 3);
    await client.deployments.patch('web', 'shop', 'strategic', { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } });
    await until(async () => (await running('web:2')).length === 3 && (await list<Pod>(resources.pods)).length === 3);
    const done = (status: Deployment['status']) => status?.conditions?.some(({ reason }) => reason === 'NewReplicaSetAvailable') && status.updatedReplicas === 3;
    await until(async () => done((await client.deployments.get('web', 'shop')).status) ?? false);
    expect(await list<ReplicaSet>(resources.replicaSets)).toHaveLength(2);
    await client.deployments.delete('web', 'shop', { propagationPolicy: 'Background' });
    await until(async () => {
      await playKubelet();
      return (await list<Pod>(resources.pods)).length === 0 && (await list<ReplicaSet>(resources.replicaSets)).length === 0;
    });
  });

  it('deletes a namespace with everything in it', async () => {
    await client.configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace: 'shop' } });
    await until(async () => (await list(resources.serviceAccounts)).length === 1 && (await list(resources.configMaps)).length === 2);
    await client.namespaces.delete('shop');
    await until(async () => !(await client.namespaces.list()).items.some(({ metadata }) => metadata.name === 'shop'));
    expect(await list(resources.configMaps)).toEqual([]);
  });
});
