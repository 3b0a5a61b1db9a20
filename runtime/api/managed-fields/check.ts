import { StatusError } from '../status';
import { goValue, isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { printPath } from './field-set';
import { elementType, fieldType, itemElement, itemProblem } from './typed';
import type { TypeNode } from './type-node';

/** What keeps an applied configuration from being read by its schema, in structured-merge-diff's words. */
export function checkTyped(type: TypeNode, value: JsonObject): string[] {
  const problems: string[] = [];
  visit(type, value, '', problems);
  return problems;
}

/** As upstream answers such a configuration: a plain error, so 500 and no reason. */
export function typedPatchError(applied: JsonObject, problems: readonly string[]): StatusError {
  const [first] = problems;
  const list = problems.length === 1 ? first : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code: 500,
    message: `failed to create typed patch object (${describe(applied)}): ${list}`,
  });
}

function describe(object: JsonObject): string {
  const { namespace = '', name = '' } = isObject(object['metadata']) ? object['metadata'] : {};
  return `${String(namespace)}/${String(name)}; ${String(object['apiVersion'])}, Kind=${String(object['kind'])}`;
}

function visit(type: TypeNode, value: unknown, path: string, problems: string[]): void {
  const report = (text: string) => void problems.push(path ? `${path}: ${text}` : text);
  if (value === null || value === undefined || type.kind === 'untyped') return;
  if (type.kind === 'scalar') {
    const problem = scalarProblem(type.scalar, value);
    if (problem) report(problem);
  } else if (type.kind === 'map') {
    if (isObject(value)) visitMap(type, value, path, problems);
    else report(`expected map, got ${printed(value)}`);
  } else if (Array.isArray(value)) {
    visitList(type, value, path, problems, report);
  } else {
    report(`expected list, got ${printed(value)}`);
  }
}

function visitMap(type: TypeNode, value: JsonObject, path: string, problems: string[]): void {
  for (const name of Object.keys(value)) {
    const below = `${path}.${name}`;
    if (!type.fields?.has(name) && !type.element) problems.push(`${below}: field not declared in schema`);
    else visit(fieldType(type, name), value[name], below, problems);
  }
}

function visitList(
  type: TypeNode,
  items: readonly unknown[],
  path: string,
  problems: string[],
  report: (text: string) => void,
): void {
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    if (type.atomic) {
      visit(elementType(type), item, `${path}[${i}]`, problems);
      continue;
    }
    const element = itemElement(type, item);
    if (element === undefined) {
      report(`element ${i}: ${itemProblem(type, item)}`);
      continue;
    }
    if (seen.has(element)) report(`duplicate entries for key ${printPath([element])}`);
    seen.add(element);
    visit(elementType(type), item, path + printPath([element]), problems);
  }
}

function scalarProblem(kind: TypeNode['scalar'], value: unknown): string | undefined {
  const numeric = typeof value === 'number' || typeof value === 'bigint';
  switch (kind) {
    case 'numeric':
      return numeric ? undefined : `expected numeric (int or float), got ${goScalarType(value)}`;
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got ${printed(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${goScalarType(value)}`;
    default:
      return typeof value === 'object' ? `expected any scalar, got ${printed(value)}` : undefined;
  }
}

function goScalarType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Values in these messages are Go's `%v` of a wrapped value: `&value.valueUnstructured{Value:"x"}`. */
function printed(value: unknown): string {
  const inner = typeof value === 'string' ? JSON.stringify(value) : goValue(value);
  return `&value.valueUnstructured{Value:${inner}}`;
}
