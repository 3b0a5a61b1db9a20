import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import { openMemoryStore } from '../../store/journaled-store';
import { CompactedError } from '../../store/store';
import type { Store, WatchSink } from '../../store/store';
import { Cacher } from './cacher';
import { encodeStored } from './entry';
import { prefixOfKey, resourcePrefix } from './keys';

const value = (name: string) => encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata: { name } });

/** A store whose watches the test can break off. */
function breakable(): { store: Store; sinks: WatchSink[] } {
  const store = openMemoryStore();
  const sinks: WatchSink[] = [];
  const watch: Store['watch'] = (prefix, options, sink) => {
    sinks.push(sink);
    return store.watch(prefix, options, sink);
  };
  return { store: new Proxy(store, { get: (target, name) => (name === 'watch' ? watch : (Reflect.get(target, name) as unknown)) }), sinks };
}

const put = (store: Store, key: string) => store.transact([], [{ type: 'put', key, value: value(key.split('/').pop()!) }]);

describe('the cache of the store', () => {
  it('starts with what is stored and follows it', async () => {
    const store = openMemoryStore();
    await put(store, '/registry/pods/a/x');
    const cacher = await Cacher.start(store, new FakeClock(), silentLogger);
    expect(cacher.cache('pods/').get('a/x')?.object.metadata.name).toBe('x');
    const { revision } = await put(store, '/registry/services/specs/a/s');
    await cacher.reached(revision);
    expect(cacher.cache('services/specs/').get('a/s')?.revision).toBe(revision);
    cacher.close();
    await store.close();
  });

  it('reads everything anew after its watch was broken off, and ends the watches that were served from it', async () => {
    const { store, sinks } = breakable();
    const clock = new FakeClock();
    const cacher = await Cacher.start(store, clock, silentLogger);
    let lost = 0;
    cacher.cache('pods/').watch({ deliver: () => undefined, lost: () => lost++ }, cacher.revision);
    sinks[0]!.end(new CompactedError(1, 2));
    expect(cacher.following).toBe(false);
    const { revision } = await put(store, '/registry/pods/a/missed');
    await clock.advance(1_000);
    await cacher.reached(revision);
    expect([cacher.cache('pods/').get('a/missed')?.revision, lost, cacher.following]).toEqual([revision, 1, true]);
    cacher.close();
    await store.close();
  });

  it('wakes those who wait for a revision when it closes', async () => {
    const store = openMemoryStore();
    const cacher = await Cacher.start(store, new FakeClock(), silentLogger);
    const waiting = cacher.reached(1_000_000);
    cacher.close();
    await expect(waiting).resolves.toBeUndefined();
    await store.close();
  });
});

describe('where objects are stored', () => {
  it.each([
    ['', 'pods', true, 'pods/'], ['', 'services', true, 'services/specs/'], ['', 'endpoints', true, 'services/endpoints/'],
    ['', 'nodes', true, 'minions/'], ['apps', 'deployments', true, 'deployments/'],
    ['apiextensions.k8s.io', 'customresourcedefinitions', true, 'apiextensions.k8s.io/customresourcedefinitions/'],
    ['stable.example.com', 'crontabs', false, 'stable.example.com/crontabs/'],
  ])('%s %s', (group, resource, builtIn, prefix) => {
    expect(resourcePrefix(group, resource, builtIn)).toBe(prefix);
    expect(prefixOfKey(`/registry/${prefix}default/web`)).toBe(prefix);
  });
});
