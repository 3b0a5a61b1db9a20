import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, LimitRange, Namespace, PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../../api/kinds';
import { StatusError } from '../../api/status';
import { Client } from '../../client/resource-client';
import { systemClock } from '../../clock';
import { startControllers } from '../../controllers';
import type { Controllers } from '../../controllers';
import { resources } from '../../controllers/kit/resources';
import type { Resource } from '../../controllers/kit/resources';
import { silentLogger } from '../../log';
import { openMemoryStore } from '../../store/journaled-store';
import { createApiServer, inProcessTransport } from '../server';
import type { ApiServer } from '../server';
import { createAdmission } from '.';

const admin = { name: 'admin', groups: ['system:masters'] };
const limitRanges: Resource = { group: '', version: 'v1', resource: 'limitranges', namespaced: true };

let server: ApiServer;
let client: Client;
let controllers: Controllers;

beforeEach(async () => {
  server = await createApiServer({
    store: openMemoryStore(), certificate: { cert: '', key: '' },
    components: (internals) => ({
      authenticator: { authenticate: () => admin }, authorizer: { authorize: () => ({ allowed: true }) }, admission: createAdmission(internals),
      subresourceHandlers: new Map([['/serviceaccounts/token', ({ object }) => object]]),
    }),
  });
  client = new Client(inProcessTransport(server, admin));
  controllers = startControllers({
    client, clock: systemClock, logger: silentLogger, options: { clusterCidr: '10.244.0.0/16', rootCaPem: 'PEM' },
    enabled: [
      'serviceaccount-controller', 'resourcequota-controller', 'namespace-controller', 'persistentvolumeclaim-protection-controller',
      'persistentvolume-protection-controller',
    ],
  });
});

afterEach(async () => {
  await controllers.stop();
  await server.close();
});

const create = <T extends KubeObject>(resource: Resource, object: T) => client.resource<T>(resource).create(object);
const addNamespace = (name = 'shop') => create<Namespace>(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const pod = (name: string): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' }, spec: { containers: [{ name: 'app', image: 'nginx:1' }] } });
const addPod = (name: string) => create<Pod>(resources.pods, pod(name));
const messageOf = (promise: Promise<unknown>) => promise.then(() => 'created', (error: unknown) => (error instanceof StatusError ? error.message : String(error)));

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('never came to be');
}

describe('a server with its admission', () => {
  it('takes a pod right after its namespace, and gives it what a kubelet needs', async () => {
    await addNamespace();
    const { spec } = await addPod('web');
    expect(spec).toMatchObject({
      serviceAccountName: 'default', serviceAccount: 'default', priority: 0, preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [{ key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 }, { key: 'node.kubernetes.io/unreachable', tolerationSeconds: 300 }],
      volumes: [{ projected: { defaultMode: 420 } }],
      containers: [{ volumeMounts: [{ readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }],
    });
  });

  it('has no place for what is in no namespace', async () => {
    expect(await messageOf(addPod('web'))).toBe('namespaces "shop" not found');
  });

  it('lets no more pods in than a quota has places for, however many come at once', async () => {
    await addNamespace();
    await create<ResourceQuota>(resources.resourceQuotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few', namespace: 'shop' }, spec: { hard: { pods: '5' } } });
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => messageOf(addPod(`web-${i}`))));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(5);
    expect(outcomes.find((outcome) => outcome !== 'created')).toMatch(/^pods "web-\d+" is forbidden: exceeded quota: few, requested: pods=1, used: pods=\d, limited: pods=5$/);
    const { items } = await client.pods.list({ namespace: 'shop' });
    expect(items).toHaveLength(5);
    await client.pods.delete(items[0]!.metadata.name, 'shop', { gracePeriodSeconds: 0 });
    expect(await messageOf(addPod('later'))).toBe('created');
    const quotas = client.resource<ResourceQuota>(resources.resourceQuotas);
    await until(async () => (await quotas.get('few', 'shop')).status?.used?.['pods'] === '5');
  });

  it('a create that fails takes no place', async () => {
    await addNamespace();
    await addPod('web');
    await create<ResourceQuota>(resources.resourceQuotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few', namespace: 'shop' }, spec: { hard: { pods: '2' } } });
    expect(await messageOf(addPod('web'))).toBe('pods "web" already exists');
    expect(await messageOf(addPod('other'))).toBe('created');
  });

  it('charges a Service for the ports that an update adds', async () => {
    await addNamespace();
    const hard = { 'services.nodeports': '1' };
    await create<ResourceQuota>(resources.resourceQuotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'ports', namespace: 'shop' }, spec: { hard } });
    const service: Service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: { type: 'NodePort', ports: [{ name: 'a', port: 80 }] } };
    const { spec } = await create<Service>(resources.services, service);
    const patch = { spec: { ports: [...spec!.ports!, { name: 'b', port: 81, protocol: 'TCP' }] } };
    expect(await messageOf(client.resource<Service>(resources.services).patch('web', 'shop', 'merge', patch))).toBe(
      'services "web" is forbidden: exceeded quota: ports, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1');
  });

  it('fills in and holds to the limits of a namespace', async () => {
    await addNamespace();
    const limits = [{ type: 'Container', default: { cpu: '500m' }, max: { cpu: '1' } }];
    await create<LimitRange>(limitRanges, { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l', namespace: 'shop' }, spec: { limits } });
    const { spec, status } = await addPod('web');
    expect([spec!.containers[0]!.resources, status!.qosClass]).toEqual([{ limits: { cpu: '500m' }, requests: { cpu: '500m' } }, 'Burstable']);
    const greedy = pod('greedy');
    greedy.spec!.containers[0]!.resources = { limits: { cpu: '2' } };
    expect(await messageOf(create<Pod>(resources.pods, greedy))).toBe('pods "greedy" is forbidden: maximum cpu usage per Container is 1, but limit is 2');
  });

  it('keeps a claim while a pod has it, and lets it go after', async () => {
    await addNamespace();
    const claims = client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await claims.create({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'shop' }, spec });
    const user = pod('web');
    Object.assign(user.spec!, { nodeName: 'n', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    await create<Pod>(resources.pods, user);
    await claims.delete('data', 'shop');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await claims.get('data', 'shop')).metadata).toMatchObject({ finalizers: ['kubernetes.io/pvc-protection'], deletionTimestamp: expect.any(String) });
    await client.pods.delete('web', 'shop', { gracePeriodSeconds: 0 });
    await until(async () => (await claims.list({ namespace: 'shop' })).items.length === 0);
  });

  it('gives a kubelet tokens of its own pods alone', async () => {
    await addNamespace();
    await addPod('web');
    const kubelet = new Client(inProcessTransport(server, { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }));
    const spec = { audiences: [], boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: (await client.pods.get('web', 'shop')).metadata.uid } };
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec };
    expect(await messageOf(kubelet.resource(resources.serviceAccounts).subresource('POST', 'default', 'shop', 'token', request))).toBe(
      'serviceaccounts "default" is forbidden: node requested token bound to a pod scheduled on a different node');
  });

  it('protects the namespaces of the system', async () => {
    await addNamespace('kube-system');
    expect(await messageOf(client.resource<Namespace>(resources.namespaces).delete('kube-system'))).toBe('namespaces "kube-system" is forbidden: this namespace may not be deleted');
  });
});
