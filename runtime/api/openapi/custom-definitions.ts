import type { ResourceInfo } from '../resource';
import type { Schema } from '../schema';
import { definitionName, listDefinitionName } from './definitions';
import { meta, type Flavour } from './documents';
import { describeField } from './texts';

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
/** A kind whose fields bear the words that Kubernetes has for those of every object, and one for those of every list. */
const anyObject = 'io.k8s.api.core.v1.Pod';
const anyList = 'io.k8s.api.core.v1.PodList';

const typeMeta = (): Record<string, Schema> => ({
  apiVersion: { type: 'string', description: describeField(anyObject, 'apiVersion') },
  kind: { type: 'string', description: describeField(anyObject, 'kind') },
});
const objectMeta = (): Schema => ({ $ref: `${meta}.ObjectMeta`, description: describeField(anyObject, 'metadata') });

/** The two definitions of a custom kind, by name: the kind with what every object has, and its list. */
export function customDefinitions(info: ResourceInfo, flavour: Flavour): [string, Schema][] {
  return [
    [definitionName(info), { ...objectSchema(info.schema, flavour), ...kindOf(info, info.kind) }],
    [listDefinitionName(info), { ...listSchema(info), ...kindOf(info, info.listKind) }],
  ];
}

const kindOf = ({ group, version }: ResourceInfo, kind: string): Schema => ({
  'x-kubernetes-group-version-kind': [{ group, version, kind }],
});

function objectSchema(given: Schema, flavour: Flavour): Schema {
  // Of a kind that takes any field, v2 names none: kubectl would refuse all others.
  if (flavour === 'v2' && isOpen(given)) return { type: 'object' };
  const own = withEmbedded(flavour === 'v2' ? withoutV3(given) : given, flavour);
  return { ...own, type: 'object', properties: { ...own.properties, ...typeMeta(), metadata: objectMeta() } };
}

function listSchema(info: ResourceInfo): Schema {
  return {
    type: 'object',
    description: `${info.listKind} is a list of ${info.kind}`,
    required: ['items'],
    properties: {
      ...typeMeta(),
      metadata: { $ref: `${meta}.ListMeta`, description: describeField(anyList, 'metadata') },
      items: {
        type: 'array', items: { $ref: definitionName(info) },
        description: `List of ${info.resource}. More info: ${conventions}`,
      },
    },
  };
}

const isOpen = (schema: Schema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;

/**
 * What v2 can say of a schema (apiextensions-apiserver's controller/openapi/v2/conversion.go). kubectl takes the fields of
 * a type for all that there are and knows no null, so that what takes any field, or null, has neither fields nor a type.
 */
export function withoutV3(schema: Schema): Schema {
  const { allOf: _, anyOf: _any, oneOf: _one, not: _not, nullable, properties, items, type, required: _all, ...rest } = schema;
  const untyped = nullable === true || isOpen(schema);
  const kept = untyped ? {} : (properties ?? {});
  const mustHave = wanted(schema, kept);
  return {
    ...rest,
    ...(type && keepsType(schema) && { type }),
    ...(!untyped && properties && { properties: mapValues(properties, withoutV3) }),
    ...(!untyped && items && { items: withoutV3(items) }),
    ...(mustHave.length > 0 && { required: mustHave }),
    ...(typeof rest.additionalProperties === 'object' && { additionalProperties: withoutV3(rest.additionalProperties) }),
  };
}

function keepsType(schema: Schema): boolean {
  if (schema.nullable) return false;
  if (isOpen(schema)) return schema.type !== 'object' && schema.type !== 'array';
  return schema.type !== 'array' || schema.items !== undefined;
}

/** The required fields without those that may be null. */
function wanted({ required, additionalProperties }: Schema, properties: Record<string, Schema>): string[] {
  if (typeof additionalProperties === 'object' && additionalProperties.nullable) return [];
  return (required ?? []).filter((name) => !properties[name]?.nullable);
}

/** Embedded objects have the fields of every object too. */
function withEmbedded(schema: Schema, flavour: Flavour): Schema {
  const { properties, items, additionalProperties } = schema;
  const result: Schema = {
    ...schema,
    ...(properties && { properties: mapValues(properties, (property) => withEmbedded(property, flavour)) }),
    ...(items && { items: withEmbedded(items, flavour) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: withEmbedded(additionalProperties, flavour) }),
  };
  if (!schema['x-kubernetes-embedded-resource'] || (flavour === 'v2' && isOpen(schema))) return result;
  result.properties = { ...result.properties, ...embeddedMeta() };
  result.required = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])];
  return result;
}

const embeddedMeta = (): Record<string, Schema> => ({
  apiVersion: {
    type: 'string',
    description: `apiVersion defines the versioned schema of this representation of an object. More info: ${conventions}#resources`,
  },
  kind: {
    type: 'string',
    description: `kind is a string value representing the type of this object. In CamelCase. More info: ${conventions}#types-kinds`,
  },
  metadata: objectMeta(),
});

const mapValues = (schemas: Record<string, Schema>, change: (schema: Schema) => Schema): Record<string, Schema> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));
