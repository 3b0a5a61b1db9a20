import { getKey, isObject, setKey } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { isMember, member } from './field-set';
import type { FieldSet } from './field-set';
import type { TypeNode } from './type-node';

/** How to treat a value: a leaf, a map of fields, or an associative list. Nulls are leaves that may become either. */
export type Shape = 'leaf' | 'map' | 'list';

export function shapeOf(type: TypeNode, value: unknown): Shape {
  if (type.atomic || type.kind === 'scalar') return 'leaf';
  if (isObject(value)) return type.kind === 'list' ? 'leaf' : 'map';
  if (Array.isArray(value)) return type.kind === 'list' ? 'list' : 'leaf';
  return 'leaf';
}

export function isEmptyContainer(value: unknown): boolean {
  return value === null || (Array.isArray(value) ? value.length === 0 : isObject(value) && isEmptyObject(value));
}

function isEmptyObject(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

const untypedLeaf: TypeNode = { kind: 'untyped', atomic: true };

export function fieldType(type: TypeNode, name: string): TypeNode {
  return type.fields?.get(name)?.type() ?? type.element?.() ?? untypedLeaf;
}

export const elementType = (type: TypeNode): TypeNode => type.element?.() ?? untypedLeaf;

/** The path element of a list item; undefined for an item that can't have one. */
export function itemElement(type: TypeNode, item: unknown): string | undefined {
  if (!type.keys) return typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  let text = 'k:{';
  for (const key of type.keys) {
    const value = getKey(item, key) ?? type.keyDefaults?.[key];
    if (value === undefined) return undefined;
    text += `${text.length > 3 ? ',' : ''}"${key}":${JSON.stringify(value)}`;
  }
  return `${text}}`;
}

/** Why an item has no path element, in structured-merge-diff's words. */
export function itemProblem(type: TypeNode, item: unknown): string {
  if (!type.keys) {
    if (item === null) return "associative list without keys has an element that's a null type";
    return `associative list without keys has an element that's ${Array.isArray(item) ? 'a list' : 'a map'} type`;
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  const missing = type.keys.find((key) => (getKey(item, key) ?? type.keyDefaults?.[key]) === undefined);
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
}

/** Items by path element, in order. Of items that share one the first is taken, and `duplicates` names the element. */
export function indexItems(
  type: TypeNode,
  items: readonly unknown[],
): { byElement: Map<string, unknown>; duplicates: Set<string> } {
  const byElement = new Map<string, unknown>();
  const duplicates = new Set<string>();
  for (const item of items) {
    const element = itemElement(type, item);
    if (element === undefined) continue;
    if (byElement.has(element)) duplicates.add(element);
    else byElement.set(element, item);
  }
  return { byElement, duplicates };
}

/** The fields that a value sets, as an applied configuration claims them. */
export function fieldsOf(type: TypeNode, value: JsonObject): FieldSet {
  return mapFields(type, value);
}

function mapFields(type: TypeNode, value: JsonObject): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const name in value) {
    const child = value[name];
    const childType = fieldType(type, name);
    const below = fieldsBelow(childType, child);
    const own = child === null || (isObject(child) && isEmptyObject(child)) || !type.fields?.has(name);
    const node = below && own ? withSelf(below) : (below ?? (own ? member : undefined));
    if (node) out[`f:${name}`] = node;
  }
  return out;
}

/** What a value adds below or at its own path; undefined for nothing (an empty associative list). */
function fieldsBelow(type: TypeNode, value: unknown): FieldSet | undefined {
  switch (shapeOf(type, value)) {
    case 'leaf':
      return value === null && !type.atomic && type.kind !== 'scalar' ? undefined : member;
    case 'map': {
      const fields = mapFields(type, value as JsonObject);
      return isMember(fields) ? undefined : fields;
    }
    default:
      return listFields(type, value as unknown[]);
  }
}

function listFields(type: TypeNode, items: readonly unknown[]): FieldSet | undefined {
  if (items.length === 0) return undefined;
  const out: Record<string, FieldSet> = {};
  for (const item of items) {
    const element = itemElement(type, item);
    if (element === undefined) continue;
    const below = fieldsBelow(elementType(type), item);
    out[element] = below ? withSelf(below) : member;
  }
  return out;
}

export function withSelf(node: FieldSet): FieldSet {
  return isMember(node) ? node : { '.': member, ...node };
}

/** Makes the named fields on the way to a member members themselves, so that what is emptied goes as a whole. */
export function withNamedFields(type: TypeNode, set: FieldSet | undefined): FieldSet | undefined {
  if (!set || isMemberOnly(set)) return set;
  const out: Record<string, FieldSet> = {};
  for (const element in set) {
    if (element === '.') {
      out['.'] = member;
      continue;
    }
    const node = set[element]!;
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const childType = name === undefined ? elementType(type) : fieldType(type, name);
    const child = withNamedFields(childType, node)!;
    out[element] = name !== undefined && type.fields?.has(name) ? withSelf(child) : child;
  }
  return out;
}

function isMemberOnly(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** The value without the fields and items of a set. Granular containers that become empty go too. */
export function removeFields(type: TypeNode, value: JsonObject, set: FieldSet | undefined): JsonObject {
  return set ? ((removeBelow(type, value, set) as JsonObject | undefined) ?? {}) : value;
}

function removeBelow(type: TypeNode, value: unknown, set: FieldSet): unknown {
  if (isEmptyContainer(value)) return undefined;
  const shape = shapeOf(type, value);
  if (shape === 'leaf') return typeof value === 'object' ? undefined : value;
  return shape === 'map'
    ? removeFromMap(type, value as JsonObject, set)
    : removeFromList(type, value as unknown[], set);
}

function removeFromMap(type: TypeNode, value: JsonObject, set: FieldSet): JsonObject | undefined {
  const out: JsonObject = {};
  for (const name of Object.keys(value)) {
    const node = set[`f:${name}`];
    if (node && isMember(node)) continue;
    const child = node ? removeBelow(fieldType(type, name), value[name], node) : value[name];
    if (child !== undefined) setKey(out, name, child);
  }
  return isEmptyObject(out) ? undefined : out;
}

function removeFromList(type: TypeNode, items: readonly unknown[], set: FieldSet): unknown[] | undefined {
  const out: unknown[] = [];
  for (const item of items) {
    const element = itemElement(type, item);
    const node = element === undefined ? undefined : set[element];
    if (node && isMember(node)) continue;
    const child = node ? removeBelow(elementType(type), item, node) : item;
    if (child !== undefined) out.push(child);
  }
  return out.length ? out : undefined;
}
