// The client's models in the schema dialect of runtime/api/schema.ts, with the committed facts and enums merged in.
import { classless, definitionsByClass, fields, packages, pointers } from './facts.mjs';
import { enumsOf, textsOf } from './declarations.mjs';
import { modelClasses, readModel } from './models.mjs';

const classes = modelClasses();
export const byClass = definitionsByClass(classes);

function schemaOfType(type, format) {
  const array = /^Array<(.*)>$/.exec(type);
  if (array) return { type: 'array', items: schemaOfType(array[1], format) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) return { type: 'object', additionalProperties: schemaOfType(map[1], format) };
  switch (type) {
    case 'string':
    case 'boolean':
      return { type, ...(format && { format }) };
    case 'number':
      return { type: format === 'double' ? 'number' : 'integer', ...(format && { format }) };
    case 'Date':
      return { type: 'string', format: 'date-time' };
    case 'V1MicroTime':
      return { type: 'string', format: 'micro-time' };
    case 'IntOrString':
      return { 'x-kubernetes-int-or-string': true, format: 'int-or-string' };
    case 'any':
    case 'object':
      return { 'x-kubernetes-preserve-unknown-fields': true };
    default: {
      const definition = byClass.get(type);
      if (!definition) throw new Error(`no definition is known for the class ${type}`);
      return { $ref: definition };
    }
  }
}

/** Puts `leaf` where the values of nested arrays and maps are. */
function withLeaf(schema, leaf) {
  if (schema.type === 'array') return { ...schema, items: withLeaf(schema.items, leaf) };
  if (schema.additionalProperties)
    return { ...schema, additionalProperties: withLeaf(schema.additionalProperties, leaf) };
  return leaf;
}

const zero = { string: '', integer: 0, boolean: false };

function applyFact(schema, token) {
  const [name, value = ''] = token.split(/=(.*)/s);
  const [head, tail] = value.split(/:(.*)/s);
  switch (name) {
    case 'quantity':
      return withLeaf(schema, { type: 'string', format: 'quantity' });
    case 'micro-time':
      return withLeaf(schema, { type: 'string', format: 'micro-time' });
    case 'type':
      return withLeaf(schema, { $ref: value });
    case 'list':
      return {
        ...schema,
        'x-kubernetes-list-type': head,
        ...(tail && { 'x-kubernetes-list-map-keys': tail.split(',') }),
      };
    case 'patch':
      return {
        ...schema,
        ...(head && { 'x-kubernetes-patch-strategy': head }),
        ...(tail && { 'x-kubernetes-patch-merge-key': tail }),
      };
    case 'map':
      return { ...schema, 'x-kubernetes-map-type': value };
    case 'struct':
      return { ...schema, default: {} };
    case 'default':
      return { ...schema, default: JSON.parse(value) };
    case 'omitempty':
      return { ...schema, 'x-go': 'omitempty' };
    case 'union': {
      const union = { ...(head && { discriminator: head }) };
      union['fields-to-discriminateBy'] = Object.fromEntries(
        tail.split(',').map((f) => [f, f[0].toUpperCase() + f.slice(1)]),
      );
      return { ...schema, 'x-kubernetes-unions': [union] };
    }
    case 'pointer':
      return { ...schema, 'x-go': 'pointer' };
    default:
      throw new Error(`unknown fact ${token}`);
  }
}

function propertySchema(kind, field, facts, values) {
  let schema = schemaOfType(field.type, field.format);
  const tokens = facts ? facts.split(' ') : [];
  for (const token of tokens) schema = applyFact(schema, token);
  const settled = 'default' in schema || tokens.includes('pointer') || schema.format === 'quantity';
  if (field.required && schema.type in zero && !settled && !/time$/.test(schema.format ?? ''))
    schema.default = zero[schema.type];
  if (pointers.has(`${kind}.${field.name}`)) schema['x-go'] = 'pointer';
  if (values) schema = withLeaf(schema, { ...leafOf(schema), enum: values });
  return schema;
}

const leafOf = (schema) =>
  schema.type === 'array'
    ? leafOf(schema.items)
    : schema.additionalProperties
      ? leafOf(schema.additionalProperties)
      : schema;

function groupVersionKind(name, model) {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  const home = packages[name.slice(0, name.lastIndexOf('.'))];
  const has = new Set(model.fields.map((field) => field.name));
  // Only what has metadata is an API object; references have apiVersion and kind alone.
  const isObject =
    has.has('apiVersion') && has.has('kind') && (has.has('metadata') || kind === 'DeleteOptions' || /^API/.test(kind));
  return isObject && home?.version ? [{ group: home.group, version: home.version, kind }] : undefined;
}

function definitionOf(name, model) {
  const facts = fields[name] ?? {};
  const enums = enumsOf(name);
  const required = model.fields.filter((field) => field.required).map((field) => field.name);
  const kind = name.slice(name.lastIndexOf('.') + 1);
  const properties = model.fields.map((field) => [
    field.name,
    propertySchema(kind, field, facts[field.name], enums[field.name]),
  ]);
  const gvk = groupVersionKind(name, model);
  let schema = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length && { required: required.sort() }),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk }),
  };
  for (const token of facts['.']?.split(' ') ?? []) schema = applyFact(schema, token);
  return schema;
}

/** The client's text, in the other package's lines where they say the same; its alone where the client has none. */
function bestText(text = '', other = '') {
  const words = (value) => value.replace(/\s+/g, ' ').trim();
  return text === '' || words(text) === words(other) ? other : text;
}

function textOf(name, model) {
  const other = textsOf(name);
  const fields = model.fields.map((field) => [field.name, bestText(field.description, other.fields[field.name])]);
  return [bestText(model.description, other.description), Object.fromEntries(fields)];
}

/** All definitions by full name, and their descriptions apart: `[of the type, { field: … }]`. */
export function readDefinitions() {
  const definitions = { ...classless };
  const descriptions = {};
  for (const className of classes) {
    const name = byClass.get(className);
    if (!name) throw new Error(`no definition is known for the class ${className}`);
    const model = readModel(className);
    definitions[name] = definitionOf(name, model);
    descriptions[name] = textOf(name, model);
  }
  for (const name of Object.keys(classless)) {
    const { description } = textsOf(name);
    if (description) descriptions[name] = [description, {}];
  }
  return { definitions, descriptions };
}
