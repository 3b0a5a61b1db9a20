import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';

/** Where a value is written: UTF-16 offsets in a file; of a scalar the value, of a map or list its key. */
export interface Source {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Of a scalar, its key. */
  readonly key?: { start: number; end: number };
}

/**
 * Where the values of a build come from, beside the values: a map knows for each of its fields, and every container for
 * itself. A container that is moved takes its sources along; to copy one takes `copyWithSources`.
 */
const ofFields = new WeakMap<object, Map<string, Source>>();
const ofContainers = new WeakMap<object, Source>();

export function setFieldSource(map: object, key: string, source: Source | undefined): void {
  if (!source) return;
  const fields = ofFields.get(map) ?? new Map<string, Source>();
  fields.set(key, source);
  ofFields.set(map, fields);
}

export function setSource(container: unknown, source: Source | undefined): void {
  if (source && typeof container === 'object' && container !== null) ofContainers.set(container, source);
}

export const fieldSource = (map: object, key: string): Source | undefined => ofFields.get(map)?.get(key);
export const containerSource = (container: object): Source | undefined => ofContainers.get(container);

export function copyWithSources<T>(value: T): T {
  if (Array.isArray(value)) {
    const copy: unknown[] = value.map(copyWithSources);
    setSource(copy, ofContainers.get(value));
    return copy as T;
  }
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [key, field] of Object.entries(value)) copy[key] = copyWithSources(field);
  setSource(copy, ofContainers.get(value));
  const fields = ofFields.get(value);
  if (fields) ofFields.set(copy, new Map(fields));
  return copy as T;
}

/** All that is in a value, and itself, is due to one place. */
export function attribute(value: unknown, source: Source | undefined): void {
  if (!source || typeof value !== 'object' || value === null) return;
  setSource(value, source);
  for (const [key, field] of Object.entries(value)) {
    if (!Array.isArray(value)) setFieldSource(value, key, source);
    attribute(field, source);
  }
}

/**
 * After a change that knows nothing of sources: what both trees share keeps its own, containers that were copied along
 * the way inherit from those that they replace, and what is new is due to `source`.
 */
export function inheritSources(before: unknown, after: unknown, source: Source): void {
  if (before === after || typeof after !== 'object' || after === null) return;
  if (Array.isArray(after)) return inheritItems(Array.isArray(before) ? before : [], after, source);
  const old = isObject(before) ? before : {};
  setSource(after, ofContainers.get(old) ?? source);
  for (const [key, field] of Object.entries(after)) {
    const known = Object.hasOwn(old, key);
    const kept = known && (typeof field === 'object' || field === old[key]);
    setFieldSource(after, key, kept ? fieldSource(old, key) : source);
    if (known || !ofContainers.has(field as object)) inheritSources(old[key], field, source);
  }
}

function inheritItems(before: readonly unknown[], after: readonly unknown[], source: Source): void {
  setSource(after, ofContainers.get(before) ?? source);
  const shared = new Set(before);
  const replaced = before.filter((item) => !after.includes(item));
  for (const item of after) {
    if (shared.has(item)) continue;
    const sameName = replaced.find((old) => isObject(old) && isObject(item) && old['name'] === item['name']);
    inheritSources(sameName, item, source);
  }
}

/** Where the value at a path comes from or, where that isn't known, the nearest thing around it. */
export function sourceAt(root: unknown, path: readonly string[]): Source | undefined {
  let at = root;
  let best: Source | undefined;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) break;
    best = ofContainers.get(at) ?? best;
    best = fieldSource(at, step) ?? best;
    if (!Object.hasOwn(at, step)) return best;
    at = (at as JsonObject)[step];
  }
  if (best && typeof at === 'object' && at !== null && Array.isArray(root)) return best;
  return best ?? (typeof root === 'object' && root !== null ? ofContainers.get(root) : undefined);
}
