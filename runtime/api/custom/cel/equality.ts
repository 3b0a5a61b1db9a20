import { Optional } from '@marcbachmann/cel-js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import type { Schema } from '../../schema';
import { deepEqual } from '../../equality';
import { LibraryValue } from './library-values';

/** What a list of `x-kubernetes-list-type: set` or `map` is told by; others are lists as CEL has them. */
interface Association {
  readonly keys: readonly string[] | undefined;
}

const associations = new WeakMap<readonly unknown[], Association>();

/** Lists of a type keep it: equality and `+` go by it (apiextensions-apiserver's model of list types). */
export function associate<T extends unknown[]>(
  list: T, schema: Schema | undefined, nameOf: (property: string) => string | undefined,
): T {
  const type = schema?.['x-kubernetes-list-type'];
  if (type === 'set') associations.set(list, { keys: undefined });
  else if (type === 'map') {
    const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
    associations.set(list, { keys: keys.map((key) => nameOf(key) ?? key) });
  }
  return list;
}

const fieldOf = (item: unknown, name: string): unknown =>
  item instanceof Map ? item.get(name) : (item as Record<string, unknown> | null)?.[name];

const sameItem = (a: unknown, b: unknown, { keys }: Association): boolean =>
  keys ? keys.every((key) => celEqual(fieldOf(a, key), fieldOf(b, key))) : celEqual(a, b);

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  const association = associations.get(a);
  if (!association) return a.every((item, i) => celEqual(item, b[i]));
  const rest = [...b];
  return a.every((item) => {
    const at = rest.findIndex((other) => sameItem(item, other, association) && celEqual(item, other));
    return at >= 0 && rest.splice(at, 1).length === 1;
  });
}

const entriesOf = (value: object): Map<unknown, unknown> =>
  value instanceof Map ? (value as Map<unknown, unknown>) : new Map(Object.entries(value));

function equalMaps(a: object, b: object): boolean {
  const [left, right] = [entriesOf(a), entriesOf(b)];
  return left.size === right.size &&
    [...left].every(([key, value]) => right.has(key) && celEqual(value, right.get(key)));
}

const instants = (value: unknown): bigint | number | undefined => {
  if (value instanceof Date) return value.getTime();
  if (value instanceof UnsignedInt) return value.valueOf() as bigint;
  return value instanceof Duration ? value.seconds * 1_000_000_000n + BigInt(value.nanos) : undefined;
};

const isNumber = (value: unknown) => typeof value === 'bigint' || typeof value === 'number' || value instanceof UnsignedInt;

/** A list or a map, or what holds one: what the engine's own equality compares without regard to types of lists. */
export const isComposite = (value: unknown): boolean =>
  typeof value === 'object' && value !== null &&
  (Array.isArray(value) || isPlainMap(value) || value instanceof LibraryValue || value instanceof Optional);

/** CEL's equality of values of any types. */
export function celEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) {
    const [left, right] = [a, b].map((value) => (value instanceof UnsignedInt ? value.valueOf() : value)) as (bigint | number)[];
    return left! >= right! && left! <= right!;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && equalLists(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.from(a).equals(b);
  if (a.constructor !== b.constructor && !(isPlainMap(a) && isPlainMap(b))) return false;
  if (a instanceof LibraryValue) return a.equals(b as LibraryValue);
  if (a instanceof Optional) return equalOptionals(a, b as Optional);
  const instant = instants(a);
  if (instant !== undefined) return instant === instants(b);
  return isPlainMap(a) ? equalMaps(a, b) : deepEqual(a, b);
}

const isPlainMap = (value: object): boolean => value instanceof Map || value.constructor === Object;

const equalOptionals = (a: Optional, b: Optional): boolean =>
  a.hasValue() && b.hasValue() ? celEqual(a.value(), b.value()) : a.hasValue() === b.hasValue();

/** `+` of a list with a type: a set takes what it lacks, a map what is new or newer. Undefined for other lists. */
export function added(a: unknown, b: unknown): unknown[] | undefined {
  if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
  const association = associations.get(a);
  if (!association) return undefined;
  const result: unknown[] = [...(a as unknown[])];
  for (const item of b as unknown[]) {
    const at = result.findIndex((other) => sameItem(other, item, association));
    if (at < 0) result.push(item);
    else if (association.keys) result[at] = item;
  }
  associations.set(result, association);
  return result;
}
