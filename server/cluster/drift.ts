import { catalogue } from '../../runtime/api/catalogue';
import type { UntypedObject } from '../../runtime/api/kinds';
import { elementType, fieldType, itemElement, shapeOf } from '../../runtime/api/managed-fields/typed';
import { type TypeNode, typeNode } from '../../runtime/api/managed-fields/type-node';
import { deepEqual, getKey, isObject, type JsonObject } from '../../runtime/api/patch/json';
import { decodeObject } from '../../runtime/api/structure';
import type { LiveObject } from './watches/watches';
import type { WrittenObject } from './written-object';

/** A field of the file that the cluster has otherwise. */
export interface Drift {
  /** Steps of the field in the file's object. */
  readonly path: readonly string[];
  /** The same field as `metadata.managedFields` spells it. */
  readonly elements: readonly string[];
  readonly file: unknown;
  /** Undefined if the cluster's object lacks it. */
  readonly live: unknown;
}

const untyped: TypeNode = { kind: 'untyped', atomic: false, element: () => untyped };

/** Fields that a file can't set, or that the server takes for a condition rather than a value. */
const ignored = new Set(['status', 'apiVersion', 'kind']);
const ignoredMetadata = new Set([
  'creationTimestamp',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/**
 * The fields that the file writes and the cluster has otherwise, as a server-side apply would change them. What the
 * server filled in is not in the file and so not looked at; items of lists with keys are found by their keys, and what
 * others put into such lists is theirs. Pure.
 */
export function driftOf({ value, type }: WrittenObject, live: LiveObject): Drift[] {
  const written = withSecretData(withoutIgnored(value));
  const decoded = type ? decodeObject<UntypedObject>(written, type.schema, catalogue).object : written;
  const found: Drift[] = [];
  compareMaps(written, decoded, live, rootType(type), { path: [], elements: [] }, found);
  return found.map((drift) => ({ ...drift, path: asWritten(drift.path, value) }));
}

/** A Secret's key stands where it was written. */
function asWritten(path: readonly string[], { stringData }: UntypedObject): readonly string[] {
  const [field, key = ''] = path;
  return field === 'data' && isObject(stringData) && Object.hasOwn(stringData, key) ? ['stringData', key] : path;
}

export function rootType(type: WrittenObject['type']): TypeNode {
  return type ? typeNode(type.schema, catalogue, type.schema.$ref !== undefined) : untyped;
}

interface Place {
  readonly path: readonly string[];
  readonly elements: readonly string[];
}

const below = ({ path, elements }: Place, step: string, element: string): Place => ({
  path: [...path, step],
  elements: [...elements, element],
});

function withoutIgnored(value: UntypedObject): JsonObject {
  const kept = Object.entries(value).filter(([name]) => !ignored.has(name));
  const metadata = isObject(value.metadata)
    ? Object.fromEntries(Object.entries(value.metadata).filter(([name]) => !ignoredMetadata.has(name)))
    : {};
  return { ...Object.fromEntries(kept), metadata };
}

/** What the server makes of a Secret's `stringData`. */
function withSecretData(value: JsonObject): JsonObject {
  const { stringData, ...others } = value;
  if (!isObject(stringData)) return value;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  return { ...others, data: { ...(isObject(value['data']) ? value['data'] : {}), ...Object.fromEntries(encoded) } };
}

/** `written` says which fields are the file's, `decoded` what they mean: quantities are canonical in it. */
function compareMaps(
  written: JsonObject,
  decoded: unknown,
  live: unknown,
  type: TypeNode,
  at: Place,
  found: Drift[],
): void {
  for (const name of Object.keys(written)) {
    const [own, meant] = [getKey(written, name), isObject(decoded) ? getKey(decoded, name) : undefined];
    // Null asks for the default, and what decoding left out is as good as not written.
    if (own === null || meant === undefined) continue;
    const current = isObject(live) ? getKey(live, name) : undefined;
    compare(own, meant, current, fieldType(type, name), below(at, name, `f:${name}`), found);
  }
}

function compare(written: unknown, decoded: unknown, live: unknown, type: TypeNode, at: Place, found: Drift[]): void {
  if (deepEqual(decoded, live)) return;
  if (isObject(written) && isObject(decoded) && (isObject(live) || Object.keys(written).length > 0)) {
    return compareMaps(written, decoded, live, type, at, found);
  }
  if (Array.isArray(written) && Array.isArray(decoded)) return compareLists(written, decoded, live, type, at, found);
  found.push({ ...at, file: decoded, live });
}

function compareLists(
  written: readonly unknown[],
  decoded: readonly unknown[],
  live: unknown,
  type: TypeNode,
  at: Place,
  found: Drift[],
): void {
  const current = Array.isArray(live) ? (live as unknown[]) : [];
  const byKeys = shapeOf(type, decoded) === 'list';
  if (!byKeys && decoded.length !== current.length) {
    found.push({ ...at, file: decoded, live });
    return;
  }
  for (const [i, item] of decoded.entries()) {
    const element = byKeys ? itemElement(type, item) : undefined;
    const match = element === undefined ? current[i] : current.find((other) => itemElement(type, other) === element);
    const place = element === undefined ? { ...at, path: [...at.path, String(i)] } : below(at, String(i), element);
    compare(written[i], item, match, elementType(type), place, found);
  }
}
