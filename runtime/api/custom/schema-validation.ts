import { RE2JS } from 're2js';
import { finding, Path } from '../finding';
import type { Finding } from '../finding';
import type { Schema } from '../schema';
import { correlated } from './cel/rules';
import { deepEqual } from '../equality';

/**
 * What a custom object's values break of its CRD's schema, in the words of kube-openapi's validation. What an update
 * leaves as it was may stay, whatever the schema says by now (KEP-4008).
 */
export function schemaFindings(object: Record<string, unknown>, schema: Schema, old?: Record<string, unknown>): Finding[] {
  const findings: Finding[] = [];
  const { metadata: _metadata, apiVersion: _version, kind: _kind, ...properties } = schema.properties ?? {};
  const required = (schema.required ?? []).filter((name) => !['metadata', 'apiVersion', 'kind'].includes(name));
  validate(Path.root, object, { ...schema, properties, required }, findings, old);
  return findings;
}

/** The same of any value, at a path of its own. */
export function valueFindings(path: Path, value: unknown, schema: Schema): Finding[] {
  const findings: Finding[] = [];
  validate(path, value, schema, findings);
  return findings;
}

function validate(path: Path, value: unknown, schema: Schema, findings: Finding[], old?: unknown): void {
  if (value === null || value === undefined) return;
  if (old !== undefined && deepEqual(value, old)) return;
  validateCombinations(path, value, schema, findings);
  if (typeof value === 'string') validateString(path, value, schema, findings);
  else if (typeof value === 'number') validateNumber(path, value, schema, findings);
  else if (Array.isArray(value)) validateArray(path, value, schema, findings, old);
  if (schema.enum && !schema.enum.some((allowed) => deepEqual(allowed, value))) {
    const supported = schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed)));
    findings.push(finding.notSupported(path, value, supported));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return;
  validateObject(path, value as Record<string, unknown>, schema, findings, old);
}

const body = (path: Path, text: string) => `${path.toString()} in body should ${text}`;

/** Of length and pattern, the first that isn't kept is told. */
function lengthOrPattern(path: Path, value: string, schema: Schema): Finding | undefined {
  const { minLength, maxLength, pattern } = schema;
  // Code points, as Go counts runes.
  const length = Array.from(value).length;
  if (maxLength !== undefined && length > maxLength) return finding.tooLong(path, maxLength);
  if (minLength !== undefined && length < minLength) {
    return finding.invalid(path, value, body(path, `be at least ${minLength} chars long`));
  }
  if (pattern === undefined || matchesPattern(pattern, value)) return undefined;
  return finding.invalid(path, value, body(path, `match '${pattern}'`));
}

function validateString(path: Path, value: string, schema: Schema, findings: Finding[]): void {
  const wrong = lengthOrPattern(path, value, schema);
  if (wrong) findings.push(wrong);
  const format = schema.format === undefined ? undefined : formats[schema.format];
  if (!format || format(value)) return;
  const why = `${path.toString()} in body must be of type ${schema.format!}: ${JSON.stringify(value)}`;
  findings.push(finding.typeInvalid(path, value, why));
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  ipv4: (text) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) < 256),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
};

const patterns = new Map<string, RE2JS | undefined>();

/** RE2 takes a time that grows with both lengths: beyond their product, a value is taken to match. */
const maxPatternWork = 2_000_000;

/** Patterns are RE2 and come from users, so they must not run in a backtracking engine. */
function matchesPattern(pattern: string, value: string): boolean {
  if (pattern.length * value.length > maxPatternWork) return true;
  if (!patterns.has(pattern)) patterns.set(pattern, compile(pattern));
  return patterns.get(pattern)?.matcher(value).find() ?? true;
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

function validateNumber(path: Path, value: number, schema: Schema, findings: Finding[]): void {
  const { minimum, maximum, multipleOf } = schema;
  const say = (text: string) => findings.push(finding.invalid(path, value, body(path, text)));
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    say(`be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    say(`be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) say(`be a multiple of ${multipleOf}`);
}

function validateArray(path: Path, value: readonly unknown[], schema: Schema, findings: Finding[], old: unknown): void {
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    findings.push(finding.invalid(path, value.length, body(path, `have at least ${schema.minItems} items`)));
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    findings.push(finding.tooMany(path, value.length, schema.maxItems));
  }
  const { items } = schema;
  const before = correlated(schema, old);
  if (items) value.forEach((item, index) => validate(path.index(index), item, items, findings, before(item)));
  validateUniqueness(path, value, schema, findings);
}

function validateUniqueness(path: Path, value: readonly unknown[], schema: Schema, findings: Finding[]): void {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const key = type === 'set' ? item : Object.fromEntries(keys.map((name) => [name, (item as Record<string, unknown>)?.[name]]));
    const text = JSON.stringify(key);
    if (seen.has(text)) findings.push(finding.duplicate(path.index(index), key));
    seen.add(text);
  });
}

function validateObject(path: Path, value: Record<string, unknown>, schema: Schema, findings: Finding[], old: unknown): void {
  const names = Object.keys(value);
  const before = typeof old === 'object' && old !== null ? (old as Record<string, unknown>) : {};
  const previous = (name: string) => (Object.hasOwn(before, name) ? before[name] : undefined);
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) findings.push(finding.required(path.child(name)));
  }
  if (schema.minProperties !== undefined && names.length < schema.minProperties) {
    findings.push(finding.invalid(path, names.length, body(path, `have at least ${schema.minProperties} properties`)));
  }
  if (schema.maxProperties !== undefined && names.length > schema.maxProperties) {
    findings.push(finding.tooMany(path, names.length, schema.maxProperties));
  }
  const { properties = {}, additionalProperties } = schema;
  for (const name of names) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) validate(path.child(name), value[name], known, findings, previous(name));
    else if (typeof additionalProperties === 'object') validate(path.child(name), value[name], additionalProperties, findings, previous(name));
  }
}

/** What upstream says of no field. */
const ofNoField = (path: Path, text: string): Finding => ({
  ...finding.invalid(path, '', `${JSON.stringify(path.toString())} ${text}`), path: '<nil>', place: path.toString(),
});

function validateCombinations(path: Path, value: unknown, schema: Schema, findings: Finding[]): void {
  const faultsOf = (candidate: Schema): Finding[] => {
    const inner: Finding[] = [];
    checkType(path, value, candidate, inner);
    validate(path, value, candidate, inner);
    return inner;
  };
  for (const part of schema.allOf ?? []) validate(path, value, part, findings);
  if (schema.anyOf && schema['x-kubernetes-int-or-string'] !== true) {
    const faults = schema.anyOf.map(faultsOf);
    if (faults.every((found) => found.length > 0)) {
      findings.push(ofNoField(path, 'must validate at least one schema (anyOf)'), ...(faults[0] ?? []));
    }
  }
  if (schema.oneOf) {
    const faults = schema.oneOf.map(faultsOf);
    const valid = faults.filter((found) => found.length === 0).length;
    const count = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    if (valid !== 1) findings.push(ofNoField(path, `must validate one and only one schema (oneOf). ${count}`));
    if (valid === 0) findings.push(...(faults[0] ?? []));
  }
  if (schema.not && faultsOf(schema.not).length === 0) {
    findings.push(ofNoField(path, 'must not validate the schema (not)'));
  }
}

function checkType(path: Path, value: unknown, schema: Schema, findings: Finding[]): void {
  if (!schema.type) return;
  const type = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (type !== schema.type && !(type === 'integer' && schema.type === 'number')) {
    findings.push(finding.typeInvalid(path, value, `${path.toString()} in body must be of type ${schema.type}: ${JSON.stringify(type)}`));
  }
}
