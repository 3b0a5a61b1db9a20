import type { Environment } from '@marcbachmann/cel-js';
import type { Schema } from '../../schema';
import { associate, celEqual } from './equality';
import { celTime, parseDuration } from './times';

const keywords = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let',
  'loop', 'package', 'namespace', 'return', 'var', 'void', 'while',
]);

const LITERALS = new Set(['true', 'false', 'null', 'in']);

/** A keyword that may stand as the name of a field, too. */
const isFieldName = (name: string): boolean => keywords.has(name) && !LITERALS.has(name);

/** A property's name as an identifier (apiserver/pkg/cel/escaping.go); undefined when it can't be one. */
export function escapedName(name: string): string | undefined {
  if (keywords.has(name)) return `__${name}__`;
  const escaped = name
    .replaceAll('__', '__underscores__').replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__').replaceAll('/', '__slash__');
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

export const isMap = (schema: Schema): schema is Schema & { additionalProperties: Schema } =>
  typeof schema.additionalProperties === 'object';

const rootMetadata: Schema = {
  type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

/** The properties that rules can see; of an object with metadata, its names alone. */
export function visibleProperties(schema: Schema, root: boolean): Readonly<Record<string, Schema>> {
  const own = schema.properties ?? {};
  if (!root && !schema['x-kubernetes-embedded-resource']) return own;
  const { name, generateName } = own['metadata']?.properties ?? {};
  const isDeclared = own['kind']?.type === 'string' && own['apiVersion']?.type === 'string' &&
    own['metadata']?.type === 'object' && name?.type === 'string' && generateName?.type === 'string';
  if (isDeclared) return own;
  return { ...schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: rootMetadata };
}

/** A JSON value as CEL has it by its schema: integers are bigint, times are times. */
export function celValue(value: unknown, schema: Schema | undefined, root = false): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return schema?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string') return celString(value, schema);
  if (Array.isArray(value)) return associate(value.map((item) => celValue(item, schema?.items)), schema, escapedName);
  if (typeof value !== 'object') return value;
  if (schema && isMap(schema)) {
    return new Map(Object.entries(value).map(([key, item]) => [key, celValue(item, schema.additionalProperties)]));
  }
  const properties = schema ? visibleProperties(schema, root) : {};
  const result: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const key = escapedName(name);
    if (key === undefined || item === undefined) continue;
    result[key] = celValue(item, property);
    if (isFieldName(name)) result[name] = result[key];
  }
  return result;
}

function celString(value: string, schema: Schema | undefined): unknown {
  switch (schema?.format) {
    case 'byte': return Buffer.from(value, 'base64');
    case 'date': case 'date-time': return celTime(value);
    case 'duration': return parseDuration(value) ?? value;
    default: return value;
  }
}

/** Declares the schema's type, and those below it, for type checks; returns its name. */
export function declareType(environment: Environment, schema: Schema, name: string, root = false): string {
  if (schema['x-kubernetes-int-or-string']) return 'dyn';
  switch (schema.type) {
    case 'integer': return 'int';
    case 'number': return 'double';
    case 'boolean': return 'bool';
    case 'string': return stringType(schema);
    case 'array': return schema.items ? `list<${declareType(environment, schema.items, `${name}.items`)}>` : 'list';
    case 'object': break;
    default: return 'dyn';
  }
  if (isMap(schema)) return `map<string, ${declareType(environment, schema.additionalProperties, `${name}.values`)}>`;
  const properties = visibleProperties(schema, root);
  const fields: Record<string, string> = {};
  for (const [property, part] of Object.entries(properties)) {
    const key = escapedName(property);
    if (key === undefined || !hasType(part)) continue;
    fields[key] = declareType(environment, part, `${name}.${key}`);
    if (isFieldName(property)) fields[property] = fields[key];
  }
  environment.registerType(name, { fields });
  environment.registerOperator(`${name} == ${name}`, celEqual);
  return name;
}

/** Of a value without a type nothing is known; a rule can't name it. */
function hasType(schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string']) return true;
  if (schema.type === 'array') return schema.items !== undefined && hasType(schema.items);
  if (schema.type === 'object' && isMap(schema)) return hasType(schema.additionalProperties);
  return schema.type !== undefined;
}

function stringType({ format }: Schema): string {
  switch (format) {
    case 'byte': return 'bytes';
    case 'date': case 'date-time': return 'google.protobuf.Timestamp';
    case 'duration': return 'google.protobuf.Duration';
    default: return 'string';
  }
}
