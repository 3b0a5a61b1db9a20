import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CustomResourceDefinition, Scale } from '../../runtime/api/kinds';
import type { KubeList, UntypedObject } from '../../runtime/api/object';
import { TestServer } from './test-server';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const name = 'crontabs.stable.example.com';
const objects = '/apis/stable.example.com/v1/namespaces/default/crontabs';

const schema = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object', required: ['schedule'],
        properties: {
          schedule: { type: 'string', pattern: '^[*0-9 /]+$' },
          replicas: { type: 'integer', minimum: 0, maximum: 10, default: 1 },
          mode: { type: 'string', enum: ['fast', 'slow'] },
        },
      },
      status: { type: 'object', properties: { replicas: { type: 'integer' } } },
    },
  },
};
const version = (versionName: string, storage: boolean) => ({
  name: versionName, served: true, storage, schema,
  subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
  selectableFields: [{ jsonPath: '.spec.mode' }],
  additionalPrinterColumns: [{ name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' }],
});
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name },
  spec: {
    group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'] },
    versions: [version('v1', true), version('v1beta1', false)],
  },
};
const cronTab = (objectName: string, spec: object, apiVersion = 'stable.example.com/v1') => ({
  apiVersion, kind: 'CronTab', metadata: { name: objectName }, spec,
});

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.create(definitions, definition);
  await vi.waitFor(async () => expect((await get(objects)).code).toBe(200));
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) => server.call({ path, headers });
const post = (body: unknown, query = '') => server.call({ method: 'POST', path: objects + query, body });

describe('a custom resource', () => {
  it('is served once its names are accepted', async () => {
    const { status } = (await get(`${definitions}/${name}`)).as<CustomResourceDefinition>();
    expect(status!.conditions!.map(({ type, status: value }) => `${type}=${value}`)).toEqual(['NamesAccepted=True', 'Established=True']);
    expect([status!.storedVersions, status!.acceptedNames]).toEqual([
      ['v1'], { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', listKind: 'CronTabList', shortNames: ['ct'] },
    ]);
  });

  it('is given defaults, pruned and validated by its schema', async () => {
    const created = (await post(cronTab('a', { schedule: '* *', foo: 1 }))).as();
    expect(created['spec']).toEqual({ schedule: '* *', replicas: 1 });
    expect((await post(cronTab('b', { schedule: 'no', replicas: 11, mode: 'odd' }))).failure).toBe(
      '422 Invalid: CronTab.stable.example.com "b" is invalid: [spec.schedule: Invalid value: "no": spec.schedule in body should match \'^[*0-9 /]+$\', ' +
        'spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10, ' +
        'spec.mode: Unsupported value: "odd": supported values: "fast", "slow"]',
    );
    expect((await post(cronTab('b', {}))).failure).toMatch(/spec\.schedule: Required value$/);
    expect((await post(cronTab('b', { schedule: '*', foo: 1 }), '?fieldValidation=Strict')).failure).toMatch(/strict decoding error: unknown field "spec\.foo"$/);
  });

  it('has the same objects in every version', async () => {
    const beta = (await get('/apis/stable.example.com/v1beta1/namespaces/default/crontabs/a')).as();
    expect(beta).toMatchObject({ apiVersion: 'stable.example.com/v1beta1', kind: 'CronTab', metadata: { name: 'a' } });
    const path = '/apis/stable.example.com/v1beta1/namespaces/default/crontabs';
    await server.create(path, cronTab('from-beta', { schedule: '*' }, 'stable.example.com/v1beta1'));
    expect((await get(`${objects}/from-beta`)).as().apiVersion).toBe('stable.example.com/v1');
  });

  it('keeps status and spec apart, and scales', async () => {
    const path = `${objects}/a`;
    const main = (await server.patch(path, 'merge', { status: { replicas: 5 }, spec: { replicas: 2 } })).as();
    expect([main['status'], main.metadata.generation]).toEqual([undefined, 2]);
    const status = (await server.patch(`${path}/status`, 'merge', { status: { replicas: 5 }, spec: { replicas: 9 } })).as();
    expect([status['status'], (status['spec'] as { replicas: number }).replicas]).toEqual([{ replicas: 5 }, 2]);
    expect((await get(`${path}/scale`)).as<Scale>()).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 5 } });
    await server.patch(`${path}/scale`, 'merge', { spec: { replicas: 3 } });
    expect(((await get(path)).as()['spec'] as { replicas: number }).replicas).toBe(3);
  });

  it('is selected by the fields that its definition names, and shown in its columns', async () => {
    await server.create(objects, cronTab('fast', { schedule: '*', mode: 'fast' }));
    const items = async (selector: string) => (await get(`${objects}?fieldSelector=${encodeURIComponent(selector)}`)).as<KubeList>().items.map((item) => item.metadata.name);
    expect(await items('spec.mode=fast')).toEqual(['fast']);
    expect((await get(`${objects}?fieldSelector=spec.replicas%3D1`)).failure).toBe('400 BadRequest: field label not supported: spec.replicas');
    const table = (await get(`${objects}/fast`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).as<UntypedObject & { rows: { cells: unknown[] }[] }>();
    expect(table.rows[0]!.cells).toEqual(['fast', '*']);
  });

  it('knows no strategic merge patch', async () => {
    expect((await server.patch(`${objects}/a`, 'strategic', {})).failure).toMatch(/^415 UnsupportedMediaType: .*application\/merge-patch\+json, application\/apply-patch\+yaml$/);
  });

  it('appears in discovery and OpenAPI', async () => {
    const group = (await get('/apis/stable.example.com')).as<{ versions: { version: string }[] }>();
    expect(group.versions.map((v) => v.version)).toEqual(['v1', 'v1beta1']);
    const resources = (await get('/apis/stable.example.com/v1')).as<{ resources: { name: string }[] }>().resources;
    expect(resources.map((r) => r.name)).toEqual(['crontabs', 'crontabs/status', 'crontabs/scale']);
    expect((await get('/openapi/v3')).as<{ paths: object }>().paths).toHaveProperty(['apis/stable.example.com/v1']);
  });

  it('is refused to a second definition of the same names', async () => {
    const other = structuredClone(definition);
    other.metadata.name = 'others.stable.example.com';
    other.spec.names = { plural: 'others', kind: 'CronTab', shortNames: ['ct'] };
    await server.create(definitions, other);
    const condition = async () =>
      (await get(`${definitions}/others.stable.example.com`)).as<CustomResourceDefinition>().status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
    await expect.poll(condition).toEqual(['NamesAccepted=False ListKindConflict', 'Established=False NotAccepted']);
    expect((await get('/apis/stable.example.com/v1/others')).code).toBe(404);
    await server.call({ method: 'DELETE', path: `${definitions}/others.stable.example.com` });
  });

  it('goes with its definition, objects first', async () => {
    const watch = server.watch(`${objects}?watch=1`);
    const names = (await watch.events(3)).map(({ object }) => object.metadata.name);
    const deleted = (await server.call({ method: 'DELETE', path: `${definitions}/${name}` })).as();
    expect(deleted.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    expect((await watch.events(3)).map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(names.map((n) => `DELETED ${n}`));
    watch.close();
    await expect.poll(async () => (await get(`${definitions}/${name}`)).code).toBe(404);
    expect((await get(objects)).failure).toBe('404 NotFound: the server could not find the requested resource');
  });
});
