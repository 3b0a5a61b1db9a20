import { Optional } from '@marcbachmann/cel-js';
import { finding, OMITTED, Path } from '../../finding';
import type { Finding } from '../../finding';
import type { Schema } from '../../schema';
import { deepEqual } from '../../equality';
import {
  callLimit, compile, CompilationError, CostLimitError, objectLimit, optionalEnvironment,
} from './compile';
import type { Budget, Expression } from './compile';
import { fieldAt } from '../field-path';
import { celValue, isMap } from './values';

type RuleOf = NonNullable<Schema['x-kubernetes-validations']>[number];

interface Rule {
  readonly given: RuleOf;
  readonly expression: Expression;
  readonly message?: Expression;
}

const compiled = new WeakMap<Schema, readonly Rule[]>();

/** Rules that can't be compiled are of definitions stored before they were checked; they hold nobody up. */
function rulesOf(schema: Schema): readonly Rule[] {
  const given = schema['x-kubernetes-validations'];
  if (!given || given.length === 0) return [];
  let rules = compiled.get(schema);
  if (!rules) compiled.set(schema, (rules = given.flatMap(compileRule)));
  return rules;
}

function compileRule(given: RuleOf): Rule[] {
  try {
    const environment = given.optionalOldSelf ? optionalEnvironment() : undefined;
    const message = given.messageExpression ? compile(given.messageExpression, environment) : undefined;
    return [{ given, expression: compile(given.rule, environment), ...(message && { message }) }];
  } catch (error) {
    if (error instanceof CompilationError) return [];
    throw error;
  }
}

const ruled = new WeakMap<Schema, boolean>();

/** Whether the schema or one below it has rules; most don't, and then nothing is walked. */
export function hasRules(schema: Schema): boolean {
  let known = ruled.get(schema);
  if (known === undefined) {
    const below = [
      ...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : []),
      ...(isMap(schema) ? [schema.additionalProperties] : []),
    ];
    known = (schema['x-kubernetes-validations'] ?? []).length > 0 || below.some(hasRules);
    ruled.set(schema, known);
  }
  return known;
}

interface Walk {
  readonly findings: Finding[];
  readonly budget: Budget;
  stopped: boolean;
}

/** What the object, which replaces `old`, breaks of its schema's CEL rules (apiextensions-apiserver's schema/cel). */
export function ruleFindings(object: unknown, old: unknown, schema: Schema): Finding[] {
  if (!hasRules(schema)) return [];
  const walk: Walk = { findings: [], budget: { left: objectLimit, call: callLimit }, stopped: false };
  visit(Path.root, object, old, schema, walk, true);
  return walk.findings;
}

function visit(path: Path, value: unknown, old: unknown, schema: Schema, walk: Walk, root: boolean): void {
  if (walk.stopped || value === undefined || value === null || !hasRules(schema)) return;
  for (const rule of rulesOf(schema)) {
    if (!walk.stopped) evaluateRule(path, value, old, schema, rule, walk, root);
  }
  if (Array.isArray(value)) visitItems(path, value, old, schema, walk);
  else if (typeof value === 'object') visitFields(path, value as Record<string, unknown>, old, schema, walk);
}

function visitFields(path: Path, value: Record<string, unknown>, old: unknown, schema: Schema, walk: Walk): void {
  const before = isObject(old) ? old : {};
  for (const [name, item] of Object.entries(value)) {
    const previous = Object.hasOwn(before, name) ? before[name] : undefined;
    const property = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property) visit(path.child(name), item, previous, property, walk, false);
    else if (isMap(schema)) visit(path.key(name), item, previous, schema.additionalProperties, walk, false);
  }
}

function visitItems(path: Path, value: readonly unknown[], old: unknown, schema: Schema, walk: Walk): void {
  if (!schema.items) return;
  const before = correlated(schema, old);
  value.forEach((item, index) => visit(path.index(index), item, before(item), schema.items!, walk, false));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Finds an item's former self, which only lists of type map have. */
export function correlated(schema: Schema, old: unknown): (item: unknown) => unknown {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return () => undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keyOf = (item: unknown) => JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
  const items = new Map(old.map((item: unknown) => [keyOf(item), item]));
  return (item) => items.get(keyOf(item));
}

function evaluateRule(
  path: Path, value: unknown, old: unknown, schema: Schema, rule: Rule, walk: Walk, root: boolean,
): void {
  const { given, expression } = rule;
  const absent = old === undefined || old === null;
  if (expression.usesOldSelf && absent && !given.optionalOldSelf) return;
  // What was there before the rule was, and hasn't changed, may stay.
  if (!expression.usesOldSelf && !absent && deepEqual(value, old)) return;
  const former = absent ? undefined : celValue(old, schema, root);
  const oldSelf = given.optionalOldSelf ? (absent ? Optional.none() : Optional.of(former)) : former;
  const variables = { self: celValue(value, schema, root), ...(expression.usesOldSelf && { oldSelf }) };
  walk.budget.call = callLimit;
  try {
    const held = expression.evaluate(variables, walk.budget);
    if (held !== true) walk.findings.push(broken(path, value, schema, rule, variables, walk.budget));
  } catch (error) {
    failed(path, schema, given, error, walk);
  }
}

/** Of a rule that can't be evaluated upstream tells the type, not the value. */
const typeName = (schema: Schema): string => schema.type ?? 'object';
const quoted = (rule: string): string => rule.replace(/\s*\n\s*/g, ' ').trim();

const inUpstreamsWords = (what: string): string =>
  what
    .replace(/^No such key: index out of bounds, index (\d+) .*$/, 'index out of bounds: $1')
    .replace(/^No such key/, 'no such key')
    .replace(/^(integer overflow): .*$/, '$1');

function failed(path: Path, schema: Schema, { rule }: RuleOf, error: unknown, walk: Walk): void {
  const say = (text: string) => walk.findings.push(finding.invalid(path, typeName(schema), text));
  const { call, left } = walk.budget;
  const what = error instanceof Error ? ((error as { summary?: string }).summary ?? error.message) : String(error);
  if (left < 0) {
    walk.stopped = true;
    say('validation failed due to running out of cost budget, no further validation rules will be run');
  } else if (error instanceof CostLimitError || call < 0) {
    walk.stopped = true;
    say(
      '\'operation cancelled: actual cost limit exceeded\': no further validation rules will be run due to call cost ' +
        `exceeds limit for rule: ${quoted(rule)}`,
    );
  } else if (what.startsWith('no such overload')) {
    const why = 'call arguments did not match a supported operator, function or macro signature for rule';
    say(`'${what}': ${why}: ${quoted(rule)}`);
  } else say(`${inUpstreamsWords(what)} evaluating rule: ${quoted(rule)}`);
}

function broken(
  path: Path, value: unknown, schema: Schema, rule: Rule, variables: { self: unknown }, budget: Budget,
): Finding {
  const { given } = rule;
  const message = messageOf(rule, variables, budget);
  const field = given.fieldPath ? fieldAt(given.fieldPath, schema, true) : '';
  const at = typeof field === 'string' || !field.path ? path : path.child(field.path);
  const shown = schema.type === 'object' || schema.type === 'array' ? OMITTED : value;
  switch (given.reason) {
    case 'FieldValueRequired': return finding.required(at, message);
    case 'FieldValueForbidden': return finding.forbidden(at, message);
    case 'FieldValueDuplicate': return finding.duplicate(at, shown);
    default: return finding.invalid(at, shown, message);
  }
}

const maxMessage = 5 * 1024;

function messageOf({ given, message }: Rule, variables: { self: unknown }, budget: Budget): string {
  const fallback = given.message?.trim() || `failed rule: ${quoted(given.rule)}`;
  if (!message) return fallback;
  try {
    const text = message.evaluate(variables, budget);
    if (typeof text !== 'string' || text.trim() === '' || text.includes('\n')) return fallback;
    return Buffer.byteLength(text) <= maxMessage ? text.trim() : fallback;
  } catch {
    return fallback;
  }
}
