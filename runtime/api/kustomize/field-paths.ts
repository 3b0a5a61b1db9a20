import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { fieldSource, setFieldSource } from './sources';
import type { Source } from './sources';

/** Steps of `spec.containers.[name=web].image`; a dot in brackets or behind a backslash belongs to its step. */
export function splitFieldPath(path: string): string[] {
  const steps: string[] = [];
  let step = '';
  let depth = 0;
  for (let i = 0; i < path.length; i++) {
    const char = path[i]!;
    if (char === '\\' && path[i + 1] === '.') step += path[++i]!;
    else if (char === '.' && depth === 0) {
      steps.push(step);
      step = '';
    } else {
      if (char === '[') depth++;
      if (char === ']') depth--;
      step += char;
    }
  }
  return [...steps, step].map((text) =>
    /^\[[^=\]]*\]$/.test(text) && !/^\[-?\d*\]$/.test(text) ? text.slice(1, -1) : text,
  );
}

/** A place that a path leads to. */
export interface Slot {
  readonly value: unknown;
  readonly source: Source | undefined;
  set(value: unknown, source: Source | undefined): void;
}

/** Where a path leads: with `*` and `[key=value]`, to several places. With `create`, what is missing is made. */
export function slotsAt(root: unknown, path: readonly string[], create = false): Slot[] {
  const [step = '', ...rest] = path;
  if (Array.isArray(root)) return itemSlots(root as unknown[], step, rest, create);
  if (!isObject(root)) return [];
  const keys = step === '*' ? Object.keys(root) : [step];
  return keys.flatMap((key) => {
    if (!Object.hasOwn(root, key) || root[key] === null) {
      if (!create) return [];
      root[key] = rest.length === 0 ? '' : emptyFor(rest[0]!);
    }
    return rest.length > 0 ? slotsAt(root[key], rest, create) : [fieldSlot(root, key)];
  });
}

const emptyFor = (step: string): JsonObject | unknown[] => (elementKey(step) || step === '-' ? [] : {});

function fieldSlot(map: JsonObject, key: string): Slot {
  return {
    value: map[key],
    source: fieldSource(map, key),
    set(value, source) {
      map[key] = value;
      setFieldSource(map, key, source);
    },
  };
}

function elementKey(step: string): { key: string; value: string } | undefined {
  const match = /^\[([^=\]]*)=(.*)\]$/.exec(step);
  return match ? { key: match[1]!, value: match[2]! } : undefined;
}

function itemSlots(items: unknown[], step: string, rest: readonly string[], create: boolean): Slot[] {
  return indices(items, step, create).flatMap((i) => {
    if (rest.length > 0) return slotsAt(items[i], rest, create);
    return [{ value: items[i], source: undefined, set: (value: unknown) => void (items[i] = value) }];
  });
}

function indices(items: unknown[], step: string, create: boolean): number[] {
  const all = [...items.keys()];
  if (step === '*') return all;
  const element = elementKey(step);
  if (!element) {
    const index = step === '-' ? items.length - 1 : Number(/^\[?(\d+)\]?$/.exec(step)?.[1] ?? Number.NaN);
    return items[index] === undefined ? [] : [index];
  }
  const { key, value } = element;
  const expression = safeExpression(value);
  const found = all.filter((i) => {
    const item = items[i];
    const text = key === '' ? item : isObject(item) ? item[key] : undefined;
    return text !== undefined && (String(text) === value || Boolean(expression?.test(String(text))));
  });
  if (found.length > 0 || !create) return found;
  return [items.push(key === '' ? value : { [key]: value }) - 1];
}

/** An element's value may be an expression; only plain ones are taken for one. */
function safeExpression(value: string): RegExp | undefined {
  return /^[\w.*-]+$/.test(value) && value.length < 200 && !/\*.*\*.*\*/.test(value)
    ? new RegExp(`^${value}$`)
    : undefined;
}
