import { posix } from 'node:path';
import { ValueError } from '../go-template';
import type { GoFunction } from '../go-template';
import {
  byCodePoint,
  deepEqual,
  getKey,
  GoStruct,
  isMap,
  isNil,
  isTrue,
  kindOf,
  print,
  toFloat,
  toInt,
  typeOf,
} from '../go-template/values';
import type { GoMap } from '../go-template/values';
import { setKey } from '../patch/json';
import { number, texts, wrongType } from './sprig-strings';

const int = toInt;
const empty = (value: unknown): boolean => !isTrue(value) && !(value instanceof GoStruct);

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new ValueError(`Cannot find ${name} on type ${kindOf(value)}`);
}

function map(value: unknown): GoMap {
  if (isMap(value)) return value;
  throw new ValueError(`wrong type for value; expected map[string]interface {}; got ${typeOf(value)}`);
}

function dict(...pairs: unknown[]): GoMap {
  const out: GoMap = {};
  for (let i = 0; i < pairs.length; i += 2) setKey(out, print(pairs[i]), i + 1 < pairs.length ? pairs[i + 1] : '');
  return out;
}

/** mergo's: what the first has stays, unless it is empty. */
function merge(target: GoMap, sources: readonly unknown[], overwrite: boolean): GoMap {
  for (const source of sources) mergeOne(target, map(source), overwrite);
  return target;
}

function mergeOne(target: GoMap, source: GoMap, overwrite: boolean): void {
  for (const [key, value] of Object.entries(source)) {
    const own = getKey(target, key);
    if (isMap(own) && isMap(value)) mergeOne(own, value, overwrite);
    else if (overwrite ? !empty(value) : empty(own)) setKey(target, key, value);
  }
}

export function deepCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(deepCopy) as T;
  if (!isMap(value)) return value;
  const copy: GoMap = {};
  for (const [key, field] of Object.entries(value)) setKey(copy, key, deepCopy(field));
  return copy as T;
}

function dig(...args: unknown[]): unknown {
  const keys = args.slice(0, -2);
  let at: unknown = args.at(-1);
  for (const key of keys) {
    if (!isMap(at) || !Object.hasOwn(at, print(key))) return args.at(-2);
    at = at[print(key)];
  }
  return at;
}

function until(from: bigint, to: bigint, step: bigint): bigint[] {
  const out: bigint[] = [];
  if (step === 0n) return out;
  for (let i = from; step > 0n ? i < to : i > to; i += step) {
    if (out.length > 1_000_000) throw new ValueError('a range of more than a million');
    out.push(i);
  }
  return out;
}

function unique(value: unknown): unknown[] {
  const out: unknown[] = [];
  for (const item of list(value, 'uniq')) if (!out.some((other) => deepEqual(other, item))) out.push(item);
  return out;
}

const decimal =
  (act: (a: number, b: number) => number): GoFunction =>
  (...all) => {
    const [first = 0, ...rest] = all.map(toFloat);
    return rest.reduce((a, b) => Number(act(a, b).toPrecision(15)), first);
  };

function divided(a: unknown, b: unknown): bigint {
  if (int(b) === 0n) throw new ValueError('runtime error: integer divide by zero');
  return int(a) / int(b);
}

function round(value: unknown, places: unknown, on: unknown = 0.5): number {
  const scale = 10 ** Number(int(places));
  const digit = scale * toFloat(value);
  const fraction = digit - Math.trunc(digit);
  return (fraction >= toFloat(on) ? Math.ceil(digit) : Math.floor(digit)) / scale;
}

const extreme =
  (better: (a: bigint, b: bigint) => boolean): GoFunction =>
  (...all) =>
    all.map(int).reduce((best, value) => (better(value, best) ? value : best));

function sortAlpha(value: unknown): unknown {
  return Array.isArray(value) ? texts(value).sort(byCodePoint) : [print(value)];
}

const must = (functions: Record<string, GoFunction>): Record<string, GoFunction> =>
  Object.fromEntries(
    Object.entries(functions).flatMap(([name, call]) => [
      [name, call],
      [`must${name[0]!.toUpperCase()}${name.slice(1)}`, call],
    ]),
  );

const lists = must({
  append: (value, item) => [...list(value, 'push'), item],
  push: (value, item) => [...list(value, 'push'), item],
  prepend: (value, item) => [item, ...list(value, 'prepend')],
  first: (value) =>
    Array.isArray(value) ? (value[0] ?? null) : typeof value === 'string' ? value[0] : list(value, 'first'),
  rest: (value) => list(value, 'rest').slice(1),
  last: (value) => list(value, 'last').at(-1) ?? null,
  initial: (value) => list(value, 'initial').slice(0, -1),
  reverse: (value) => list(value, 'reverse').toReversed(),
  uniq: unique,
  compact: (value) => list(value, 'compact').filter((item) => !empty(item)),
  without: (value, ...items) => list(value, 'without').filter((item) => !items.some((other) => deepEqual(other, item))),
  has: (item, value) => !isNil(value) && list(value, 'has').some((other) => deepEqual(other, item)),
  slice: (value, ...bounds) => {
    const items = list(value, 'slice');
    const [from = 0, to = items.length] = bounds.map((bound) => Number(int(bound)));
    return items.slice(from, to);
  },
  chunk: (size, value) => {
    const items = list(value, 'chunk');
    const count = Math.max(1, Number(int(size)));
    return Array.from({ length: Math.ceil(items.length / count) }, (_, i) => items.slice(i * count, (i + 1) * count));
  },
  merge: (target, ...sources) => merge(map(target), sources, false),
  mergeOverwrite: (target, ...sources) => merge(map(target), sources, true),
  deepCopy: (value) => deepCopy(value),
});

/** Functions on lists, maps, numbers and types. */
export const dataFunctions: Readonly<Record<string, GoFunction>> = {
  ...lists,
  list: (...items) => items,
  tuple: (...items) => items,
  concat: (...all) => all.flatMap((value) => list(value, 'concat')),
  join: (separator, value) => texts(value).join(print(separator)),
  split: (separator, value) =>
    Object.fromEntries(
      print(value)
        .split(print(separator))
        .map((part, i) => [`_${i}`, part]),
    ),
  splitList: (separator, value) => print(value).split(print(separator)),
  splitn: (separator, count, value) => {
    const parts = print(value).split(print(separator));
    const most = Math.max(1, Number(int(count)));
    const kept =
      parts.length > most ? [...parts.slice(0, most - 1), parts.slice(most - 1).join(print(separator))] : parts;
    return Object.fromEntries(kept.map((part, i) => [`_${i}`, part]));
  },
  sortAlpha,
  toStrings: texts,
  toDecimal: (value) => BigInt(Number.parseInt(print(value), 8) || 0),
  dict,
  get: (value, key) => getKey(map(value), print(key)) ?? '',
  set: (value, key, field) => {
    setKey(map(value), print(key), field);
    return value;
  },
  unset: (value, key) => {
    delete map(value)[print(key)];
    return value;
  },
  hasKey: (value, key) => Object.hasOwn(map(value), print(key)),
  keys: (...all) => all.flatMap((value) => Object.keys(map(value))),
  values: (value) => Object.values(map(value)),
  pick: (value, ...keys) =>
    Object.fromEntries(
      keys
        .map(print)
        .filter((key) => Object.hasOwn(map(value), key))
        .map((key) => [key, map(value)[key]]),
    ),
  omit: (value, ...keys) =>
    Object.fromEntries(Object.entries(map(value)).filter(([key]) => !keys.map(print).includes(key))),
  pluck: (key, ...all) =>
    all
      .map(map)
      .filter((each) => Object.hasOwn(each, print(key)))
      .map((each) => each[print(key)]),
  dig,
  default: (preset, ...values) => (values.length === 0 || empty(values[0]) ? preset : values[0]),
  empty,
  coalesce: (...values) => values.find((value) => !empty(value)) ?? null,
  all: (...values) => values.every((value) => !empty(value)),
  any: (...values) => values.some((value) => !empty(value)),
  ternary: (yes, no, condition) => {
    if (typeof condition !== 'boolean') throw wrongType(condition, 'bool');
    return condition ? yes : no;
  },
  until: (count) => until(0n, BigInt(number(count)), number(count) < 0 ? -1n : 1n),
  untilStep: (...bounds) => {
    const [from = 0n, to = 0n, step = 1n] = bounds.map((bound) => BigInt(number(bound)));
    return until(from, to, step);
  },
  seq: (...bounds) => {
    const [a = 0n, b, c] = bounds.map(int);
    const [from, step, to] =
      c !== undefined ? [a, b!, c] : b !== undefined ? [a, a <= b ? 1n : -1n, b] : [1n, a < 1n ? -1n : 1n, a];
    return until(from, to + (step > 0n ? 1n : -1n), step).join(' ');
  },
  int,
  int64: int,
  float64: toFloat,
  atoi: (value) => (/^[+-]?\d+$/.test(print(value)) ? BigInt(print(value)) : 0n),
  add: (...all) => all.map(int).reduce((a, b) => a + b, 0n),
  add1: (value) => int(value) + 1n,
  sub: (a, b) => int(a) - int(b),
  mul: (...all) => all.map(int).reduce((a, b) => a * b, 1n),
  div: divided,
  mod: (a, b) => {
    if (int(b) === 0n) throw new ValueError('runtime error: integer divide by zero');
    return int(a) % int(b);
  },
  addf: decimal((a, b) => a + b),
  add1f: (value) => toFloat(value) + 1,
  subf: decimal((a, b) => a - b),
  mulf: decimal((a, b) => a * b),
  divf: decimal((a, b) => a / b),
  max: extreme((a, b) => a > b),
  biggest: extreme((a, b) => a > b),
  min: extreme((a, b) => a < b),
  maxf: (...all) => Math.max(...all.map(toFloat)),
  minf: (...all) => Math.min(...all.map(toFloat)),
  ceil: (value) => Math.ceil(toFloat(value)),
  floor: (value) => Math.floor(toFloat(value)),
  round,
  kindOf,
  kindIs: (kind, value) => kindOf(value) === kind,
  typeOf,
  typeIs: (type, value) => typeOf(value) === type,
  typeIsLike: (type, value) => typeOf(value) === type || typeOf(value) === `*${print(type)}`,
  deepEqual,
  fail: (message) => {
    throw new ValueError(print(message));
  },
  base: (path) => print(path).replace(/\/+$/, '').split('/').at(-1) || (print(path).startsWith('/') ? '/' : '.'),
  dir: (path) => print(path).replace(/\/?[^/]*$/, '') || (print(path).startsWith('/') ? '/' : '.'),
  ext: (path) => /\.[^./]*$/.exec(print(path))?.[0] ?? '',
  clean: (path) => posix.normalize(print(path) || '.').replace(/(.)\/$/, '$1'),
  isAbs: (path) => print(path).startsWith('/'),
  osBase: (path) => print(path).split('/').at(-1),
  osDir: (path) => print(path).replace(/\/?[^/]*$/, '') || '.',
  osExt: (path) => /\.[^./]*$/.exec(print(path))?.[0] ?? '',
  osClean: (path) => print(path),
  osIsAbs: (path) => print(path).startsWith('/'),
  hello: () => 'Hello!',
};
