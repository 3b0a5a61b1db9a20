import { catalogue } from '../runtime/api/catalogue';
import type { UntypedObject } from '../runtime/api/kinds';
import { parseApiVersion } from '../runtime/api/object';
import type { ResourceInfo } from '../runtime/api/resource';

/** One Kubernetes object in a document. */
export interface ManifestObject {
  value: UntypedObject;
  /** Where it stands: empty for the document itself, `items[2]` in a list. */
  path: string;
  /** Undefined for a kind that is not built in. */
  type: ResourceInfo | undefined;
}

/** The objects of a document's value: itself or, as kubectl takes a list apart, its items. */
export function manifestsIn(value: unknown): ManifestObject[] {
  if (!isManifest(value)) return [];
  const { items } = value;
  if (value.kind?.endsWith('List') && Array.isArray(items)) {
    return (items as unknown[]).flatMap((item, i) => (isManifest(item) ? [manifest(item, `items[${i}]`)] : []));
  }
  return [manifest(value, '')];
}

/** The built-in type that an `apiVersion` and a `kind` name. */
export function typeOf(apiVersion: unknown, kind: unknown): ResourceInfo | undefined {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  return catalogue.byKind({ ...parseApiVersion(apiVersion), kind });
}

function manifest(value: UntypedObject, path: string): ManifestObject {
  return { value, path, type: typeOf(value.apiVersion, value.kind) };
}

function isManifest(value: unknown): value is UntypedObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  return typeof apiVersion === 'string' && typeof kind === 'string';
}
