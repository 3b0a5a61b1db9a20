import { PatchError } from './patch-error';
import { getKey, isObject, setKey } from './json';
import type { JsonObject } from './json';

/** RFC 7386. The object isn't changed; what the patch leaves alone is shared with it. */
export function applyMergePatch<T extends object>(object: T, patch: unknown): T {
  if (!isObject(patch)) throw new PatchError('BadRequest', 'Invalid JSON Patch');
  return merge(object, patch) as T;
}

function merge(target: unknown, patch: JsonObject): JsonObject {
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete merged[key];
    else setKey(merged, key, isObject(value) ? merge(getKey(merged, key), value) : value);
  }
  return merged;
}
