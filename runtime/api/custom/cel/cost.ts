import type { ASTNode } from '@marcbachmann/cel-js';
import type { Schema } from '../../schema';
import { escapedName, isMap, visibleProperties } from './values';

/** Of one rule, and of all rules of a definition (apiextensions-apiserver's validation.go). */
export const ruleCostLimit = 10_000_000;
export const definitionCostLimit = 100_000_000;
const maxRequestBytes = 3 * 1024 * 1024;
const perCharacter = 0.1;
const perPatternCharacter = 0.25;

const loops = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter']);
const traversing = new Set([
  'contains', 'startsWith', 'endsWith', 'matches', 're2Matches', 'find', 'findAll', 'split', 'replace', 'lowerAscii',
  'upperAscii',
]);

/** The fewest bytes in which a value can be written: what bounds how many of them fit into a request. */
function leastBytes(schema: Schema | undefined): number {
  switch (schema?.type) {
    case 'boolean': return 4;
    case 'string': return 2 + (schema.minLength ?? 0);
    case 'array': return 2;
    case 'object': {
      const required = schema.required ?? [];
      return 2 + required.reduce((sum, name) => sum + name.length + 3 + leastBytes(schema.properties?.[name]), 0);
    }
    default: return 1;
  }
}

/** How many elements, entries or characters a value has at most. */
export function mostElements(schema: Schema | undefined): number {
  if (!schema) return 0;
  const fitting = (item: Schema | undefined, besides: number) =>
    Math.floor((maxRequestBytes - 2) / (leastBytes(item) + besides));
  if (schema.type === 'array') return schema.maxItems ?? fitting(schema.items, 1);
  if (isMap(schema)) return schema.maxProperties ?? fitting(schema.additionalProperties, 6);
  if (schema.type !== 'string') return 0;
  if (schema.enum) return Math.max(...schema.enum.map((value) => String(value).length));
  return schema.format ? 64 : (schema.maxLength ?? maxRequestBytes - 2);
}

type Scope = ReadonlyMap<string, Schema | undefined>;

/**
 * What evaluating the expression costs at the most, by the sizes that the schema allows: a lower bound of upstream's
 * estimate, which also counts comparisons.
 */
export function estimateCost(node: ASTNode, scope: Scope): number {
  switch (node.op) {
    case 'value': return 0;
    case 'rcall': return callCost(node.args[0], node.args[1], node.args[2], scope);
    default: return (node.op === 'list' || node.op === 'map' ? 10 : 1) + sum(children(node), scope);
  }
}

const sum = (nodes: readonly ASTNode[], scope: Scope) =>
  nodes.reduce((total, node) => total + estimateCost(node, scope), 0);

function callCost(name: string, receiver: ASTNode, args: readonly ASTNode[], scope: Scope): number {
  const variable = loops.has(name) && args.length > 1 && args[0]!.op === 'id' ? args[0].args : undefined;
  const schema = schemaOf(receiver, scope);
  if (variable !== undefined) {
    const inner = new Map(scope).set(variable, schema && isMap(schema) ? { type: 'string' as const } : schema?.items);
    return estimateCost(receiver, scope) + 1 + mostElements(schema) * (1 + sum(args.slice(1), inner));
  }
  const base = 1 + estimateCost(receiver, scope) + sum(args, scope);
  if (!traversing.has(name) || schema?.type !== 'string') return base;
  const pattern = name.toLowerCase().includes('match') && args[0]?.op === 'value' ? String(args[0].args).length : 0;
  return base + Math.ceil(mostElements(schema) * perCharacter * Math.max(1, pattern * perPatternCharacter));
}

/** The schema of what an expression gives, as far as it can be told. */
function schemaOf(node: ASTNode, scope: Scope): Schema | undefined {
  if (node.op === 'id') return scope.get(node.args);
  if (node.op === '.') {
    const parent = schemaOf(node.args[0], scope);
    if (!parent) return undefined;
    if (isMap(parent)) return parent.additionalProperties;
    const found = Object.entries(visibleProperties(parent, false)).find(([name]) => escapedName(name) === node.args[1]);
    return found?.[1];
  }
  if (node.op === '[]') {
    const parent = schemaOf(node.args[0], scope);
    return parent && (isMap(parent) ? parent.additionalProperties : parent.items);
  }
  if (node.op !== 'rcall') return undefined;
  const [name, receiver] = node.args;
  if (name === 'filter') return schemaOf(receiver, scope);
  if (name === 'map') return { type: 'array', maxItems: mostElements(schemaOf(receiver, scope)) };
  return undefined;
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value;

/** The operands of a node, whatever its operator. */
export function children(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const visit = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(visit);
  };
  visit(node.args);
  return found;
}

export function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return (
    `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and ` +
    'maxLength where arrays, maps, and strings are declared)'
  );
}
