import { fieldAt } from '../custom/field-path';
import type { Path } from '../finding';
import { finding } from '../finding';
import type { ValidationRule } from '../kinds';
import type { Findings } from './common';
import type { GivenSchema } from './structural-schema';
import { innerSchemas, isReadable, itemsOf, valuesOf } from './structural-schema';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const META_FIELDS: readonly string[] = ['metadata', 'kind', 'apiVersion'];

interface Place {
  readonly root: boolean;
  /** In the type or metadata of an object. */
  readonly insideMeta: boolean;
  /** Why no default may stand here. */
  readonly noDefaults?: string;
}

/** What is wrong with a definition's schema apart from its structure and its rules' expressions. */
export function openApiFindings(schema: GivenSchema, path: Path): Findings {
  const out: Findings = [];
  visit(out, path, schema, { root: true, insideMeta: false });
  return out;
}

function visit(out: Findings, path: Path, schema: GivenSchema, place: Place): void {
  unsupported(out, path, schema, place);
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    out.push(finding.forbidden(path.child('uniqueItems'), detail));
  }
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== true && Object.keys(schema.properties ?? {}).length) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    out.push(finding.forbidden(path.child('additionalProperties'), detail));
  }
  const named = new Map(Object.entries(schema.properties ?? {}).map(([name, inner]) => [inner, name]));
  for (const [at, inner] of innerSchemas(schema, path)) visit(out, at, inner, placeOf(schema, inner, named, place));
  listsAndMaps(out, path, schema);
  schema['x-kubernetes-validations']?.forEach((rule, i) => {
    const at = path.child('x-kubernetes-validations').index(i);
    ruleTexts(out, at, rule);
    if (rule.fieldPath) ruleFieldPath(out, at.child('fieldPath'), rule.fieldPath, schema);
  });
}

function placeOf(schema: GivenSchema, inner: GivenSchema, named: ReadonlyMap<GivenSchema, string>, place: Place): Place {
  const below = { ...place, root: false };
  if (inner === valuesOf(schema) && place.insideMeta) {
    return { ...below, noDefaults: 'inside additionalProperties applying to object metadata' };
  }
  const name = named.get(inner);
  const isObject = place.root || schema['x-kubernetes-embedded-resource'] === true;
  if (name === undefined || !isObject || !META_FIELDS.includes(name)) return below;
  return { ...below, insideMeta: true, ...(place.root && { noDefaults: `in top-level ${name}` }) };
}

function unsupported(out: Findings, path: Path, schema: GivenSchema, place: Place): void {
  const type = schema.type as string | undefined;
  const forbid = (field: string, detail: string) => out.push(finding.forbidden(path.child(field), detail));
  if (type && !TYPES.includes(type)) out.push(finding.notSupported(path.child('type'), type, TYPES));
  if (schema.default !== undefined && place.noDefaults) forbid('default', `must not be set ${place.noDefaults}`);
  const never = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;
  for (const field of never) if (schema[field] !== undefined) forbid(field, `${field} is not supported`);
  if (type === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items)) forbid('items', 'items must be a schema object and not an array');
  if (place.insideMeta && schema['x-kubernetes-embedded-resource']) {
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  }
}

function mustHaveType(out: Findings, path: Path, schema: GivenSchema, wanted: string, extension: string): void {
  if (schema.type === wanted) return;
  const detail = `must be ${wanted} if ${extension} is specified`;
  const at = path.child('type');
  out.push(schema.type ? finding.invalid(at, schema.type, detail) : finding.required(at, detail));
}

function listsAndMaps(out: Findings, path: Path, schema: GivenSchema): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const at = path.child('x-kubernetes-preserve-unknown-fields');
    out.push(finding.invalid(at, false, 'must be true or undefined'));
  }
  const mapType = schema['x-kubernetes-map-type'] as string | undefined;
  if (mapType !== undefined) {
    mustHaveType(out, path, schema, 'object', 'x-kubernetes-map-type');
    const known = ['atomic', 'granular'];
    if (!known.includes(mapType)) {
      out.push(finding.notSupported(path.child('x-kubernetes-map-type'), mapType, known));
    }
  }
  const listType = schema['x-kubernetes-list-type'] as string | undefined;
  if (listType !== undefined) listTypeOf(out, path, schema, listType);
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (keys.length && listType !== 'map') {
    const at = path.child('x-kubernetes-list-type');
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    out.push(listType === undefined ? finding.required(at, detail) : finding.invalid(at, listType, detail));
  }
  if (listType === 'map') mapList(out, path, schema, keys);
  if (listType === 'map' || listType === 'set') keyRules(out, path, schema, keys, listType);
}

function listTypeOf(out: Findings, path: Path, schema: GivenSchema, listType: string): void {
  const items = itemsOf(schema);
  if (schema.type !== 'array') mustHaveType(out, path, schema, 'array', 'x-kubernetes-list-type');
  else if (listType === 'set' && items) {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const inner = items['x-kubernetes-list-type'];
    if (items.type === 'array' && inner !== undefined && inner !== 'atomic') {
      out.push(finding.invalid(path.child('items', 'x-kubernetes-list-type'), inner, detail));
    } else if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
      out.push(finding.invalid(path.child('items', 'x-kubernetes-map-type'), undefined, detail));
    }
  }
  const known = ['atomic', 'set', 'map'];
  if (!known.includes(listType)) {
    out.push(finding.notSupportedOf(path.child('x-kubernetes-list-type'), listType, known));
  }
}

function mapList(out: Findings, path: Path, schema: GivenSchema, keys: readonly string[]): void {
  const at = path.child('x-kubernetes-list-map-keys');
  if (!keys.length) out.push(finding.required(at, 'must not be empty if x-kubernetes-list-type is map'));
  const { items } = schema;
  if (items === undefined) {
    out.push(finding.required(path.child('items'), 'must have a schema if x-kubernetes-list-type is map'));
  } else if (Array.isArray(items)) {
    const detail = 'must only have a single schema if x-kubernetes-list-type is map';
    out.push(finding.invalid(path.child('items'), items, detail));
  } else if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    out.push(finding.invalid(path.child('items', 'type'), items.type ?? '', detail));
  } else keys.forEach((key, i) => mapKey(out, path, items, keys, key, i));
}

function mapKey(
  out: Findings, path: Path, items: GivenSchema, keys: readonly string[], key: string, i: number,
): void {
  const at = path.child('x-kubernetes-list-map-keys');
  const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
  if (!property) out.push(finding.invalid(at, keys, 'entries must all be names of item properties'));
  else if (property.type === 'array' || property.type === 'object') {
    const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    out.push(finding.invalid(path.child('items', 'properties').key(key).child('type'), items.type, detail));
  }
  if (keys.indexOf(key) < i) out.push(finding.invalid(at, keys, 'must not contain duplicate entries'));
}

/** Items of sets and maps, and the keys of maps, are always there. */
function keyRules(out: Findings, path: Path, schema: GivenSchema, keys: readonly string[], listType: string): void {
  const items = itemsOf(schema);
  if (!items) return;
  if (items.nullable) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    out.push(finding.forbidden(path.child('items', 'nullable'), detail));
  }
  if (listType !== 'map') return;
  for (const key of keys) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (!property) continue;
    const at = path.child('items', 'properties').key(key);
    const is = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!items.required?.includes(key) && property.default === undefined) {
      out.push(finding.required(at.child('default'), `${is} must have a default or be a required property`));
    }
    if (property.nullable) out.push(finding.forbidden(at.child('nullable'), `${is} cannot be nullable`));
  }
}

const hasNewlines = (text: string) => /[\n\r]/.test(text);

function ruleTexts(out: Findings, path: Path, given: Partial<ValidationRule>): void {
  const { rule = '', message = '', messageExpression = '', reason } = given;
  const at = path.child('message');
  if (!rule.trim()) out.push(finding.required(path.child('rule'), 'rule is not specified'));
  else if (message && !message.trim()) {
    out.push(finding.invalid(at, message, 'must be non-empty if specified'));
  } else if (hasNewlines(message.trim())) {
    out.push(finding.invalid(at, message, 'must not contain line breaks'));
  } else if (hasNewlines(rule.trim()) && !message.trim()) {
    out.push(finding.required(at, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression && !messageExpression.trim()) {
    const detail = 'messageExpression must be non-empty if specified';
    out.push(finding.required(path.child('messageExpression'), detail));
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    out.push(finding.notSupported(path.child('reason'), reason, REASONS));
  }
}

function ruleFieldPath(out: Findings, path: Path, text: string, schema: GivenSchema): void {
  const refuse = (detail: string) => out.push(finding.invalid(path, text, detail));
  if (!text.trim()) refuse('must be non-empty if specified');
  if (hasNewlines(text)) refuse('must not contain line breaks');
  if (isReadable(schema) && typeof fieldAt(text, schema, true) === 'string') refuse('must be a valid path');
}
