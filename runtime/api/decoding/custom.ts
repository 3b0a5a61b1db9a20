import type { Schema, TypeResolver } from '../schema';
import { isJsonObject, maxDepth, setKey, type DecodeContext, type JsonObject } from './context';
import { definitionCodec } from './structs';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** JSON type names as OpenAPI validation prints them. */
function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function hasType(value: unknown, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string']) return typeof value === 'string' || Number.isInteger(value);
  if (schema.type === undefined) return true;
  const actual = typeName(value);
  return actual === schema.type || (schema.type === 'number' && actual === 'integer');
}

function reportType(value: unknown, schema: Schema, context: DecodeContext): undefined {
  const given = JSON.stringify(typeName(value));
  const wanted = schema['x-kubernetes-int-or-string'] ? 'integer,string' : (schema.type ?? 'object');
  return context.fail(
    `Invalid value: ${given}: ${context.strictPath()} in body must be of type ${wanted}: ${given}`,
    false,
  );
}

/**
 * Decodes by a CRD's structural schema: what it does not name is pruned and listed as unknown, unless the schema
 * preserves it; wrong types are findings and stay out of the result.
 */
export function decodeCustom(value: unknown, schema: Schema, resolver: TypeResolver, context: DecodeContext): unknown {
  if (value === null && schema.nullable) return null;
  if (!hasType(value, schema)) return reportType(value, schema, context);
  if (context.steps.length > maxDepth) return context.fail('exceeded max depth');
  if (Array.isArray(value)) return decodeItems(value, schema, resolver, context);
  if (!isJsonObject(value)) return value;
  return decodeFields(value, schema, resolver, context, schema['x-kubernetes-embedded-resource'] ?? false);
}

function decodeItems(items: unknown[], schema: Schema, resolver: TypeResolver, context: DecodeContext): unknown[] {
  const itemSchema = schema.items;
  if (!itemSchema) return items;
  return items.flatMap((item, i) => {
    context.steps.push(i);
    const decoded = decodeCustom(item, itemSchema, resolver, context);
    context.steps.pop();
    return decoded === undefined ? [] : [decoded];
  });
}

/** `isObject`: the value has apiVersion, kind and metadata, whatever the schema says of them. */
export function decodeFields(
  value: JsonObject,
  schema: Schema,
  resolver: TypeResolver,
  context: DecodeContext,
  isObject: boolean,
): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const property = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const decoded =
      isObject && isEnvelope(key)
        ? decodeEnvelope(key, value[key], resolver, context)
        : decodeField(key, value[key], property, schema, resolver, context);
    if (decoded !== undefined) setKey(result, key, decoded);
  }
  return result;
}

function decodeField(
  key: string,
  value: unknown,
  property: Schema | undefined,
  parent: Schema,
  resolver: TypeResolver,
  context: DecodeContext,
): unknown {
  const extra = parent.additionalProperties;
  const schema = property ?? (typeof extra === 'object' ? extra : undefined);
  if (!schema) {
    if (extra === true || parent['x-kubernetes-preserve-unknown-fields']) return value;
    context.unknownField(key);
    return undefined;
  }
  // A null that the schema does not allow is as good as nothing.
  if (value === null && !schema.nullable) return undefined;
  context.steps.push(key);
  const decoded = decodeCustom(value, schema, resolver, context);
  context.steps.pop();
  return decoded;
}

const isEnvelope = (key: string) => key === 'apiVersion' || key === 'kind' || key === 'metadata';

function decodeEnvelope(key: string, value: unknown, resolver: TypeResolver, context: DecodeContext): unknown {
  if (value === null) return undefined;
  context.steps.push(key);
  const decoded =
    key === 'metadata'
      ? definitionCodec(objectMeta, resolver).decode(value, context)
      : typeof value === 'string'
        ? value
        : reportType(value, { type: 'string' }, context);
  context.steps.pop();
  return decoded;
}
