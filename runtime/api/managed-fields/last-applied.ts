import { deepEqual, isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { compare } from './compare';
import { difference } from './field-set';
import type { FieldSet } from './field-set';
import { fieldsOf } from './typed';
import type { TypeNode } from './type-node';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** What all annotations of an object may weigh together. */
const maxAnnotationsSize = 256 * 1024;

const metadataOf = (object: JsonObject): JsonObject => (isObject(object['metadata']) ? object['metadata'] : {});
const annotationsOf = (object: JsonObject): JsonObject => {
  const annotations = metadataOf(object)['annotations'];
  return isObject(annotations) ? annotations : {};
};

export function lastAppliedOf(object: JsonObject): string | undefined {
  const text = annotationsOf(object)[lastAppliedAnnotation];
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/**
 * Fields that client-side apply set and that are as it left them: `kubectl apply --server-side` may take those over
 * without a conflict. Undefined without a usable annotation.
 */
export function fieldsOfLastApplied(type: TypeNode, live: JsonObject, apiVersion: string): FieldSet | undefined {
  const text = lastAppliedOf(live);
  if (text === undefined) return undefined;
  let applied: unknown;
  try {
    applied = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(applied) || applied['apiVersion'] !== apiVersion) return undefined;
  const { added, modified, removed } = compare(type, applied, live);
  return difference(difference(difference(fieldsOf(type, applied), modified), added), removed);
}

/** Keeps the annotation of client-side apply in step with what kubectl applies on the server, if the object has one. */
export function syncLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const current = lastAppliedOf(object);
  if (current === undefined) return object;
  const { [lastAppliedAnnotation]: _, ...others } = annotationsOf(applied);
  const { managedFields: __, ...metadata } = metadataOf(applied);
  const annotations = Object.hasOwn(metadata, 'annotations') ? { annotations: others } : {};
  const text = `${JSON.stringify(sortKeys({ ...applied, metadata: { ...metadata, ...annotations } }))}\n`;
  const updated: JsonObject = { ...annotationsOf(object), [lastAppliedAnnotation]: text };
  if (sizeOf(updated) > maxAnnotationsSize) delete updated[lastAppliedAnnotation];
  if (deepEqual(updated, annotationsOf(object))) return object;
  return { ...object, metadata: { ...metadataOf(object), annotations: updated } };
}

function sizeOf(annotations: JsonObject): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}
