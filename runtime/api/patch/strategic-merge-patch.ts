import type { Schema, TypeResolver } from '../schema';
import { PatchError } from './patch-error';
import { getKey, goType, isObject, jsonTypeName, setKey } from './json';
import type { JsonObject } from './json';
import {
  checkAgainstOrder,
  deleteScalars,
  directive,
  holdsObjects,
  isDirectiveKey,
  mergeKeyOf,
  mergePatchError,
  mergeScalars,
  orderElements,
  withoutDirectives,
} from './strategic-lists';

/**
 * A strategic merge patch (apimachinery's strategicpatch): lists with a merge key are merged element by element, the
 * `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` directives are followed, everything else
 * replaces. Neither object nor patch is changed; what the patch leaves alone is shared with the object.
 */
export function applyStrategicMergePatch<T extends object>(
  object: T,
  patch: unknown,
  schema: Schema,
  resolver: TypeResolver,
): T {
  if (!isObject(patch)) {
    throw new PatchError(
      'BadRequest',
      `json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return new StrategicMerge(resolver).mergeMap(object as JsonObject, patch, schema) as T;
}

interface Field {
  schema: Schema;
  strategy: string;
  mergeKey: string;
}

class StrategicMerge {
  constructor(private readonly resolver: TypeResolver) {}

  mergeMap(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
    if (Object.hasOwn(patch, directive.patch)) return replaceOrDelete(patch);
    const merged: JsonObject = { ...original };
    const rest: JsonObject = { ...patch };
    retainKeys(merged, rest);
    this.mergeOrderedLists(merged, rest, schema);
    for (const key of Object.keys(rest)) this.mergeField(merged, key, rest[key], schema);
    return merged;
  }

  private mergeField(merged: JsonObject, patchKey: string, value: unknown, schema: Schema): void {
    const isDeleteList = patchKey.startsWith(directive.deleteFromPrimitiveList);
    const key = isDeleteList
      ? afterSlash(patchKey, directive.deleteFromPrimitiveList, mergePatchError.primitiveList)
      : patchKey;
    if (value === null) {
      delete merged[key];
      return;
    }
    const current = getKey(merged, key);
    if (current === undefined || goType(current) !== goType(value)) {
      if (!isDeleteList) take(merged, key, value);
    } else if (isObject(value)) {
      const field = this.field(schema, key);
      setKey(
        merged,
        key,
        field.strategy === 'replace' ? value : this.mergeMap(current as JsonObject, value, field.schema),
      );
    } else if (Array.isArray(value)) {
      setKey(merged, key, this.mergeList(current as unknown[], value, this.field(schema, key), isDeleteList));
    } else {
      setKey(merged, key, value);
    }
  }

  /** Lists that come with a `$setElementOrder`: merged, ordered, and taken out of what is left to do. */
  private mergeOrderedLists(merged: JsonObject, rest: JsonObject, schema: Schema): void {
    for (const orderKey of Object.keys(rest)) {
      if (!orderKey.startsWith(directive.setElementOrder)) continue;
      const order = rest[orderKey];
      delete rest[orderKey];
      if (!Array.isArray(order)) throw mergePatchError.argType('[]interface {}', order);
      const key = afterSlash(orderKey, directive.setElementOrder, mergePatchError.setElementOrder);
      const current = listAt(merged, key);
      const patchList = listAt(rest, key);
      const field = this.field(schema, key);
      checkAgainstOrder(patchList ?? [], order, field.mergeKey);
      const list = this.mergedList(current, patchList, field);
      if (!list) continue;
      if (field.mergeKey) for (const item of [...order, ...list]) mergeKeyOf(item, field.mergeKey);
      setKey(merged, key, orderElements(list, order, current ?? [], field.mergeKey));
      delete rest[key];
    }
  }

  private mergedList(
    current: unknown[] | undefined,
    patchList: unknown[] | undefined,
    field: Field,
  ): unknown[] | undefined {
    if (current && patchList) return this.mergeList(current, patchList, field, false);
    return current ?? (patchList && (withoutDirectives(patchList) as unknown[]));
  }

  private mergeList(original: unknown[], patch: unknown[], field: Field, isDeleteList: boolean): unknown[] {
    if (field.strategy !== 'merge' && !isDeleteList) return patch;
    if (original.length === 0 && patch.length === 0) return original;
    if (!holdsObjects(original, patch)) {
      if (isDeleteList) return deleteScalars(original, patch);
      return orderElements(mergeScalars(original, patch), patch, original, '');
    }
    if (!field.mergeKey) {
      throw new PatchError('InternalError', `cannot merge lists without merge key for ${typeName(field.schema)}`);
    }
    const { kept, additions } = deletionsAndReplacement(original, patch as JsonObject[], field.mergeKey);
    const merged = this.mergeElements(kept, additions, field);
    return orderElements(merged, additions, kept, field.mergeKey);
  }

  private mergeElements(original: readonly unknown[], patch: readonly JsonObject[], field: Field): unknown[] {
    const merged = [...original];
    const places = new Map(
      merged.map((item, i) => [isObject(item) ? getKey(item, field.mergeKey) : undefined, i] as const).reverse(),
    );
    for (const item of patch) {
      const value = mergeKeyOf(item, field.mergeKey);
      const place = places.get(value);
      if (place !== undefined) {
        merged[place] = this.mergeMap(merged[place] as JsonObject, item, field.schema);
      } else {
        places.set(value, merged.push(withoutDirectives(item)) - 1);
      }
    }
    return merged;
  }

  /** The schema of a field (of its items, for a list) and how it is patched. Map values have no strategy of their own. */
  private field(schema: Schema, key: string): Field {
    const parent = this.resolver.resolve(schema);
    const declared = parent.properties && getKey(parent.properties, key);
    const additional = parent.additionalProperties;
    const own = (declared ?? (typeof additional === 'object' ? additional : {})) as Schema;
    const resolved = this.resolver.resolve(own);
    const strategies = (resolved['x-kubernetes-patch-strategy'] ?? '').split(',');
    return {
      schema: resolved.items ?? own,
      strategy: strategies.find((strategy) => strategy !== 'retainKeys') ?? '',
      mergeKey: resolved['x-kubernetes-patch-merge-key'] ?? '',
    };
  }
}

function replaceOrDelete(patch: JsonObject): JsonObject {
  const { [directive.patch]: type, ...rest } = patch;
  if (type === 'replace') return rest;
  if (type === 'delete') return {};
  throw mergePatchError.patchType(type, patch);
}

function deletionsAndReplacement(original: readonly unknown[], patch: readonly JsonObject[], mergeKey: string) {
  const additions: JsonObject[] = [];
  let kept = original;
  let replaced = false;
  for (const item of patch) {
    const type = item[directive.patch];
    if (type === undefined) {
      additions.push(item);
    } else if (type === 'delete') {
      const gone = mergeKeyOf(item, mergeKey);
      kept = kept.filter((other) => !isObject(other) || getKey(other, mergeKey) !== gone);
    } else if (type === 'replace') {
      replaced = true;
    } else if (type === 'merge') {
      throw new PatchError('InternalError', 'merging lists cannot yet be specified in the patch');
    } else {
      throw mergePatchError.patchType(type, item);
    }
  }
  return replaced ? { kept: additions as readonly unknown[], additions: [] } : { kept, additions };
}

function retainKeys(merged: JsonObject, rest: JsonObject): void {
  const retained = getKey(rest, directive.retainKeys);
  if (retained === undefined) return;
  delete rest[directive.retainKeys];
  if (!Array.isArray(retained)) throw mergePatchError.retainKeys();
  const keys = new Set(retained);
  for (const [key, value] of Object.entries(rest)) {
    if (value !== null && !isDirectiveKey(key) && !keys.has(key)) throw mergePatchError.retainKeys();
  }
  for (const key of Object.keys(merged)) if (!keys.has(key)) delete merged[key];
}

function take(merged: JsonObject, key: string, value: unknown): void {
  const rest = withoutDirectives(value);
  if (rest === undefined) delete merged[key];
  else setKey(merged, key, rest);
}

function afterSlash(key: string, prefix: string, error: () => PatchError): string {
  const name = key.startsWith(`${prefix}/`) ? key.slice(prefix.length + 1) : '';
  if (!name) throw error();
  return name;
}

function listAt(map: JsonObject, key: string): unknown[] | undefined {
  const value = getKey(map, key);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw mergePatchError.argType('[]interface {}', value);
  return value;
}

const typeName = (schema: Schema): string => (schema.$ref ?? '').split('.').at(-1) ?? '';
