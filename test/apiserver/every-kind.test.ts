import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../runtime/api/catalogue';
import { apiVersionOf } from '../../runtime/api/object';
import type { KubeList, UntypedObject } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import { minimalObjects, prescribedNames } from './minimal-objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

const stored = catalogue.resources().filter(({ verbs, resource }) => verbs.includes('create') && verbs.includes('list') && resource !== 'bindings');
const keyOf = ({ group, resource }: ResourceInfo) => (group ? `${resource}.${group}` : resource);

const namespace = 'default';
const collectionOf = (info: ResourceInfo) =>
  `${info.group ? '/apis' : '/api'}/${apiVersionOf(info)}/${info.namespaced ? `namespaces/${namespace}/` : ''}${info.resource}`;

function objectOf(info: ResourceInfo, name: string): UntypedObject {
  const key = keyOf(info);
  const text = JSON.stringify(minimalObjects[key]).replaceAll('NAMESPACE', namespace).replaceAll('NAME', name);
  const fields = JSON.parse(text) as object;
  const prescribed = prescribedNames[key]?.replaceAll('NAME', name) ?? name;
  return { apiVersion: apiVersionOf(info), kind: info.kind, metadata: { name: prescribed, labels: { test: info.resource } }, ...fields };
}

describe.each(stored.map((info) => [`${info.resource} ${apiVersionOf(info)}`, info] as const))('%s', (_name, info) => {
  const collection = collectionOf(info);
  const object = objectOf(info, `${info.resource}-${info.version}`);
  const name = object.metadata.name!;
  const path = `${collection}/${name}`;
  const selector = `labelSelector=${encodeURIComponent(`test=${info.resource}`)}`;

  it('is created, read, listed, changed and deleted as any kind is', async () => {
    const watch = server.watch(`${collection}?watch=1&${selector}`);
    const dry = await server.call({ method: 'POST', path: `${collection}?dryRun=All&fieldValidation=Strict`, body: object });
    expect([dry.code, dry.code === 201 ? '' : dry.failure]).toEqual([201, '']);
    expect((await server.call({ path })).code).toBe(404);
    const created = await server.create(collection, object);
    expect(created).toMatchObject({ apiVersion: object.apiVersion, kind: object.kind, metadata: { name } });
    // Somebody else may have had to do with it since: definitions get their conditions at once.
    expect((await server.call({ path })).as()['spec']).toEqual(created['spec']);
    const list = (await server.call({ path: `${collection}?${selector}` })).as<KubeList<UntypedObject>>();
    expect([list.kind, list.apiVersion, list.items.map((item) => item.metadata.name)]).toEqual([info.listKind, object.apiVersion, [name]]);

    const live = (await server.call({ path })).as();
    const put = await server.call({ method: 'PUT', path, body: { ...live, metadata: { ...live.metadata, annotations: { put: 'x' } } } });
    expect([put.code === 200 ? '' : put.failure, put.as().metadata?.annotations]).toEqual(['', expect.objectContaining({ put: 'x' })]);
    for (const type of ['merge', 'strategic'] as const) {
      const patched = await server.patch(path, type, { metadata: { annotations: { [type]: 'x' } } });
      expect(patched.as().metadata.annotations, type).toMatchObject({ [type]: 'x' });
    }
    const json = await server.patch(path, 'json', [{ op: 'add', path: '/metadata/annotations/json', value: 'x' }]);
    expect(json.as().metadata.annotations).toMatchObject({ json: 'x' });
    const applied = await server.patch(`${path}?fieldManager=test`, 'apply', { apiVersion: object.apiVersion, kind: object.kind, metadata: { name, annotations: { apply: 'x' } } });
    expect([applied.code, applied.as().metadata?.annotations]).toEqual([200, expect.objectContaining({ apply: 'x', json: 'x', merge: 'x', put: 'x', strategic: 'x' })]);

    const types = (await watch.events(2)).map(({ type }) => type);
    expect(types).toEqual(['ADDED', 'MODIFIED']);
    watch.close();
  });

  it('is shown as a table and as metadata', async () => {
    const table = await server.call({ path, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
    const { columnDefinitions, rows } = table.as<UntypedObject & { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }>();
    expect(columnDefinitions.map((column) => column.name)).toContain('Name');
    expect(rows[0]!.cells).toHaveLength(columnDefinitions.length);
    const partial = (await server.call({ path: collection, headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' } })).as<KubeList<UntypedObject>>();
    expect([partial.kind, Object.keys(partial.items[0]!)]).toEqual(['PartialObjectMetadataList', ['kind', 'apiVersion', 'metadata']]);
  });

  const hasStatus = info.subresources.some((subresource) => subresource.name === 'status');
  if (hasStatus) it('has its status written through its own door', async () => {
    const read = await server.call({ path: `${path}/status` });
    expect([read.code, read.as().kind]).toEqual([200, info.kind]);
    const patched = await server.patch(`${path}/status`, 'merge', { metadata: { annotations: { status: 'x' } } });
    expect([patched.code, patched.code === 200 ? '' : patched.failure, patched.as().metadata?.annotations]).toEqual([200, '', expect.objectContaining({ status: 'x' })]);
    const put = await server.call({ method: 'PUT', path: `${path}/status`, body: patched.as() });
    expect([put.code, put.code === 200 ? '' : put.failure]).toEqual([200, '']);
  });

  it('is deleted, one by one and all at once', async () => {
    const dry = await server.call({ method: 'DELETE', path: `${path}?dryRun=All` });
    expect([dry.code, (await server.call({ path })).code]).toEqual([200, 200]);
    const deleted = await server.call({ method: 'DELETE', path, body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' } });
    expect(deleted.code).toBe(200);
    if (info.resource === 'namespaces') return;
    await expect.poll(async () => (await server.call({ path })).code).toBe(404);
    const body = objectOf(info, `${info.resource}-again`);
    await server.create(collection, body);
    const all = await server.call({ method: 'DELETE', path: `${collection}?${selector}&propagationPolicy=Background` });
    expect(all.code).toBe(200);
    await expect.poll(async () => (await server.call({ path: `${collection}?${selector}` })).as<KubeList>().items).toEqual([]);
  });
});

it('leaves no stored kind out', () => {
  expect(stored.map(keyOf).filter((key) => !(key in minimalObjects))).toEqual([]);
});
