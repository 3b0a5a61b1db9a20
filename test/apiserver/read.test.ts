import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeList } from '../../runtime/api/object';
import type { Status } from '../../runtime/api/kinds';
import { FakeClock } from '../../runtime/clock';
import { configMap, paths, pod } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await server.create(paths.configMaps, configMap(name, { n: name }, { labels: { tier: name < 'c' ? 'front' : 'back' } }));
  }
  await server.create(paths.pods, pod('placed', { nodeName: 'n1' }));
  await server.create(paths.pods, pod('loose'));
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) => server.call({ path, headers });
const list = async (path: string) => (await get(path)).as<KubeList>();
const names = ({ items }: KubeList) => items.map((item) => item.metadata.name).join(' ');

describe('get', () => {
  it('answers with the object or 404', async () => {
    expect((await get(`${paths.configMaps}/a`)).as()).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { n: 'a' } });
    expect((await get(`${paths.configMaps}/z`)).failure).toBe('404 NotFound: configmaps "z" not found');
  });

  it('shows an object as a table, or as its metadata alone', async () => {
    const table = await get(`${paths.pods}/loose`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
    expect(table.as()).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ object: { kind: 'PartialObjectMetadata', metadata: { name: 'loose' } } }] });
    expect((table.as()['rows'] as { cells: unknown[] }[])[0]!.cells.slice(0, 3)).toEqual(['loose', '0/1', 'Pending']);
    const partial = (await get(`${paths.pods}/loose`, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' })).as();
    expect([partial.kind, partial['spec']]).toEqual(['PartialObjectMetadata', undefined]);
  });

  it('waits for a revision only so long', async () => {
    const clock = new FakeClock();
    const slow = await TestServer.start({ clock });
    const reply = slow.call({ path: `${paths.configMaps}/a?resourceVersion=1000` });
    const timer = setInterval(() => void clock.advance(1000), 5);
    expect((await reply).failure).toMatch(/^504 Timeout: Timeout: Too large resource version: 1000, current: \d+$/);
    clearInterval(timer);
    await slow.close();
  });
});

describe('list', () => {
  it.each([
    ['', 'a b c d e'],
    ['?labelSelector=tier%3Dfront', 'a b'],
    ['?labelSelector=tier+notin+(front)', 'c d e'],
    ['?labelSelector=!tier', ''],
    ['?fieldSelector=metadata.name%3Dc', 'c'],
    ['?fieldSelector=metadata.name!%3Dc&labelSelector=tier%3Dback', 'd e'],
    ['?resourceVersion=0', 'a b c d e'],
  ])('with %s', async (query, expected) => {
    expect(names(await list(paths.configMaps + query))).toBe(expected);
  });

  it('selects pods by their node', async () => {
    expect(names(await list(`${paths.pods}?fieldSelector=spec.nodeName%3Dn1`))).toBe('placed');
    expect(names(await list('/api/v1/pods?fieldSelector=spec.nodeName%3D,status.phase%3DPending'))).toBe('loose');
  });

  it('page by page is one list, of the revision at which it began', async () => {
    const first = await list(`${paths.configMaps}?limit=2`);
    expect([names(first), first.metadata.remainingItemCount]).toEqual(['a b', 3]);
    await server.create(paths.configMaps, configMap('bb'));
    await server.call({ method: 'DELETE', path: `${paths.configMaps}/bb` });
    await server.create(paths.configMaps, configMap('cc'));
    const second = await list(`${paths.configMaps}?limit=2&continue=${first.metadata.continue}`);
    expect([names(second), second.metadata.resourceVersion]).toEqual(['c d', first.metadata.resourceVersion]);
    const last = await list(`${paths.configMaps}?limit=2&continue=${second.metadata.continue}`);
    expect([names(last), last.metadata.continue]).toEqual(['e', undefined]);
    await server.call({ method: 'DELETE', path: `${paths.configMaps}/cc` });
  });

  it('at an exact revision shows what was there then', async () => {
    const before = (await list(paths.configMaps)).metadata.resourceVersion!;
    await server.create(paths.configMaps, configMap('later'));
    expect(names(await list(`${paths.configMaps}?resourceVersion=${before}&resourceVersionMatch=Exact`))).toBe('a b c d e');
    expect(names(await list(`${paths.configMaps}?resourceVersion=${before}&resourceVersionMatch=NotOlderThan`))).toBe('a b c d e later');
    await server.call({ method: 'DELETE', path: `${paths.configMaps}/later` });
  });

  it('is never older than an acknowledged write', async () => {
    for (let i = 0; i < 20; i++) {
      const name = `w${i}`;
      await server.create(paths.configMaps, configMap(name));
      expect(names(await list(paths.configMaps)).split(' ')).toContain(name);
      await server.call({ method: 'DELETE', path: `${paths.configMaps}/${name}` });
    }
  });

  it.each([
    ['?labelSelector=a==', /^200/],
    ['?labelSelector=a+b', /^400 BadRequest: /],
    ['?fieldSelector=data.n%3Da', '400 BadRequest: "data.n" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ['?resourceVersion=abc', '400 BadRequest: invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'],
    ['?resourceVersionMatch=Exact', '422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'],
    ['?resourceVersion=0&resourceVersionMatch=Exact', '422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
    ['?continue=!!', /^400 BadRequest: continue key is not valid/],
    ['?limit=x', '400 BadRequest: strconv.ParseInt: parsing "x": invalid syntax'],
    ['?sendInitialEvents=true', '422 Invalid: ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
  ])('answers %s as upstream does', async (query, expected) => {
    const reply = await get(paths.configMaps + query);
    const text = reply.code === 200 ? '200' : reply.failure;
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
  });

  it('of what was compacted is gone, and a page of it brings a token that goes on', async () => {
    const first = await list(`${paths.configMaps}?limit=2`);
    await server.patch(`${paths.configMaps}/e`, 'merge', { data: { more: '1' } });
    await server.store.compact(await server.store.currentRevision());
    const stale = await get(`${paths.configMaps}?limit=2&continue=${first.metadata.continue}`);
    expect(stale.failure).toMatch(/^410 Expired: The provided continue parameter is too old/);
    const token = stale.as<Status>().metadata.continue!;
    expect(names(await list(`${paths.configMaps}?continue=${token}`))).toBe('c d e');
    const old = await get(`${paths.configMaps}?resourceVersion=2&resourceVersionMatch=Exact`);
    expect(old.failure).toBe('410 Expired: The resourceVersion for the provided list is too old.');
  });
});

describe('the same events in two groups', () => {
  it('are read and written in both forms', async () => {
    await server.create('/api/v1/namespaces/default/events', {
      apiVersion: 'v1', kind: 'Event', metadata: { name: 'e1' }, message: 'hello', reason: 'Why', type: 'Normal', count: 3,
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'loose' },
    });
    const other = (await get('/apis/events.k8s.io/v1/namespaces/default/events/e1')).as();
    expect(other).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'hello', deprecatedCount: 3, regarding: { name: 'loose' } });
    expect(names(await list('/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dloose'))).toBe('e1');
    expect(names(await list('/api/v1/events?fieldSelector=involvedObject.name%3Dother'))).toBe('');
  });

  it('are found by their source, which of new ones is the controller', async () => {
    await server.create('/apis/events.k8s.io/v1/namespaces/default/events', {
      apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'new' }, eventTime: '2026-01-01T00:00:00.000000Z', action: 'Do', reason: 'Why',
      type: 'Normal', reportingController: 'test-controller', reportingInstance: 'a', regarding: { kind: 'Pod', namespace: 'default', name: 'loose' },
    });
    for (const query of ['/api/v1/events?fieldSelector=source', '/api/v1/events?fieldSelector=reportingComponent', '/apis/events.k8s.io/v1/events?fieldSelector=reportingController']) {
      expect(names(await list(`${query}%3Dtest-controller`))).toBe('new');
    }
  });
});
