import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue';
import type { UntypedObject } from '../object';
import { parseApiVersion } from '../object';
import { isObject } from './json';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, maxJsonPatchOperations, PatchError } from './index';

/** What kubectl 1.33 said to `patch --local`. Results are without nulls and empty values, which its Go types add and drop. */
interface Golden {
  name: string;
  original: string;
  patch: unknown;
  result?: UntypedObject;
  error?: string;
}

const testdata = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8')) as T;
const originals = testdata<Record<string, UntypedObject>>('originals.json');

function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).map(([key, field]) => [key, prune(field)] as const);
  return Object.fromEntries(
    kept.filter(
      ([, field]) =>
        field !== null &&
        !(Array.isArray(field) && field.length === 0) &&
        !(isObject(field) && Object.keys(field).length === 0),
    ),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

const thrown = (run: () => unknown): PatchError => {
  try {
    run();
  } catch (error) {
    if (error instanceof PatchError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

function check(golden: Golden, apply: (object: UntypedObject, patch: unknown) => UntypedObject): void {
  const original = deepFreeze(structuredClone(originals[golden.original]!));
  const patch = deepFreeze(structuredClone(golden.patch));
  if (golden.error === undefined) expect(prune(apply(original, patch))).toEqual(golden.result);
  else expect(thrown(() => apply(original, patch)).detail.trim()).toBe(golden.error);
}

function strategic(object: UntypedObject, patch: unknown): UntypedObject {
  const info = catalogue.byKind({ ...parseApiVersion(object.apiVersion!), kind: object.kind! })!;
  return applyStrategicMergePatch(object, patch, info.schema, catalogue);
}

describe('a strategic merge patch', () => {
  it.each(testdata<Golden[]>('strategic.golden.json'))('$name', (golden) => check(golden, strategic));

  it.each([
    ['an order without a field', { $setElementOrder: [] }, 'BadRequest'],
    ['a list of lists', { spec: { ports: [[1]] } }, 'Invalid'],
    ['an unknown directive', { metadata: { $patch: 'frob' } }, 'InternalError'],
    ['a list', [], 'BadRequest'],
  ])('answers %s with %3$s', (_, patch, reason) => {
    expect(thrown(() => strategic(originals['s/Service']!, patch)).reason).toBe(reason);
  });

  it('shares what it leaves alone with the original', () => {
    const original = originals['web/Deployment']!;
    const patched = strategic(original, { metadata: { labels: { x: 'y' } } });
    expect(patched['spec']).toBe(original['spec']);
  });
});

describe('a JSON patch', () => {
  it.each(testdata<Golden[]>('json-patch.golden.json'))('$name', (golden) => check(golden, applyJsonPatch));

  it('that fails answers 422 and keeps the cause to itself', () => {
    const error = thrown(() => applyJsonPatch({}, [{ op: 'remove', path: '/x' }]));
    expect([error.reason, error.message]).toEqual([
      'Invalid',
      'the server rejected our request due to an error in our request',
    ]);
  });

  it("replaces no element that a list doesn't have", () => {
    expect(thrown(() => applyJsonPatch({ a: [1] }, [{ op: 'replace', path: '/a/1', value: 2 }])).detail).toBe(
      'replace operation does not apply: doc is missing key: /a/1: missing value',
    );
  });

  it.each([
    [{}, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    [['x'], 'json: cannot unmarshal string into Go value of type jsonpatch.Operation'],
  ])('is a list of operations, not %j', (patch, message) => {
    const error = thrown(() => applyJsonPatch({}, patch));
    expect([error.reason, error.message]).toEqual(['BadRequest', message]);
  });

  it('has at most 10,000 operations', () => {
    const operations = (n: number) => Array.from({ length: n }, () => ({ op: 'test', path: '/a', value: null }));
    expect(applyJsonPatch({}, operations(maxJsonPatchOperations))).toEqual({});
    const error = thrown(() => applyJsonPatch({}, operations(10_001)));
    expect([error.reason, error.message]).toEqual([
      'RequestEntityTooLarge',
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ]);
  });

  it('does not let copies grow without end', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/x${i}` }));
    expect(thrown(() => applyJsonPatch({ a: { text: 'x'.repeat(1000) } }, doubling)).detail).toContain(
      'exceeding the limit',
    );
  });

  it('leaves no way to the prototype', () => {
    applyJsonPatch({ a: {} }, [{ op: 'add', path: '/a/__proto__', value: { polluted: true } }]);
    expect(
      thrown(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }])).reason,
    ).toBe('Invalid');
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('a merge patch', () => {
  it.each(testdata<Golden[]>('merge-patch.golden.json'))('$name', (golden) => check(golden, applyMergePatch));

  it('must be an object', () => {
    const error = thrown(() => applyMergePatch({}, [1]));
    expect([error.reason, error.message]).toEqual(['BadRequest', 'Invalid JSON Patch']);
  });

  it('leaves no way to the prototype', () => {
    const patched = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.keys(patched)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });
});
