import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateSigningRequest, DaemonSet, Job, PersistentVolume, Pod } from '../../runtime/api/kinds';
import type { UntypedObject } from '../../runtime/api/object';
import { deployment, paths, pod } from './objects';
import { certificateRequest } from './minimal-objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

const put = async (path: string, body: unknown) => (await server.call({ method: 'PUT', path, body })).as();
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } };

describe('a job', () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const job = (name: string, spec: object = {}) => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template, ...spec } });

  it('selects its own pods by its uid, with the labels of old and of new', async () => {
    const created = await server.create<Job>(jobs, job('a'));
    const { uid } = created.metadata;
    expect(created.spec!.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
    expect(created.spec!.template.metadata!.labels).toEqual({
      'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': 'a', 'controller-uid': uid, 'job-name': 'a',
    });
  });

  it('keeps a selector that its user takes care of', async () => {
    const own = { manualSelector: true, selector: { matchLabels: { x: 'y' } }, template: { ...template, metadata: { labels: { x: 'y' } } } };
    const created = await server.create<Job>(jobs, job('manual', own));
    expect([created.spec!.selector, created.spec!.template.metadata!.labels]).toEqual([{ matchLabels: { x: 'y' } }, { x: 'y' }]);
  });

  it('refuses a selector that is in the way of its own', async () => {
    const taken = job('taken', { template: { ...template, metadata: { labels: { 'job-name': 'other' } } } });
    expect((await server.call({ method: 'POST', path: jobs, body: taken })).failure).toContain(
      "spec.template.metadata.labels[job-name]: Invalid value: {\"batch.kubernetes.io/controller-uid\"",
    );
  });

  it('warns that its pods stay when it is deleted without a policy', async () => {
    const plain = await server.call({ method: 'DELETE', path: `${jobs}/a` });
    expect(String(plain.headers['warning'])).toContain('child pods are preserved by default when jobs are deleted');
    const told = await server.call({ method: 'DELETE', path: `${jobs}/manual?propagationPolicy=Background` });
    expect(told.headers['warning']).toBeUndefined();
  });
});

describe('generations', () => {
  it('of a deployment count its annotations, not its labels', async () => {
    const created = await server.create(paths.deployments, deployment('d'));
    const path = `${paths.deployments}/d`;
    const generation = async (patch: object) => (await server.patch(path, 'merge', patch)).as().metadata.generation;
    expect(created.metadata.generation).toBe(1);
    expect(await generation({ metadata: { labels: { a: 'b' } } })).toBe(1);
    expect(await generation({ metadata: { annotations: { a: 'b' } } })).toBe(2);
    expect(await generation({ spec: { replicas: 3 } })).toBe(3);
  });

  it('of a daemon set and of its template are two', async () => {
    const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets';
    const { spec } = deployment('ds');
    const created = await server.create<DaemonSet>(daemonSets, {
      apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'ds' }, spec: { selector: spec.selector, template: spec.template },
    });
    const seen = ({ metadata }: UntypedObject) => [metadata.generation, metadata.annotations?.['deprecated.daemonset.template.generation']];
    expect(seen(created as never)).toEqual([1, '1']);
    const patch = async (body: object) => seen((await server.patch(`${daemonSets}/ds`, 'merge', body)).as());
    expect(await patch({ spec: { minReadySeconds: 1 } })).toEqual([2, '1']);
    expect(await patch({ spec: { template: { metadata: { annotations: { a: 'b' } } } } })).toEqual([3, '2']);
    expect(await patch({ metadata: { annotations: { 'deprecated.daemonset.template.generation': null } } })).toEqual([3, '2']);
  });

  it('of a pod count changes of its spec through any door', async () => {
    await server.create(paths.pods, pod('g', { containers: [{ name: 'c', image: 'a', resources: { requests: { cpu: '1' } } }] }));
    const path = `${paths.pods}/g`;
    const after = async (reply: Promise<{ as(): UntypedObject; code: number }>) => (await reply).as().metadata.generation;
    expect(await after(server.patch(path, 'strategic', { spec: { containers: [{ name: 'c', image: 'b' }] } }))).toBe(2);
    expect(await after(server.patch(`${path}/resize`, 'strategic', { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] } }))).toBe(3);
    const debug = { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' }] } };
    expect(await after(server.patch(`${path}/ephemeralcontainers`, 'strategic', debug))).toBe(4);
    const live = (await server.call({ path })).as<Pod>();
    expect([live.spec!.containers[0]!.resources, live.spec!.ephemeralContainers!.map((c) => c.name)]).toEqual([{ requests: { cpu: '2' } }, ['debug']]);
  });
});

describe('a resize', () => {
  it('changes resources alone, and of the same containers', async () => {
    await server.create(paths.pods, pod('r', { containers: [{ name: 'c', image: 'a', resources: { requests: { cpu: '1' } } }] }));
    const path = `${paths.pods}/r/resize`;
    const image = await server.patch(path, 'strategic', { spec: { containers: [{ name: 'c', image: 'other' }] } });
    expect(image.as<Pod>().spec!.containers[0]!.image).toBe('a');
    const added = await server.patch(path, 'strategic', { spec: { containers: [{ name: 'd', image: 'b' }] } });
    expect(added.code).toBe(422);
  });
});

describe('a certificate signing request', () => {
  const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const csr = {
    apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'csr' },
    spec: { request: certificateRequest, signerName: 'example.com/a', usages: ['client auth'], username: 'somebody-else' },
  };

  it('is signed for whoever made it, and approved through its own door alone', async () => {
    const created = await server.create<CertificateSigningRequest>(requests, csr);
    expect([created.spec.username, created.spec.groups]).toEqual(['admin', ['system:masters', 'system:authenticated']]);
    const { resourceVersion: _version, ...metadata } = created.metadata;
    const approved = { ...created, metadata, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'x' }] } };
    const through = async (door: string) => ((await put(`${requests}/csr${door}`, approved)) as unknown as CertificateSigningRequest).status?.conditions;
    expect(await through('')).toBeUndefined();
    expect(await through('/status')).toBeUndefined();
    const conditions = await through('/approval');
    expect(conditions).toMatchObject([{ type: 'Approved', status: 'True', reason: 'x' }]);
    expect(conditions![0]!.lastUpdateTime).toMatch(/^\d{4}-/);
    const sign = (text: string) => {
      const certificate = Buffer.from(text).toString('base64');
      return server.patch(`${requests}/csr/status`, 'merge', { status: { conditions: null, certificate } });
    };
    expect((await sign('none')).failure).toContain('must contain at least one CERTIFICATE PEM block');
    const issued = await sign(server.ca);
    expect(issued.as<CertificateSigningRequest>().status!.conditions!.map(({ type }) => type)).toEqual(['Approved']);
  });
});

describe('volumes', () => {
  it('are pending until somebody says otherwise, and remember when', async () => {
    const volumes = '/api/v1/persistentvolumes';
    const created = await server.create<PersistentVolume>(volumes, {
      apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv' },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } },
    });
    expect(created.status!.phase).toBe('Pending');
    const moved = (await server.patch(`${volumes}/pv/status`, 'merge', { status: { phase: 'Available' } })).as<PersistentVolume>();
    expect(moved.status!.lastPhaseTransitionTime).toBeDefined();
  });

  it('a claim says its source in both of its fields', async () => {
    const source = { kind: 'PersistentVolumeClaim', name: 'other' };
    const claim = await server.create('/api/v1/namespaces/default/persistentvolumeclaims', {
      apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, dataSource: source },
    });
    expect([claim['status'], (claim['spec'] as { dataSourceRef: object }).dataSourceRef]).toEqual([{ phase: 'Pending' }, source]);
  });
});
