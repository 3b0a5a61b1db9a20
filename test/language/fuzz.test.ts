import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UntypedObject } from '../../runtime/api/kinds';
import { parityCases } from './cases';
import { bothDoors, editorSays } from './doors';
import { TestServer } from '../apiserver/test-server';

const bases = parityCases(join(import.meta.dirname, 'parity')).filter(({ says }) => says.length === 0);
const rounds = 12;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

type Random = (below: number) => number;

/** Always the same numbers, so that a failure can be repeated. */
function random(seed: number): Random {
  let state = seed;
  return (below) => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below;
}

const others: readonly unknown[] = [
  null, 0, -1, 1.5, 1e9, '', 'x', 'A b', true, [], {}, [null], [''], { a: null }, { a: 'b' }, '10.0.0.1', '99999999999999999999', '1Gi', '-5',
];

/** One field of the object dropped, given another type or value, or an item of a list doubled; of what names it nothing. */
function mutate(value: unknown, next: Random, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return others[next(others.length)];
  if (depth > 0 && next(5) === 0) return others[next(others.length)];
  if (Array.isArray(value)) return mutateItems(value, next, depth);
  const keys = Object.keys(value).filter((key) => depth > 0 || !['apiVersion', 'kind', 'metadata'].includes(key));
  const key = keys[next(keys.length)];
  if (key === undefined) return { ...value, added: others[next(others.length)] };
  const { [key]: field, ...rest } = value as Record<string, unknown>;
  return next(6) === 0 ? rest : { ...rest, [key]: mutate(field, next, depth + 1) };
}

function mutateItems(items: readonly unknown[], next: Random, depth: number): unknown[] {
  if (items.length === 0) return [others[next(others.length)]];
  const at = next(items.length);
  if (next(4) === 0) return [...items, items[at]];
  return items.map((item, i) => (i === at ? mutate(item, next, depth + 1) : item));
}

describe('of manifests that are damaged at one place the API server and the editor say the same', () => {
  it.each(bases.map(({ title, manifest }, i) => ({ title, manifest, seed: 7919 * (i + 1) })))('$title', async ({ manifest, seed }) => {
    const next = random(seed);
    for (let round = 0; round < rounds; round++) {
      const damaged = mutate(manifest, next) as UntypedObject;
      const text = JSON.stringify(damaged);
      const verdict = await bothDoors(server, damaged);
      expect(verdict.lax?.code === 500 && verdict.lax.message, text).toBe(false);
      expect(editorSays(damaged, verdict), text).toEqual(verdict.words);
    }
  });
});
