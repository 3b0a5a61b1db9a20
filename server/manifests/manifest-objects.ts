import type { UntypedObject } from '../../runtime/api/kinds';
import type { ResourceInfo } from '../../runtime/api/resource';
import { builtInTypes, type TypeRegistry } from './types';

/** One Kubernetes object in a document. */
export interface ManifestObject {
  readonly value: UntypedObject;
  /** Where it stands: empty for the document itself, `items[2]` in a list. */
  readonly path: string;
  /** Built-in or by a known CRD; undefined for any other kind. */
  readonly type: ResourceInfo | undefined;
}

/** The objects of a document's value: itself or, as kubectl takes a list apart, its items. */
export function manifestsIn(value: unknown, types: TypeRegistry = builtInTypes): ManifestObject[] {
  return objectsIn(value).map((object) => ({ ...object, type: types.typeOf(object.value.apiVersion, object.value.kind) }));
}

/** The same without their types. */
export function objectsIn(value: unknown, path = ''): Omit<ManifestObject, 'type'>[] {
  if (!isManifest(value)) return [];
  const { items } = value;
  if (!value.kind?.endsWith('List') || !Array.isArray(items)) return [{ value, path }];
  // A list may be in a list.
  const below = path && `${path}.`;
  return (items as unknown[]).flatMap((item, i) => objectsIn(item, `${below}items[${i}]`));
}

function isManifest(value: unknown): value is UntypedObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  return typeof apiVersion === 'string' && typeof kind === 'string';
}
