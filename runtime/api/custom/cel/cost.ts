import type { ASTNode } from '@marcbachmann/cel-js';
import type { Schema } from '../../schema';
import { isMap } from './values';

/** Of one rule, and of all rules of a definition (apiextensions-apiserver's validation.go). */
export const ruleCostLimit = 10_000_000;
export const definitionCostLimit = 100_000_000;
const maxRequestBytes = 3 * 1024 * 1024;

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
  // A character may take four bytes.
  return schema.format ? 64 : schema.maxLength === undefined ? maxRequestBytes - 2 : 4 * schema.maxLength;
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
