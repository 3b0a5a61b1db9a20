import { PatchError, unprocessable } from './patch-error';
import { deepEqual, getKey, goType, goValue, isObject } from './json';
import type { JsonObject } from './json';

export const directive = {
  patch: '$patch',
  retainKeys: '$retainKeys',
  deleteFromPrimitiveList: '$deleteFromPrimitiveList',
  setElementOrder: '$setElementOrder',
} as const;

/** The errors of apimachinery's mergepatch package, with the status that the API server gives to each. */
export const mergePatchError = {
  primitiveList: () => new PatchError('BadRequest', 'invalid patch format of primitive list'),
  retainKeys: () => new PatchError('BadRequest', 'invalid patch format of retainKeys'),
  setElementOrder: () => new PatchError('BadRequest', 'invalid patch format of setElementOrder list'),
  listOfLists: () => unprocessable('lists of lists are not supported'),
  noMergeKey: (item: unknown, key: string) =>
    new PatchError('InternalError', `map: ${goValue(item)} does not contain declared merge key: ${key}`),
  patchType: (type: unknown, map: unknown) =>
    new PatchError('InternalError', `unknown patch type: ${goValue(type)} in map: ${goValue(map)}`),
  argType: (expected: string, actual: unknown) =>
    new PatchError('InternalError', `expected a ${expected}, but received a ${goType(actual)}`),
};

/** Whether a list holds objects; checks that its elements are of one type and that none is a list. */
export function holdsObjects(...lists: readonly (readonly unknown[])[]): boolean {
  let first: string | undefined;
  for (const item of lists.flat(1)) {
    const type = goType(item);
    if (type === '[]interface {}') throw mergePatchError.listOfLists();
    first ??= type;
    if (type !== first) {
      throw new PatchError('InternalError', `list element types are not identical: ${goValue(lists.flat(1))}`);
    }
  }
  return first === 'map[string]interface {}';
}

export function mergeKeyOf(item: unknown, mergeKey: string): unknown {
  if (!isObject(item)) throw new PatchError('InternalError', `value for key ${goValue(item)} is not a map`);
  const value = getKey(item, mergeKey);
  if (value === undefined) throw mergePatchError.noMergeKey(item, mergeKey);
  return value;
}

export const isDeletion = (item: unknown): boolean => isObject(item) && item[directive.patch] === 'delete';

/** A string that two elements share exactly if they are the same element: equal scalars, or objects of one merge key. */
function identity(item: unknown, mergeKey: string): string {
  const value = mergeKey && isObject(item) ? getKey(item, mergeKey) : item;
  return `${typeof value} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
}

class Order {
  private readonly places = new Map<string, number>();

  constructor(
    list: readonly unknown[],
    private readonly mergeKey: string,
  ) {
    for (const [i, item] of list.entries()) {
      const id = identity(item, mergeKey);
      if (!this.places.has(id)) this.places.set(id, i);
    }
  }

  indexOf(item: unknown): number {
    return this.places.get(identity(item, this.mergeKey)) ?? -1;
  }
}

/**
 * Brings a merged list into order: elements that the patch names stand as the patch has them, those that only the server
 * knows keep their order among themselves, and between the two kinds the server's order decides where it knows both.
 */
export function orderElements(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const byPatch = new Order(patchOrder, mergeKey);
  const byServer = new Order(serverOrder, mergeKey);
  const sorted = (items: unknown[], order: Order) => {
    const deletions = mergeKey ? items.filter(isDeletion) : [];
    const kept = mergeKey ? items.filter((item) => !isDeletion(item)) : items;
    return [...kept.sort((a, b) => order.indexOf(a) - order.indexOf(b)), ...deletions];
  };
  const named = sorted(
    merged.filter((item) => byPatch.indexOf(item) >= 0),
    byPatch,
  );
  const serverOnly = sorted(
    merged.filter((item) => byPatch.indexOf(item) < 0),
    byServer,
  );
  return interleave(serverOnly, named, byServer);
}

function interleave(left: readonly unknown[], right: readonly unknown[], server: Order): unknown[] {
  const out: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const l = server.indexOf(left[i]);
    const r = server.indexOf(right[j]);
    if (l >= 0 && r >= 0 && l < r) out.push(left[i++]);
    else out.push(right[j++]);
  }
  return [...out, ...left.slice(i), ...right.slice(j)];
}

/** The patch's own elements must stand in the order that `$setElementOrder` announces. */
export function checkAgainstOrder(
  patchList: readonly unknown[],
  orderList: readonly unknown[],
  mergeKey: string,
): void {
  if (orderList.length === 0 || patchList.length === 0) return;
  const items = mergeKey ? patchList.filter((item) => !isDeletion(item)) : patchList;
  const key = (item: unknown) => (mergeKey ? mergeKeyOf(item, mergeKey) : item);
  let next = 0;
  for (const item of orderList) {
    if (next < items.length && deepEqual(key(items[next]), key(item))) next++;
  }
  if (next < items.length) {
    throw new PatchError(
      'InternalError',
      `The order in patch list:\n${goValue(patchList)}\n doesn't match ${directive.setElementOrder} list:\n${goValue(orderList)}\n`,
    );
  }
}

export function mergeScalars(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  return [...new Set([...original, ...patch])];
}

export function deleteScalars(original: readonly unknown[], toDelete: readonly unknown[]): unknown[] {
  const gone = new Set(toDelete);
  return original.filter((item) => !gone.has(item));
}

/** A value that is new to the object, without the directives in it; undefined if a `$patch` says that it isn't one. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directive.patch)) return undefined;
  const kept: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    if (field === null || isDirectiveKey(key)) continue;
    const rest = withoutDirectives(field);
    if (rest !== undefined) kept[key] = rest;
  }
  return kept;
}

export function isDirectiveKey(key: string): boolean {
  return (
    key === directive.retainKeys ||
    key.startsWith(directive.setElementOrder) ||
    key.startsWith(directive.deleteFromPrimitiveList)
  );
}
