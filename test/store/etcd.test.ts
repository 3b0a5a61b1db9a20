import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEtcdStore, StoreUnavailableError } from '../../runtime/store/etcd';
import { put, Recording, storeContract, write } from './contract';
import { EtcdProcess, freePort } from './etcd-process';

let etcd: EtcdProcess;
beforeAll(async () => {
  etcd = await EtcdProcess.start();
});
afterAll(() => etcd.remove());

const open = (prefix?: string) => openEtcdStore({ endpoints: [etcd.endpoint], compactionIntervalMs: 0, ...(prefix && { prefix }) });

storeContract('the store in etcd', () => open());

describe('the store in etcd, besides', () => {
  it('keeps prefixes apart', async () => {
    const [one, two] = [await open('/one'), await open('/two')];
    await write(one, put('/a', '1'));
    await write(two, put('/a', '2'));
    expect((await one.range('/')).kvs.map(({ key, value }) => `${key}=${value.toString()}`)).toEqual(['/a=1']);
    await Promise.all([one.close(), two.close()]);
  });

  it('says where it looked when no etcd answers', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const opening = openEtcdStore({ endpoints: [endpoint], timeoutMs: 2000 });
    await expect(opening).rejects.toThrow(StoreUnavailableError);
    await expect(opening).rejects.toThrow(`etcd at ${endpoint} cannot be reached`);
  });

  it('goes on watching without a gap after etcd was killed and came back', async () => {
    const store = await open('/restart');
    const seen = new Recording(store, '/');
    for (let i = 0; i < 20; i++) await write(store, put(`/k${i}`, String(i)));
    await etcd.kill();
    await expect(store.transact([], [put('/lost', '1')])).rejects.toBeInstanceOf(StoreUnavailableError);
    await etcd.run();
    await expect.poll(() => store.currentRevision().then(() => 'up', () => 'down'), { timeout: 20_000 }).toBe('up');
    for (let i = 20; i < 40; i++) await write(store, put(`/k${i}`, String(i)));
    await seen.until(({ events }) => events.length >= 40, 20_000);
    expect(seen.lines).toEqual(Array.from({ length: 40 }, (_, i) => `put /k${i}=${i}`));
    await store.close();
  });

  it('reads ranges beyond the default message size', async () => {
    const store = await open('/large');
    for (let i = 0; i < 8; i++) await store.transact([], [{ type: 'put', key: `/${i}`, value: Buffer.alloc(1 << 20, 'x') }]);
    expect((await store.range('/')).kvs.length).toBe(8);
    await store.close();
  });
});
