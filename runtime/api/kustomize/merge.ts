import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { Schema, TypeResolver } from '../schema';
import { text } from './resource';
import { containerSource, fieldSource, setFieldSource, setSource } from './sources';

/**
 * Kustomize's strategic merge, which differs from the API server's: elements that the patch has come first, lists with
 * several map keys compare all of them, an element's `$patch: replace` changes nothing, and where there is no schema
 * lists are replaced. Works in place on `target`, which must be a copy; returns undefined where nothing is left.
 */
export function mergePatch(
  target: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
  resolver: TypeResolver,
): JsonObject | undefined {
  return new Merge(resolver).walk(target, patch, schema) as JsonObject | undefined;
}

type Directive = 'merge' | 'replace' | 'delete';

/** Thrown for what no patch may say. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}

class Merge {
  constructor(private readonly resolver: TypeResolver) {}

  /** `undefined` is what isn't there; null is what a patch uses to remove. */
  walk(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
    const model = missing(target) ? patch : target;
    if (missing(model)) return this.nothing(target, patch);
    if (Array.isArray(model)) {
      this.demand(Array.isArray, 'a list', target, patch);
      return this.list(target as unknown[] | undefined, patch as unknown[] | null | undefined, schema);
    }
    if (isObject(model)) {
      this.demand(isObject, 'a map', target, patch);
      return this.map(target as JsonObject | undefined, patch as JsonObject | null | undefined, schema);
    }
    this.demand((value) => typeof value !== 'object', 'a scalar', target, patch);
    return patch === undefined ? target : patch;
  }

  /** A null that only the object has is kept as it is; one that the patch has removes. */
  private nothing(target: unknown, patch: unknown): unknown {
    return patch === undefined ? target : undefined;
  }

  private demand(is: (value: unknown) => boolean, what: string, ...values: unknown[]): void {
    const odd = values.find((value) => !missing(value) && !is(value));
    if (odd !== undefined) throw new MergeError(`wrong node kind: expected ${what} but got ${JSON.stringify(odd)}`);
  }

  private map(target: JsonObject | null | undefined, patch: JsonObject | null | undefined, schema: Schema | undefined) {
    if (patch === null) return undefined;
    const directive = patch ? takeDirective(patch) : 'merge';
    if (directive === 'delete') return undefined;
    if (patch && (missing(target) || directive === 'replace')) return this.fill(patch, patch, schema);
    return target ? this.fill(target, patch, schema) : undefined;
  }

  private fill(target: JsonObject, patch: JsonObject | undefined, schema: Schema | undefined): JsonObject {
    for (const key of new Set([...Object.keys(target), ...Object.keys(patch ?? {})])) {
      const own = Object.hasOwn(target, key) ? target[key] : undefined;
      const theirs = patch && Object.hasOwn(patch, key) ? patch[key] : undefined;
      const merged = this.walk(own, theirs, this.field(schema, key));
      if (merged === undefined || (merged === null && theirs !== undefined)) delete target[key];
      else target[key] = merged;
      if (patch && theirs !== undefined && merged === theirs) setFieldSource(target, key, fieldSource(patch, key));
    }
    return target;
  }

  private field(schema: Schema | undefined, key: string): Schema | undefined {
    if (!schema) return undefined;
    const { properties, additionalProperties } = this.resolver.resolve(schema);
    if (properties && Object.hasOwn(properties, key)) return properties[key];
    return typeof additionalProperties === 'object' ? additionalProperties : undefined;
  }

  private list(target: unknown[] | undefined, patch: unknown[] | null | undefined, schema: Schema | undefined) {
    const strategy = schema?.['x-kubernetes-patch-strategy'];
    if (!schema || !strategy?.split(',').includes('merge')) return patch === undefined ? target : (patch ?? undefined);
    if (patch === null) return undefined;
    const directive = patch ? takeListDirective(patch) : 'merge';
    if (directive === 'delete') return undefined;
    const base = missing(target) || directive === 'replace' ? patch : target;
    if (!base) return undefined;
    return this.associative(base, patch, schema);
  }

  private associative(target: unknown[], patch: unknown[] | undefined, schema: Schema): unknown[] {
    const mergeKey = schema['x-kubernetes-patch-merge-key'];
    const keys = schema['x-kubernetes-list-map-keys'] ?? (mergeKey ? [mergeKey] : []);
    const merger = keys.length > 0 ? keys : [''];
    let values = distinct([...identities(patch ?? [], merger), ...identities(target, merger)]);
    if (merger.length > 1) values = unified(values);
    const used = usableKeys(values, merger);
    const merged: unknown[] = [];
    let rest = target;
    for (const value of values) {
      const wanted = pick(used, merger, value);
      const found = (list: readonly unknown[] | undefined) => list?.find((item) => matches(item, used, wanted, true));
      const element = this.walk(found(target), found(patch), schema.items);
      if (missing(element) || (isObject(element) && Object.keys(element).length === 0)) {
        rest = rest.filter((item) => !matches(item, used, wanted, false));
      } else {
        setElement(merged, used, wanted, element);
      }
    }
    for (const item of rest) appendElement(merged, used, item);
    setSource(merged, containerSource(target));
    return merged;
  }
}

const missing = (value: unknown): value is null | undefined => value === null || value === undefined;

function takeDirective(patch: JsonObject): Directive {
  if (!Object.hasOwn(patch, '$patch')) return 'merge';
  const value = patch['$patch'];
  if (value !== 'merge' && value !== 'replace' && value !== 'delete')
    throw new MergeError(`unknown patch strategy '${String(value)}'`);
  delete patch['$patch'];
  return value;
}

/** An element of nothing but `$patch` speaks for the whole list. */
function takeListDirective(patch: unknown[]): Directive {
  const at = patch.findIndex(
    (item) => isObject(item) && Object.hasOwn(item, '$patch') && Object.keys(item).length === 1,
  );
  if (at < 0) return 'merge';
  const directive = takeDirective(patch[at] as JsonObject);
  patch.splice(at, 1);
  return directive;
}

function textOf(item: unknown, key: string): string {
  if (key === '') return isObject(item) ? '' : String(item);
  return isObject(item) && Object.hasOwn(item, key) ? text(item[key]) : '';
}

const identities = (list: readonly unknown[], keys: readonly string[]): string[][] =>
  list.map((item) => keys.map((key) => textOf(item, key)));

function distinct(values: readonly string[][]): string[][] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const id = JSON.stringify(value);
    return value.some((part) => part !== '') && !seen.has(id) && seen.add(id);
  });
}

/** Identities that differ only in what one of them lacks are one. */
function unified(values: string[][]): string[][] {
  const out = [...values];
  for (const i of out.keys()) {
    for (const j of out.keys()) {
      const a = out[i]!;
      const b = out[j]!;
      const common = a.some((part, k) => part === b[k]);
      if (!common || a.some((part, k) => part !== b[k] && part !== '' && b[k] !== '')) continue;
      out[i] = out[j] = a.map((part, k) => part || b[k]!);
    }
  }
  return out;
}

function usableKeys(values: readonly string[][], keys: readonly string[]): string[] {
  const used = keys.filter((_, i) => values.some((value) => value[i] !== ''));
  return used.length > 0 ? used : [...keys];
}

const pick = (used: readonly string[], keys: readonly string[], value: readonly string[]): string[] =>
  used.map((key) => value[keys.indexOf(key)] ?? '');

/** Of keys without a value, `lenient` asks nothing. */
function matches(item: unknown, keys: readonly string[], values: readonly string[], lenient: boolean): boolean {
  return keys.every((key, i) => (lenient && values[i] === '' && keys.length > 1) || textOf(item, key) === values[i]);
}

function setElement(list: unknown[], keys: readonly string[], values: readonly string[], element: unknown): void {
  let replaced = false;
  for (const [i, item] of list.entries()) {
    if (!matches(item, keys, values, false)) continue;
    list[i] = element;
    replaced = true;
  }
  if (!replaced) list.push(element);
}

/** What the object has, put in place of the element of the same keys, or at the end. */
function appendElement(list: unknown[], keys: readonly string[], item: unknown): void {
  const values = keys.map((key) => textOf(item, key));
  if (keys.length > 1) {
    const rest = list.filter((other) => !matches(other, keys, values, false));
    list.splice(0, list.length, ...rest, item);
  } else {
    setElement(list, keys, values, item);
  }
}
