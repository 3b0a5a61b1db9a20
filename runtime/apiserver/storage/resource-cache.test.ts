import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../clock';
import { encodeStored } from './entry';
import { ResourceCache } from './resource-cache';
import type { CacheEvent } from './resource-cache';

const value = (name: string, node = '') =>
  encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata: { name }, spec: { nodeName: node } });

function put(cache: ResourceCache, key: string, revision: number, node = ''): CacheEvent {
  const kv = { key, value: value(key.split('/').pop()!, node), modRevision: revision, createRevision: revision, version: 1 };
  return cache.put(key, kv, undefined);
}

const keys = (cache: ResourceCache, start: string) => cache.range(start).map((entry) => entry.key);

describe('a resource in the cache', () => {
  it('lists a namespace alone, in key order, also beside a namespace whose name begins with its own', () => {
    const cache = new ResourceCache('pods/', 1, new FakeClock());
    ['b/2', 'a-b/1', 'a/2', 'a/1', 'a0/9', 'b/1'].forEach((key, i) => put(cache, key, 2 + i));
    expect(keys(cache, 'a/')).toEqual(['a/1', 'a/2']);
    expect(keys(cache, 'b/')).toEqual(['b/1', 'b/2']);
    expect(keys(cache, '')).toEqual(['a-b/1', 'a/1', 'a/2', 'a0/9', 'b/1', 'b/2']);
  });

  it('writes the revision into the bytes without a parse', () => {
    const cache = new ResourceCache('pods/', 1, new FakeClock());
    put(cache, 'a/x', 42);
    const entry = cache.get('a/x')!;
    expect(JSON.parse(entry.bytes.toString())).toEqual(entry.object);
    expect(entry.object.metadata.resourceVersion).toBe('42');
  });

  it('gives a watcher what came after the revision it names, and nothing from before its memory', () => {
    const cache = new ResourceCache('pods/', 5, new FakeClock());
    put(cache, 'a/x', 6);
    put(cache, 'a/y', 8);
    const watcher = { deliver: () => undefined, lost: () => undefined };
    expect(cache.watch(watcher, 6)?.map((event) => event.revision)).toEqual([8]);
    expect(cache.watch(watcher, 5)?.map((event) => event.revision)).toEqual([6, 8]);
    expect(cache.watch(watcher, 9)).toEqual([]);
    expect(cache.watch(watcher, 4)).toBeUndefined();
  });

  it('forgets changes of more than five minutes ago, but never the last hundred', async () => {
    const clock = new FakeClock();
    const cache = new ResourceCache('pods/', 1, clock);
    for (let i = 0; i < 1000; i++) put(cache, 'a/x', 2 + i);
    await clock.advance(10 * 60_000);
    put(cache, 'a/x', 2000);
    const watcher = { deliver: () => undefined, lost: () => undefined };
    expect(cache.watch(watcher, 100)).toBeUndefined();
    expect(cache.watch(watcher, cache.oldestWatchable)).toHaveLength(100);
  });

  it('keeps an index right while objects come, move and go', () => {
    const cache = new ResourceCache('pods/', 1, new FakeClock());
    put(cache, 'a/x', 2, 'n1');
    const on = (node: string) =>
      [...cache.indexed('node', node, (entry) => String((entry.object['spec'] as { nodeName: string }).nodeName))].map((entry) => entry.key);
    expect(on('n1')).toEqual(['a/x']);
    put(cache, 'a/y', 3, 'n1');
    put(cache, 'a/x', 4, 'n2');
    expect([on('n1'), on('n2')]).toEqual([['a/y'], ['a/x']]);
    cache.delete('a/y', 5);
    expect(on('n1')).toEqual([]);
  });
});
