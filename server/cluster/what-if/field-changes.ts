import type { FieldChange } from '../../../runtime/client/editor-protocol';
import { itemElement, elementType, fieldType, shapeOf } from '../../../runtime/api/managed-fields/typed';
import type { TypeNode } from '../../../runtime/api/managed-fields/type-node';
import { deepEqual, isObject, type JsonObject } from '../../../runtime/api/patch/json';
import { pathText } from '../written-object';

/** What every write changes, and what is no part of what was asked for. */
const ignoredMetadata = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'selfLink',
]);

/** The fields in which two states of an object differ; list items with keys are paired by their keys. */
export function fieldChanges(before: object, after: object, type: TypeNode): FieldChange[] {
  const changes: FieldChange[] = [];
  compareMaps(strip(before), strip(after), type, [], changes);
  return changes;
}

function strip(object: object): JsonObject {
  const { status: _status, apiVersion: _version, kind: _kind, ...rest } = object as JsonObject;
  const { metadata } = rest;
  if (!isObject(metadata)) return rest;
  const kept = Object.entries(metadata).filter(([name]) => !ignoredMetadata.has(name));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

type Steps = readonly (string | number)[];

function compare(before: unknown, after: unknown, type: TypeNode, path: Steps, changes: FieldChange[]): void {
  if (deepEqual(before, after)) return;
  if (isObject(before) && isObject(after)) return compareMaps(before, after, type, path, changes);
  if (Array.isArray(before) && Array.isArray(after) && shapeOf(type, after) === 'list') {
    return compareItems(before, after, type, path, changes);
  }
  changes.push({
    path: pathText(path),
    ...(before !== undefined && { before: json(before) }),
    ...(after !== undefined && { after: json(after) }),
  });
}

function compareMaps(before: JsonObject, after: JsonObject, type: TypeNode, path: Steps, changes: FieldChange[]): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(before[name], after[name], fieldType(type, name), [...path, name], changes);
  }
}

/** Indices are the new list's; of an item that goes, the old one's. */
function compareItems(before: unknown[], after: unknown[], type: TypeNode, path: Steps, changes: FieldChange[]): void {
  const elementOf = (item: unknown): string => itemElement(type, item) ?? '';
  const old = new Map(before.map((item, i) => [elementOf(item), { item, i }]));
  for (const [i, item] of after.entries()) {
    compare(old.get(elementOf(item))?.item, item, elementType(type), [...path, i], changes);
    old.delete(elementOf(item));
  }
  for (const { item, i } of old.values()) compare(item, undefined, elementType(type), [...path, i], changes);
}

function json(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
}
