import { catalogue } from './catalogue';
import type { GroupVersionKind } from './object';
import { apiVersionOf } from './object';
import type { ResourceInfo } from './resource';
import type { Schema, TypeResolver } from './schema';
import { describeField, describeType } from './openapi/texts';

/** A kind that can be written in a manifest, for completion of `apiVersion` and `kind`. */
export interface KindInfo extends GroupVersionKind {
  readonly apiVersion: string;
  readonly resource: ResourceInfo;
}

/** One field of a kind, for hovers and completion. */
export interface FieldInfo {
  readonly name: string;
  /** With references followed. */
  readonly schema: Schema;
  /** As kubectl explain prints it: `[]Container`, `map[string]string`, `integer`. */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
}

/** The kinds that can be created, one for each group version, out of any list of resources. */
export function kindInfos(resources: readonly ResourceInfo[] = catalogue.resources()): KindInfo[] {
  return resources
    .filter((r) => r.verbs.includes('create'))
    .map((resource) => ({
      group: resource.group,
      version: resource.version,
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      resource,
    }));
}

/** What a kind is for; parsed at first use of any description. */
export function describeKind({ schema }: ResourceInfo): string {
  return schema.$ref === undefined ? (schema.description ?? '') : describeType(schema.$ref);
}

/**
 * Follows a path of field names (`spec`, `containers`, `ports`; indices and map keys are any other strings and pass through
 * lists and maps) and returns the fields of what is there, or undefined where the path leads nowhere.
 */
export function fieldsAt(
  schema: Schema,
  path: readonly (string | number)[],
  resolver: TypeResolver = catalogue,
): FieldInfo[] | undefined {
  const at = follow(schema, path, resolver);
  if (!at) return undefined;
  const target = through(at, resolver);
  const { properties = {}, required = [] } = resolver.resolve(target);
  return Object.entries(properties).map(([name, property]) =>
    fieldInfo(name, property, required.includes(name), target.$ref, resolver),
  );
}

/** One field by its path; undefined where there is none. */
export function fieldAt(
  schema: Schema,
  path: readonly (string | number)[],
  resolver: TypeResolver = catalogue,
): FieldInfo | undefined {
  const name = path.at(-1);
  if (name === undefined) return undefined;
  return fieldsAt(schema, path.slice(0, -1), resolver)?.find((field) => field.name === name);
}

/** The element type where the path ends at a list or map without naming an element. */
function through(schema: Schema, resolver: TypeResolver): Schema {
  const resolved = resolver.resolve(schema);
  if (resolved.items) return through(resolved.items, resolver);
  if (typeof resolved.additionalProperties === 'object' && !resolved.properties)
    return through(resolved.additionalProperties, resolver);
  return schema;
}

function follow(schema: Schema, path: readonly (string | number)[], resolver: TypeResolver): Schema | undefined {
  let at: Schema = schema;
  for (const step of path) {
    const resolved = resolver.resolve(at);
    const next = typeof step === 'number' ? resolved.items : child(at, step, resolver);
    if (!next) return undefined;
    at = next;
  }
  return at;
}

function child(schema: Schema, name: string, resolver: TypeResolver): Schema | undefined {
  const resolved = resolver.resolve(schema);
  if (resolved.items) return child(resolved.items, name, resolver);
  if (resolved.properties && Object.hasOwn(resolved.properties, name)) return resolved.properties[name];
  return typeof resolved.additionalProperties === 'object' ? resolved.additionalProperties : undefined;
}

function fieldInfo(
  name: string,
  property: Schema,
  required: boolean,
  owner: string | undefined,
  resolver: TypeResolver,
): FieldInfo {
  const schema = resolver.resolve(property);
  const values = schema.enum ?? schema.items?.enum;
  return {
    name,
    schema,
    required,
    type: typeText(property, resolver),
    description: (owner === undefined ? schema.description : describeField(owner, name)) ?? '',
    ...(values && { enum: values }),
    ...(isShownDefault(property) && { default: property.default }),
  };
}

/** A default that Go gives by itself says nothing. */
function isShownDefault({ default: value, $ref }: Schema): boolean {
  return $ref === undefined && value !== undefined && value !== '' && value !== 0 && value !== false;
}

function typeText(schema: Schema, resolver: TypeResolver): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('.') + 1);
  const resolved = resolver.resolve(schema);
  if (resolved.items) return `[]${typeText(resolved.items, resolver)}`;
  if (typeof resolved.additionalProperties === 'object')
    return `map[string]${typeText(resolved.additionalProperties, resolver)}`;
  const named: Record<string, string> = {
    quantity: 'Quantity',
    'int-or-string': 'IntOrString',
    'date-time': 'Time',
    'micro-time': 'MicroTime',
  };
  return (
    named[resolved.format ?? ''] ??
    (resolved['x-kubernetes-int-or-string'] ? 'IntOrString' : (resolved.type ?? 'Object'))
  );
}
