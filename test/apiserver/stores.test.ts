import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeList } from '../../runtime/api/object';
import { openEmbeddedStore } from '../../runtime/store/embedded';
import { openEtcdStore } from '../../runtime/store/etcd';
import type { Store } from '../../runtime/store/store';
import { EtcdProcess } from '../store/etcd-process';
import { configMap, paths } from './objects';
import { TestServer } from './test-server';

let etcd: EtcdProcess;
let folder: string;
beforeAll(async () => {
  etcd = await EtcdProcess.start();
  folder = await mkdtemp(join(tmpdir(), 'podium-apiserver-'));
});
afterAll(async () => {
  await etcd.remove();
  await rm(folder, { recursive: true });
});

const names = async (server: TestServer) =>
  (await server.call({ path: paths.configMaps })).as<KubeList>().items.map((item) => item.metadata.name).join(' ');

describe.each<[string, () => Promise<Store>]>([
  ['embedded', () => openEmbeddedStore(join(folder, 'store'))],
  ['etcd', () => openEtcdStore({ endpoints: [etcd.endpoint] })],
])('over the %s store', (_name, open) => {
  it('reads see every acknowledged write, watches every event, and a restart all of it', async () => {
    const server = await TestServer.start({ store: await open() });
    const watch = server.watch(`${paths.configMaps}?watch=1`);
    for (let i = 0; i < 10; i++) {
      const created = await server.create(paths.configMaps, configMap(`c${i}`));
      const read = (await server.call({ path: `${paths.configMaps}/c${i}` })).as();
      expect(read.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    }
    const expected = Array.from({ length: 10 }, (_, i) => `c${i}`);
    expect((await watch.events(10)).map(({ object }) => object.metadata.name)).toEqual(expected);
    const first = (await server.call({ path: `${paths.configMaps}?limit=4` })).as<KubeList>();
    await server.call({ method: 'DELETE', path: `${paths.configMaps}/c5` });
    const second = (await server.call({ path: `${paths.configMaps}?continue=${first.metadata.continue}` })).as<KubeList>();
    expect(second.items.map((item) => item.metadata.name)).toEqual(expected.slice(4));
    watch.close();
    await server.close();
    const again = await TestServer.start({ store: await open() });
    expect(await names(again)).toBe(expected.filter((name) => name !== 'c5').join(' '));
    await again.close();
  });

  it('concurrent updates of one object lose nothing', async () => {
    const server = await TestServer.start({ store: await open() });
    await server.create(paths.configMaps, configMap('shared'));
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, i) => server.patch(`${paths.configMaps}/shared`, 'merge', { data: { [`k${i}`]: 'v' } })),
    );
    expect(replies.map((reply) => reply.code)).toEqual(Array.from({ length: 12 }, () => 200));
    expect(Object.keys((await server.call({ path: `${paths.configMaps}/shared` })).as()['data'] as object)).toHaveLength(12);
    await server.close();
  });
});

describe('when etcd goes away', () => {
  it('reads go on, writes fail, and both are fine once it is back', async () => {
    const server = await TestServer.start({ store: await openEtcdStore({ endpoints: [etcd.endpoint], timeoutMs: 1000 }) });
    await server.create(paths.configMaps, configMap('kept'));
    await etcd.kill();
    expect((await server.call({ path: `${paths.configMaps}/kept` })).code).toBe(200);
    const write = await server.call({ method: 'POST', path: paths.configMaps, body: configMap('lost') });
    expect(write.code).toBeGreaterThanOrEqual(500);
    await etcd.run();
    await expect.poll(async () => (await server.call({ method: 'POST', path: paths.configMaps, body: configMap('later') })).code, { timeout: 20_000 }).toBe(201);
    expect((await server.call({ path: `${paths.configMaps}/later` })).code).toBe(200);
    await server.close();
  });
});
