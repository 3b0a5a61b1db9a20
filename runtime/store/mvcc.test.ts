import { describe, expect, it } from 'vitest';
import { openMemoryStore } from './journaled-store';
import type { Write } from './store';

describe('the revisioned map', () => {
  it('agrees with full copies of every state, under random writes and compactions', async () => {
    let seed = 7;
    const pick = (below: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, Math.floor((seed / 2 ** 32) * below));
    const store = openMemoryStore({ keepMilliseconds: 0, keepEvents: 0 });
    const states: Map<string, string>[] = [new Map(), new Map()];
    let state = new Map<string, string>();
    let compacted = 0;
    for (let i = 0; i < 1500; i++) {
      const key = `/${pick(40)}`;
      const writes: Write[] = pick(3) ? [{ type: 'put', key, value: Buffer.from(String(i)) }] : [{ type: 'delete', key }];
      const { revision } = await store.transact([], writes);
      state = new Map(state);
      if (writes[0]!.type === 'put') state.set(key, String(i));
      else state.delete(key);
      states[revision] = state;
      if (pick(100) === 0 && revision - 50 > compacted) await store.compact((compacted = revision - 50));
      const at = Math.max(compacted, 1, revision - pick(50));
      const { kvs, count } = await store.range('/', { revision: at });
      const expected = [...states[at]!].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(kvs.map(({ key: k, value }) => [k, value.toString()])).toEqual(expected);
      expect(count).toBe(expected.length);
    }
    await store.close();
  });
});
