import { RE2JS } from 're2js';
import type { Finding } from '../finding';
import { finding, Path } from '../finding';
import type { Schema } from '../schema';
import type { Findings } from './common';

/** What a definition's schema may hold beside what the structural dialect has; all of it is refused. */
export interface GivenSchema extends Omit<Schema, 'properties' | 'items' | 'allOf' | 'anyOf' | 'oneOf' | 'not'> {
  id?: string;
  title?: string;
  definitions?: Record<string, GivenSchema>;
  dependencies?: Record<string, unknown>;
  patternProperties?: Record<string, GivenSchema>;
  additionalItems?: unknown;
  properties?: Record<string, GivenSchema>;
  items?: GivenSchema | GivenSchema[];
  allOf?: GivenSchema[];
  anyOf?: GivenSchema[];
  oneOf?: GivenSchema[];
  not?: GivenSchema;
}

export const itemsOf = ({ items }: GivenSchema): GivenSchema | undefined => (Array.isArray(items) ? undefined : items);

export const valuesOf = ({ additionalProperties }: GivenSchema): GivenSchema | undefined =>
  typeof additionalProperties === 'object' ? (additionalProperties as GivenSchema) : undefined;

/** The schemas directly inside, with the path that leads to each. */
export function* innerSchemas(schema: GivenSchema, path: Path): Generator<[Path, GivenSchema]> {
  const values = valuesOf(schema);
  const items = itemsOf(schema);
  if (values) yield [path.child('additionalProperties'), values];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield [path.child('properties').key(name), property];
  }
  if (items) yield [path.child('items'), items];
  if (schema.not) yield [path.child('not'), schema.not];
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [i, part] of (schema[junctor] ?? []).entries()) yield [path.child(junctor).index(i), part];
  }
}

/** Whether a schema can be read as a structural one at all; what it has that none may have is told elsewhere. */
export function isReadable(schema: GivenSchema): boolean {
  const { id, definitions, dependencies, patternProperties, additionalItems, type, items } = schema;
  const unsupported =
    id !== undefined || definitions !== undefined || dependencies !== undefined || patternProperties !== undefined ||
    additionalItems !== undefined || schema.$ref !== undefined || (type as string) === 'null' || Array.isArray(items);
  if (unsupported) return false;
  for (const [, inner] of innerSchemas(schema, Path.root)) if (!isReadable(inner)) return false;
  return true;
}

type Level = 'root' | 'items' | 'fields';
const TYPELESS = {
  root: 'at the root', items: 'for specified array items', fields: 'for specified object fields',
} as const;

const isIntOrString = (parts: readonly GivenSchema[] | undefined) =>
  parts?.length === 2 &&
  ['integer', 'string'].every((type, i) => {
    const part: GivenSchema = parts[i] ?? {};
    return part.type === type && Object.keys(part).length === 1;
  });

/** The invariants of a structural schema, sorted as the API server sorts them. */
export function structuralFindings(schema: GivenSchema, path: Path): Findings {
  const out: Findings = [];
  invariants(out, path, schema, 'root');
  completeness(out, path, schema);
  const text = (item: Finding) => `${item.path}: ${item.message}`;
  return out.map((item) => [text(item), item] as const).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function invariants(out: Findings, path: Path, schema: GivenSchema, level: Level): void {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (schema.type === 'array' && !items) out.push(finding.required(path.child('items'), 'must be specified'));
  if (items) invariants(out, path.child('items'), items, 'items');
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    invariants(out, path.child('properties').key(name), property, 'fields');
  }
  if (schema.additionalProperties !== undefined && level === 'root') {
    out.push(finding.forbidden(path.child('additionalProperties'), 'must not be used at the root'));
  }
  if (values) invariants(out, path.child('additionalProperties'), values, 'fields');
  extensions(out, path, schema);
  const skipAnyOf = isIntOrString(schema.anyOf);
  valueValidation(out, path, schema, level, skipAnyOf, isIntOrString(schema.allOf?.[0]?.anyOf));
  typeOf(out, path, schema, level);
  metaProperties(out, path, schema, level);
}

function extensions(out: Findings, path: Path, schema: GivenSchema): void {
  if (!schema['x-kubernetes-int-or-string']) return;
  for (const name of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
    const detail = 'must be false if x-kubernetes-int-or-string is true';
    if (schema[name]) out.push(finding.invalid(path.child(name), true, detail));
  }
}

function typeOf(out: Findings, path: Path, schema: GivenSchema, level: Level): void {
  const at = path.child('type');
  const { type = '' } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'];
  const typeless = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    out.push(type ? finding.invalid(at, type, detail) : finding.required(at, detail));
  } else if (!type && !typeless) out.push(finding.required(at, `must not be empty ${TYPELESS[level]}`));
  if (embedded && schema.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    out.push(finding.forbidden(path.child('additionalProperties'), detail));
  }
  if (level === 'root' && type && type !== 'object') {
    out.push(finding.invalid(at, type, 'must be object at the root'));
  }
}

/** The properties that every object has: at the root they may be restricted in little, and never in nested parts. */
function metaProperties(out: Findings, path: Path, schema: GivenSchema, level: Level): void {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const isObject = level === 'root' || embedded;
  const properties = schema.properties ?? {};
  const at = (name: string) => path.child('properties').key(name);
  for (const name of ['kind', 'apiVersion']) {
    const given = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!given || !isObject || given.type === 'string') continue;
    out.push(finding.invalid(at(name).child('type'), given.type ?? '', 'must be string'));
  }
  const metadata = Object.hasOwn(properties, 'metadata') ? properties.metadata : undefined;
  if (metadata) metadataProperty(out, at('metadata'), metadata, isObject, level);
  if (embedded && !schema['x-kubernetes-preserve-unknown-fields'] && !Object.keys(properties).length) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    out.push(finding.required(path.child('properties'), detail));
  }
}

function metadataProperty(out: Findings, path: Path, given: GivenSchema, isObject: boolean, level: Level): void {
  if (isObject && given.type !== 'object') {
    out.push(finding.invalid(path.child('type'), given.type ?? '', 'must be object'));
  }
  if (level !== 'root') return;
  const names = Object.keys(given.properties ?? {});
  const onlyNames = names.every((name) => name === 'name' || name === 'generateName');
  const { type: _type, default: _default, properties: _properties, ...others } = given;
  if (onlyNames && Object.keys(others).length === 0) return;
  const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  out.push(finding.forbidden(path, detail));
}

function valueValidation(
  out: Findings, path: Path, schema: GivenSchema, level: Level, skipAnyOf: boolean, skipFirstAllOf: boolean,
): void {
  const part = (junctor: 'anyOf' | 'allOf' | 'oneOf', skip: (i: number) => boolean) =>
    schema[junctor]?.forEach((item, i) => nested(out, path.child(junctor).index(i), item, level, skip(i)));
  if (!skipAnyOf) part('anyOf', () => false);
  part('allOf', (i) => skipFirstAllOf && i === 0);
  part('oneOf', () => false);
  if (schema.not) nested(out, path.child('not'), schema.not, level, false);
  const problem = schema.pattern ? patternProblem(schema.pattern) : undefined;
  if (problem) {
    const detail = `must be a valid regular expression, but isn't: ${problem}`;
    out.push(finding.invalid(path.child('pattern'), schema.pattern, detail));
  }
}

function patternProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const isTrue = (value: unknown) => value === true;
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isSet = (value: unknown) => value !== undefined;
const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0;

/** What only the structure itself may say, in the order in which it is refused of a part. */
const STRUCTURE_ONLY: readonly [field: keyof GivenSchema, given: (value: unknown) => boolean, must: string][] = [
  ['type', isText, 'empty'], ['additionalProperties', isSet, 'undefined'], ['default', isSet, 'undefined'],
  ['title', isText, 'empty'], ['description', isText, 'empty'], ['nullable', isTrue, 'false'],
  ['x-kubernetes-preserve-unknown-fields', isTrue, 'false'], ['x-kubernetes-embedded-resource', isTrue, 'false'],
  ['x-kubernetes-int-or-string', isTrue, 'false'], ['x-kubernetes-list-map-keys', isFilled, 'empty'],
  ['x-kubernetes-list-type', isSet, 'undefined'], ['x-kubernetes-map-type', isSet, 'undefined'],
  ['x-kubernetes-validations', isFilled, 'empty'],
];

/** A part below a logical junctor may only narrow values, not add structure. */
function nested(out: Findings, path: Path, part: GivenSchema, level: Level, skipAnyOf: boolean): void {
  valueValidation(out, path, part, level, skipAnyOf, false);
  const items = itemsOf(part);
  if (items) nested(out, path.child('items'), items, level, false);
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    nested(out, path.child('properties').key(name), property, 'fields', false);
  }
  for (const [field, given, must] of STRUCTURE_ONLY) {
    if (given(part[field])) out.push(finding.forbidden(path.child(field), `must be ${must} to be structural`));
  }
  if (Object.hasOwn(part.properties ?? {}, 'metadata')) {
    const detail = 'must not be specified in a nested context';
    out.push(finding.forbidden(path.child('properties').key('metadata'), detail));
  }
}

/** What parts speak of must be in the structure. */
function completeness(out: Findings, path: Path, schema: GivenSchema): void {
  complete(out, path, schema, path, schema);
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (items) completeness(out, path.child('items'), items);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    completeness(out, path.child('properties').key(name), property);
  }
  if (values) completeness(out, path.child('additionalProperties'), values);
}

function complete(out: Findings, path: Path, part: GivenSchema, at: Path, structure: GivenSchema): void {
  for (const junctor of ['anyOf', 'allOf', 'oneOf'] as const) {
    part[junctor]?.forEach((item, i) => completePart(out, path.child(junctor).index(i), item, at, structure));
  }
  if (part.not) completePart(out, path.child('not'), part.not, at, structure);
}

function completePart(
  out: Findings, path: Path, part: GivenSchema, at: Path, structure: GivenSchema | undefined,
): void {
  if (!structure) {
    out.push(finding.required(at, `because it is defined in ${path.toString()}`));
    return;
  }
  complete(out, path, part, at, structure);
  const items = itemsOf(part);
  if (items) completePart(out, path.child('items'), items, at.child('items'), itemsOf(structure));
  const known = structure.properties ?? {};
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    const inner = Object.hasOwn(known, name) ? known[name] : undefined;
    const [partAt, structureAt] = [path.child('properties').key(name), at.child('properties').key(name)];
    completePart(out, partAt, property, structureAt, inner);
  }
}
