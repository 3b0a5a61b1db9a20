import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { KubeList, UntypedObject } from '../../runtime/api/object';
import { FakeClock } from '../../runtime/clock';
import { configMap, paths, pod } from './objects';
import { TestServer } from './test-server';
import type { SeenEvent } from './test-server';

let server: TestServer;
beforeEach(async () => void (server = await TestServer.start()));
afterEach(() => server.close());

const brief = ({ type, object }: SeenEvent) => `${type} ${object.metadata?.name ?? object['reason'] as string}`;
const label = (name: string, value: string) => server.patch(`${paths.configMaps}/${name}`, 'merge', { metadata: { labels: { tier: value } } });
const remove = (path: string) => server.call({ method: 'DELETE', path });
const revision = async () => (await server.call({ path: paths.configMaps })).as<KubeList>().metadata.resourceVersion!;

describe('a watch', () => {
  it('from nowhere begins with what is there', async () => {
    await server.create(paths.configMaps, configMap('old'));
    const watch = server.watch(`${paths.configMaps}?watch=1`);
    expect((await watch.events(1)).map(brief)).toEqual(['ADDED old']);
    await server.create(paths.configMaps, configMap('new'));
    await label('new', 'x');
    await remove(`${paths.configMaps}/new`);
    expect((await watch.events(3)).map(brief)).toEqual(['ADDED new', 'MODIFIED new', 'DELETED new']);
    watch.close();
  });

  it('from a revision has everything after it, also what happened before it was asked', async () => {
    const from = await revision();
    await server.create(paths.configMaps, configMap('a'));
    await server.create('/api/v1/namespaces/other/configmaps', configMap('elsewhere'));
    const watch = server.watch(`${paths.configMaps}?watch=1&resourceVersion=${from}`);
    await remove(`${paths.configMaps}/a`);
    const [added, deleted] = await watch.events(2);
    expect([brief(added!), brief(deleted!)]).toEqual(['ADDED a', 'DELETED a']);
    expect(Number(deleted!.object.metadata.resourceVersion)).toBeGreaterThan(Number(added!.object.metadata.resourceVersion));
    watch.close();
  });

  it('with a selector sees objects come and go as they begin and cease to match', async () => {
    await server.create(paths.configMaps, configMap('x', {}, { labels: { tier: 'back' } }));
    const watch = server.watch(`${paths.configMaps}?watch=1&labelSelector=tier%3Dfront&resourceVersion=${await revision()}`);
    await label('x', 'front');
    await server.patch(`${paths.configMaps}/x`, 'merge', { data: { a: '1' } });
    await label('x', 'back');
    await label('x', 'middle');
    await label('x', 'front');
    await remove(`${paths.configMaps}/x`);
    const events = await watch.events(5);
    expect(events.map(brief)).toEqual(['ADDED x', 'MODIFIED x', 'DELETED x', 'ADDED x', 'DELETED x']);
    expect(events[2]!.object.metadata.labels).toEqual({ tier: 'front' });
    watch.close();
  });

  it('of a node sees only its pods', async () => {
    const watch = server.watch('/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1');
    await server.create(paths.pods, pod('p'));
    await server.create(paths.pods, pod('q', { nodeName: 'n1' }));
    await server.call({
      method: 'POST', path: `${paths.pods}/p/binding`,
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } },
    });
    expect((await watch.events(2)).map(brief)).toEqual(['ADDED q', 'ADDED p']);
    watch.close();
  });

  it('that asks for initial events is told where they end', async () => {
    await server.create(paths.configMaps, configMap('a'));
    await server.create(paths.configMaps, configMap('b'));
    const watch = server.watch(
      `${paths.configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    const events = await watch.events(3);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
    expect(events[2]!.object).toMatchObject({
      kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: await revision(), annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
    await server.create(paths.configMaps, configMap('c'));
    expect((await watch.events(1)).map(brief)).toEqual(['ADDED c']);
    watch.close();
  });

  it.each([
    ['sendInitialEvents=true', /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/],
    ['resourceVersionMatch=Exact', /resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided/],
    ['resourceVersion=abc', /^422 Invalid: configmaps "" is invalid: resourceVersion: Invalid value: "abc"/],
    ['labelSelector=a+b', /^400 BadRequest/],
  ])('with %s is refused', async (query, expected) => {
    expect((await server.call({ path: `${paths.configMaps}?watch=1&${query}` })).failure).toMatch(expected);
  });

  it('from before the server\'s memory is gone', async () => {
    const watch = server.watch(`${paths.configMaps}?watch=1&resourceVersion=1`);
    await server.create(paths.configMaps, configMap('a'));
    watch.close();
    const store = server.store;
    const reopened = await TestServer.start({ store });
    const stale = reopened.watch(`${paths.configMaps}?watch=1&resourceVersion=1`);
    const [event] = await stale.events(1);
    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/) } });
    expect(await stale.next()).toBeUndefined();
    await reopened.api.close();
  });

  it('ends when its time is up, with a bookmark shortly before', async () => {
    const clock = new FakeClock();
    const timed = await TestServer.start({ clock });
    await timed.create(paths.configMaps, configMap('a'));
    const watch = timed.watch(`${paths.configMaps}?watch=1&timeoutSeconds=30&allowWatchBookmarks=true`);
    await watch.events(1);
    await clock.advance(29_000);
    expect((await watch.next())?.type).toBe('BOOKMARK');
    await clock.advance(2_000);
    expect(await watch.next()).toBeUndefined();
    await timed.close();
  });

  it('leaves nothing behind when its client goes away', async () => {
    const watches = Array.from({ length: 20 }, () => server.watch(`${paths.configMaps}?watch=1&resourceVersion=0`));
    await server.create(paths.configMaps, configMap('a'));
    await Promise.all(watches.map((watch) => watch.events(1)));
    const watching = async () => /apiserver_registered_watchers\{resource="configmaps"\} (\d+)/.exec((await server.call({ path: '/metrics' })).text)?.[1];
    expect(await watching()).toBe('20');
    for (const watch of watches) watch.close();
    await expect.poll(watching).toBe('0');
  });

  it('shows tables, with the columns in the first alone', async () => {
    await server.create(paths.pods, pod('a'));
    await server.create(paths.pods, pod('b'));
    const watch = server.watch(`${paths.pods}?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
    const tables = (await watch.events(2)).map(({ object }) => object as UntypedObject & { columnDefinitions: unknown[]; rows: { cells: unknown[] }[] });
    expect(tables.map((table) => [table.columnDefinitions.length > 0, table.rows[0]!.cells[0]])).toEqual([[true, 'a'], [false, 'b']]);
    watch.close();
  });

  it('also speaks WebSocket', async () => {
    await server.create(paths.configMaps, configMap('a'));
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}${paths.configMaps}?watch=1`, { ca: server.ca });
    const message = await new Promise<string>((resolve, reject) => {
      socket.on('message', (data: Buffer) => resolve(data.toString()));
      socket.on('error', reject);
    });
    expect(JSON.parse(message)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    socket.close();
  });
});
