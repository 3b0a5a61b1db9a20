import { deepEqual, isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { member } from './field-set';
import type { FieldSet } from './field-set';
import { elementType, fieldType, indexItems, isEmptyContainer, shapeOf, withSelf } from './typed';
import type { TypeNode } from './type-node';

/** What is different between two objects, path by path. */
export interface Comparison {
  added?: FieldSet;
  modified?: FieldSet;
  removed?: FieldSet;
}

type Kind = keyof Comparison;
type Children = Partial<Record<Kind, Record<string, FieldSet>>>;

const same: Comparison = Object.freeze({});
const only = (kind: Kind, set: FieldSet = member): Comparison => ({ [kind]: set });

export function compare(type: TypeNode, before: JsonObject, after: JsonObject): Comparison {
  return before === after ? same : compareMaps(type, before, after);
}

function compareValues(type: TypeNode, before: unknown, after: unknown): Comparison {
  if (before === after) return same;
  if (before === undefined) return only('added', whole(type, after));
  if (after === undefined) return only('removed', whole(type, before));
  if (isEmptyContainer(before) && isEmptyContainer(after)) return leaf(before, after);
  const shape = shapeOf(type, before);
  const other = shapeOf(type, after);
  if (shape === other) return compareShapes(shape, type, before, after);
  if (before === null) return compareShapes(other, type, before, after);
  if (after === null) return compareShapes(shape, type, before, after);
  return only('modified');
}

function compareShapes(shape: 'leaf' | 'map' | 'list', type: TypeNode, before: unknown, after: unknown): Comparison {
  switch (shape) {
    case 'leaf':
      return leaf(before, after);
    case 'map':
      return compareMaps(type, isObject(before) ? before : {}, isObject(after) ? after : {});
    default:
      return compareLists(type, Array.isArray(before) ? before : [], Array.isArray(after) ? after : []);
  }
}

function leaf(before: unknown, after: unknown): Comparison {
  return deepEqual(before, after) ? same : only('modified');
}

function note(children: Children, element: string, child: Comparison): void {
  if (child === same) return;
  for (const kind in child) (children[kind as Kind] ??= {})[element] = child[kind as Kind]!;
}

function compareMaps(type: TypeNode, before: JsonObject, after: JsonObject): Comparison {
  const children: Children = {};
  for (const name in after) {
    const field = type.fields?.get(name);
    const old = before[name];
    const next = after[name];
    if (old === next) continue;
    const element = field ? field.element : `f:${name}`;
    note(children, element, compareValues(fieldType(type, name), old === undefined ? field?.zero : old, next));
  }
  for (const name in before) {
    if (after[name] !== undefined) continue;
    const field = type.fields?.get(name);
    note(
      children,
      field ? field.element : `f:${name}`,
      compareValues(fieldType(type, name), before[name], field?.zero),
    );
  }
  return children;
}

function compareLists(type: TypeNode, before: readonly unknown[], after: readonly unknown[]): Comparison {
  const old = indexItems(type, before);
  const next = indexItems(type, after);
  const children: Children = {};
  const itemType = elementType(type);
  for (const [element, item] of next.byElement) {
    const duplicated = old.duplicates.has(element) || next.duplicates.has(element);
    note(
      children,
      element,
      duplicated
        ? compareDuplicates(type, element, before, after)
        : compareItem(itemType, old.byElement.get(element), item),
    );
  }
  for (const [element, item] of old.byElement) {
    if (!next.byElement.has(element)) note(children, element, compareItem(itemType, item, undefined));
  }
  return children;
}

function compareItem(type: TypeNode, before: unknown, after: unknown): Comparison {
  const result = compareValues(type, before, after);
  if (before === undefined && result.added) return only('added', withSelf(result.added));
  if (after === undefined && result.removed) return only('removed', withSelf(result.removed));
  return result;
}

/** Items that share a path element are one field: it is modified unless all of them are as they were. */
function compareDuplicates(
  type: TypeNode,
  element: string,
  before: readonly unknown[],
  after: readonly unknown[],
): Comparison {
  const matching = (items: readonly unknown[]) =>
    items.filter((item) => indexItems(type, [item]).byElement.has(element));
  const old = matching(before);
  if (old.length === 0) return only('added');
  return deepEqual(old, matching(after)) ? same : only('modified');
}

/** Every path of a value that is there on one side only. */
function whole(type: TypeNode, value: unknown): FieldSet {
  if (isEmptyContainer(value)) return member;
  switch (shapeOf(type, value)) {
    case 'leaf':
      return member;
    case 'map':
      return wholeMap(type, value as JsonObject);
    default: {
      const out: Record<string, FieldSet> = { '.': member };
      const itemType = elementType(type);
      for (const [element, item] of indexItems(type, value as unknown[]).byElement)
        out[element] = whole(itemType, item);
      return out;
    }
  }
}

function wholeMap(type: TypeNode, value: JsonObject): FieldSet {
  const out: Record<string, FieldSet> = { '.': member };
  for (const name in value) {
    const child = value[name];
    if (child === undefined) continue;
    const field = type.fields?.get(name);
    out[field ? field.element : `f:${name}`] = whole(field ? field.type() : fieldType(type, name), child);
  }
  return out;
}
