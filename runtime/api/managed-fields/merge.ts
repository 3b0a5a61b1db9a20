import { isObject, setKey } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { elementType, fieldType, indexItems, isEmptyContainer, shapeOf } from './typed';
import type { TypeNode } from './type-node';

/** The live object with an applied configuration merged in. What doesn't change is shared with the live object. */
export function merge(type: TypeNode, live: JsonObject, applied: JsonObject): JsonObject {
  return mergeMaps(type, live, applied);
}

function mergeValues(type: TypeNode, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined || (isEmptyContainer(live) && isEmptyContainer(applied))) return applied;
  const shape = applied === null ? shapeOf(type, live) : shapeOf(type, applied);
  if (shape === 'map') {
    return isObject(live) || live === null ? mergeMaps(type, live ?? {}, isObject(applied) ? applied : {}) : applied;
  }
  if (shape === 'list') return mergeLists(type, Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : []);
  return applied;
}

function mergeMaps(type: TypeNode, live: JsonObject, applied: JsonObject): JsonObject {
  const out: JsonObject = { ...live };
  for (const name of Object.keys(applied)) {
    setKey(
      out,
      name,
      mergeValues(fieldType(type, name), Object.hasOwn(live, name) ? live[name] : undefined, applied[name]),
    );
  }
  return out;
}

/**
 * Items that both have take the applied configuration's order; what only the live list has stays where it stood among
 * them. Items of the live list that share a key are taken over as they are unless the configuration names the key.
 */
function mergeLists(type: TypeNode, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const left = indexItems(type, live);
  const right = indexItems(type, applied).byElement;
  const liveOrder = [...left.byElement.keys()];
  const appliedOrder = [...right.keys()];
  const shared = appliedOrder.filter((element) => left.byElement.has(element));
  const itemType = elementType(type);
  const out: unknown[] = [];
  const push = (element: string) => {
    if (left.duplicates.has(element) && !right.has(element)) {
      out.push(...live.filter((item) => indexItems(type, [item]).byElement.has(element)));
    } else {
      out.push(mergeValues(itemType, left.byElement.get(element), right.get(element)));
    }
  };
  let nextShared = 0;
  for (let l = 0, r = 0; l < liveOrder.length || r < appliedOrder.length;) {
    const element = liveOrder[l];
    const wanted = appliedOrder[r];
    if (element !== undefined && element === wanted) {
      push(element);
      l++;
      r++;
      nextShared++;
    } else if (
      element !== undefined &&
      wanted !== undefined &&
      right.has(element) &&
      nextShared < shared.length &&
      shared[nextShared] !== element
    ) {
      l++;
    } else if (element !== undefined && !right.has(element)) {
      push(element);
      l++;
    } else if (wanted !== undefined) {
      push(wanted);
      r++;
      if (shared[nextShared] === wanted) nextShared++;
    } else {
      l++;
    }
  }
  return out;
}
