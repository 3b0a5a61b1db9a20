import { describe, expect, it } from 'vitest';
import { SortedEntries } from './sorted-entries';

/** Small and repeatable. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

function keys(entries: SortedEntries<{ sortKey: string }>, start: string, end?: string): string[] {
  const found: string[] = [];
  entries.scan(start, end, ({ sortKey }) => found.push(sortKey) > 0);
  return found;
}

describe('SortedEntries', () => {
  it('agrees with a sorted array after thousands of inserts and deletes', () => {
    const pick = random(42);
    const entries = new SortedEntries<{ sortKey: string }>();
    const model = new Set<string>();
    for (let i = 0; i < 20_000; i++) {
      const key = `k${String(pick(6000)).padStart(5, '0')}`;
      if (pick(3) > 0) {
        entries.insert({ sortKey: key });
        model.add(key);
      } else {
        entries.delete(key);
        model.delete(key);
      }
    }
    const sorted = [...model].sort();
    expect(keys(entries, '')).toEqual(sorted);
    expect(entries.size).toBe(sorted.length);
    for (let i = 0; i < 50; i++) {
      const [a, b] = [`k${String(pick(6000)).padStart(5, '0')}`, `k${String(pick(6000)).padStart(5, '0')}`].sort() as [string, string];
      const expected = sorted.filter((key) => key >= a && key < b);
      expect(keys(entries, a, b)).toEqual(expected);
      expect(entries.count(a, b)).toBe(expected.length);
    }
    for (const key of sorted) entries.delete(key);
    expect(keys(entries, '')).toEqual([]);
    entries.insert({ sortKey: 'again' });
    expect(keys(entries, '')).toEqual(['again']);
  });

  it('keeps ascending inserts in order', () => {
    const entries = new SortedEntries<{ sortKey: string }>();
    const sorted = Array.from({ length: 5000 }, (_, i) => String(i).padStart(6, '0'));
    for (const sortKey of sorted) entries.insert({ sortKey });
    expect(keys(entries, '')).toEqual(sorted);
  });

  it('stops where the visitor says so', () => {
    const entries = new SortedEntries<{ sortKey: string }>();
    for (const sortKey of 'edcba') entries.insert({ sortKey });
    const seen: string[] = [];
    entries.scan('b', undefined, ({ sortKey }) => seen.push(sortKey) < 2);
    expect(seen).toEqual(['b', 'c']);
  });
});
