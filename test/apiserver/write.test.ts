import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, Namespace, Pod, Scale, Secret } from '../../runtime/api/kinds';
import { configMap, deployment, paths, pod } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => void (server = await TestServer.start()));
afterAll(() => server.close());

const post = (path: string, body: unknown, query = '') => server.call({ method: 'POST', path: path + query, body });
const put = (path: string, body: unknown, query = '') => server.call({ method: 'PUT', path: path + query, body });
const get = (path: string) => server.call({ path });

describe('create', () => {
  it('fills in what the server owns', async () => {
    const created = await server.create<Pod>(paths.pods, pod('fresh', {}, { uid: 'mine', deletionTimestamp: '2020-01-01T00:00:00Z' }));
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.metadata).toMatchObject({ namespace: 'default', generation: 1, creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(created.metadata.deletionTimestamp).toBeUndefined();
    expect(created.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(created.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
  });

  it('makes a name of a prefix', async () => {
    const created = await server.create(paths.configMaps, { ...configMap(''), metadata: { generateName: 'some-' } });
    expect(created.metadata.name).toMatch(/^some-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('in dry run answers and stores nothing', async () => {
    const dry = await post(paths.configMaps, configMap('dry'), '?dryRun=All');
    expect([dry.code, dry.as().metadata.name, dry.as().metadata.resourceVersion]).toEqual([201, 'dry', undefined]);
    expect((await get(`${paths.configMaps}/dry`)).code).toBe(404);
  });

  it.each<[string, string, unknown, string, string]>([
    ['a name that is taken', paths.pods, pod('fresh'), '', '409 AlreadyExists: pods "fresh" already exists'],
    ['another namespace in the body', paths.pods, pod('x', {}, { namespace: 'other' }), '',
      '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request'],
    ['another version in the body', paths.pods, { ...pod('x'), apiVersion: 'v2' }, '',
      '400 BadRequest: the API version in the data (v2) does not match the expected API version (v1)'],
    ['a resourceVersion', paths.configMaps, configMap('x', {}, { resourceVersion: '5' }), '',
      '500 : resourceVersion should not be set on objects to be created'],
    ['an unknown field, strictly', paths.pods, pod('x', { foo: 1 }), '?fieldValidation=Strict',
      '400 BadRequest: Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo"'],
    ['a wrong type', paths.pods, pod('x', { hostNetwork: 'yes' }), '',
      '400 BadRequest: Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool'],
    ['no containers', paths.pods, pod('x', { containers: [] }), '', '422 Invalid: Pod "x" is invalid: spec.containers: Required value'],
    ['an unknown dryRun', paths.configMaps, configMap('x'), '?dryRun=Some',
      '422 Invalid: CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    ['an unknown fieldValidation', paths.configMaps, configMap('x'), '?fieldValidation=Maybe',
      '422 Invalid: CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"'],
    ['no namespace', '/api/v1/pods', pod('x'), '', '405 MethodNotAllowed: the server does not allow this method on the requested resource'],
    ['a kind that is not served', '/api/v1/namespaces/default/nonsense', {}, '', '404 NotFound: the server could not find the requested resource'],
    ['half an object', paths.pods, '{"kind":', '',
      '400 BadRequest: the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"kind":)'],
  ])('refuses %s', async (_name, path, body, query, expected) => {
    expect((await post(path, body, query)).failure).toBe(expected);
  });

  it('warns of unknown and repeated fields unless told otherwise', async () => {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"warned"},"data":{"a":"1","a":"2"},"foo":1}';
    const reply = await post(paths.configMaps, body);
    expect(reply.headers['warning']).toBe('299 - "duplicate field \\"data.a\\"", 299 - "unknown field \\"foo\\""');
    expect(reply.as()['data']).toEqual({ a: '2' });
    const silent = await post(paths.configMaps, body.replace('warned', 'silent'), '?fieldValidation=Ignore');
    expect([silent.code, silent.headers['warning']]).toEqual([201, undefined]);
  });

  it('reads YAML, and no other format', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {mode: "0644"}\n';
    const as = (type: string) => server.call({ method: 'POST', path: paths.configMaps, body: yaml, headers: { 'content-type': type } });
    expect((await as('application/yaml')).as()['data']).toEqual({ mode: '0644' });
    expect((await as('text/plain')).failure).toMatch(/^415 UnsupportedMediaType: the body of the request was in an unknown format/);
  });

  it('turns stringData into data', async () => {
    const created = await server.create<Secret>('/api/v1/namespaces/default/secrets', {
      apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'x' },
    });
    expect([created.type, created.data, created.stringData]).toEqual(['Opaque', { a: 'eA==' }, undefined]);
  });
});

describe('update', () => {
  it('counts generations only when the spec changes, and leaves the status alone', async () => {
    const created = await server.create<Deployment>(paths.deployments, deployment('gen'));
    const path = `${paths.deployments}/gen`;
    const labelled = (await put(path, { ...created, metadata: { ...created.metadata, labels: { a: 'b' } }, status: { replicas: 9 } })).as<Deployment>();
    expect([labelled.metadata.generation, labelled.status!.replicas]).toEqual([1, undefined]);
    const scaled = (await put(path, { ...labelled, spec: { ...labelled.spec, replicas: 3 } })).as<Deployment>();
    expect(scaled.metadata.generation).toBe(2);
  });

  it('through status changes nothing else', async () => {
    const created = await server.create<Deployment>(paths.deployments, deployment('stat'));
    const reply = await put(`${paths.deployments}/stat/status`, { ...created, spec: { ...created.spec, replicas: 7 }, status: { replicas: 2 } });
    expect(reply.as<Deployment>()).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 2 }, metadata: { generation: 1 } });
  });

  it('that changes nothing writes nothing', async () => {
    const created = await server.create(paths.configMaps, configMap('same', { a: '1' }));
    const again = (await put(`${paths.configMaps}/same`, created)).as();
    expect(again.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  });

  it('of an older version conflicts', async () => {
    const created = await server.create(paths.configMaps, configMap('race'));
    await server.patch(`${paths.configMaps}/race`, 'merge', { data: { a: '1' } });
    expect((await put(`${paths.configMaps}/race`, created)).failure).toBe(
      '409 Conflict: Operation cannot be fulfilled on configmaps "race": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('of what is not there is not found, or creates what may be created so', async () => {
    expect((await put(`${paths.configMaps}/none`, configMap('none'))).failure).toBe('404 NotFound: configmaps "none" not found');
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
    expect((await put('/apis/coordination.k8s.io/v1/namespaces/default/leases/l', lease)).code).toBe(201);
    expect((await put('/apis/coordination.k8s.io/v1/namespaces/default/leases/l', lease)).failure).toBe(
      '422 Invalid: Lease.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  it('with another name or uid is refused', async () => {
    await server.create(paths.configMaps, configMap('named'));
    expect((await put(`${paths.configMaps}/named`, configMap('other'))).failure).toBe(
      '400 BadRequest: the name of the object (other) does not match the name on the URL (named)',
    );
    expect((await put(`${paths.configMaps}/named`, configMap('named', {}, { uid: 'other' }))).failure).toMatch(
      /^409 Conflict: Operation cannot be fulfilled on configmaps "named": Precondition failed: UID in precondition: other, UID in object meta: /,
    );
  });

  it('under contention loses no write', async () => {
    await server.create(paths.configMaps, configMap('busy'));
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, i) => server.patch(`${paths.configMaps}/busy`, 'merge', { data: { [`k${i}`]: 'v' } })),
    );
    expect(new Set(replies.map((reply) => reply.code))).toEqual(new Set([200]));
    expect(Object.keys((await get(`${paths.configMaps}/busy`)).as()['data'] as object)).toHaveLength(30);
  });
});

describe('patch', () => {
  it('knows the four kinds of patches', async () => {
    await server.create<Deployment>(paths.deployments, deployment('patched'));
    const path = `${paths.deployments}/patched`;
    expect((await server.patch(path, 'json', [{ op: 'replace', path: '/spec/replicas', value: 2 }])).as<Deployment>().spec!.replicas).toBe(2);
    expect((await server.patch(path, 'merge', { spec: { replicas: 3 } })).as<Deployment>().spec!.replicas).toBe(3);
    const strategic = await server.patch(path, 'strategic', { spec: { template: { spec: { containers: [{ name: 'side', image: 'x' }] } } } });
    expect(strategic.as<Deployment>().spec!.template.spec!.containers.map((c) => c.name)).toEqual(['side', 'c']);
    const applied = await server.patch(`${path}?fieldManager=me&force=true`, 'apply', { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 4 } });
    expect(applied.as<Deployment>().spec!.replicas).toBe(4);
  });

  it.each<[string, string, 'json' | 'merge' | 'apply', unknown, string]>([
    ['force for an ordinary patch', '?force=true', 'merge', {}, '422 Invalid: PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'],
    ['an apply without manager', '', 'apply', {}, '422 Invalid: PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'],
    ['a change of the name', '', 'merge', { metadata: { name: 'x' } }, '400 BadRequest: the name of the object (x) does not match the name on the URL (target)'],
    ['a stale version', '', 'merge', { metadata: { resourceVersion: '1' } }, '409 Conflict: Operation cannot be fulfilled on configmaps "target": the object has been modified; please apply your changes to the latest version and try again'],
  ])('refuses %s', async (_name, query, type, body, expected) => {
    await post(paths.configMaps, configMap('target'));
    expect((await server.patch(`${paths.configMaps}/target${query}`, type, body)).failure).toBe(expected);
  });

  it('of an unknown kind lists those that are known', async () => {
    const reply = await server.call({ method: 'PATCH', path: `${paths.configMaps}/target`, body: {}, headers: { 'content-type': 'application/json' } });
    expect(reply.failure).toBe(
      '415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: ' +
        'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
    );
  });

  it('by apply creates, owns, and conflicts with other owners', async () => {
    const path = `${paths.configMaps}/owned`;
    const apply = (manager: string, value: string) =>
      server.patch(`${path}?fieldManager=${manager}`, 'apply', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned' }, data: { k: value } });
    expect((await apply('a', '1')).code).toBe(201);
    expect((await apply('a', '1')).code).toBe(200);
    const conflict = await apply('b', '2');
    expect(conflict.failure).toBe('409 Conflict: Apply failed with 1 conflict: conflict with "a": .data.k');
  });
});

describe('scale', () => {
  it('reads and writes the replicas of its parent', async () => {
    await server.create(paths.deployments, deployment('scaled', 2));
    const path = `${paths.deployments}/scaled/scale`;
    const scale = (await get(path)).as<Scale>();
    expect(scale).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 }, status: { replicas: 0, selector: 'app=scaled' } });
    expect((await put(path, { ...scale, spec: { replicas: 5 } })).as<Scale>().spec).toEqual({ replicas: 5 });
    expect((await server.patch(path, 'merge', { spec: { replicas: 0 } })).as<Scale>().spec).toEqual({});
    const after = (await get(`${paths.deployments}/scaled`)).as<Deployment>();
    expect([after.spec!.replicas, after.metadata.generation]).toEqual([0, 3]);
    expect((await put(path, { ...scale, spec: { replicas: 1 } })).code).toBe(409);
  });
});

describe('namespaces', () => {
  it('stay, terminating, until they are finalized', async () => {
    await server.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } });
    const deleted = (await server.call({ method: 'DELETE', path: '/api/v1/namespaces/ns' })).as<Namespace>();
    expect([deleted.kind, deleted.status, deleted.spec]).toEqual(['Namespace', { phase: 'Terminating' }, { finalizers: ['kubernetes'] }]);
    const finalized = await put('/api/v1/namespaces/ns/finalize', { ...deleted, spec: { finalizers: [] } });
    expect(finalized.code).toBe(200);
    expect((await get('/api/v1/namespaces/ns')).failure).toBe('404 NotFound: namespaces "ns" not found');
  });
});
