import type { ASTNode } from '@marcbachmann/cel-js';
import type { Schema } from '../../schema';
import { children, mostElements } from './cost';
import { escapedName, isMap, visibleProperties } from './values';

/** Schemas of the variables, as far as they can be told. */
export type Scope = ReadonlyMap<string, Schema | undefined>;

/** What evaluating takes at most, and how large the result may be: cel-go's cost estimate, its upper bound. */
interface Estimate {
  readonly cost: number;
  readonly size: number;
  /** Of an element of the result. */
  readonly itemSize: number;
  readonly schema?: Schema | undefined;
}

const perCharacter = 0.1;
const perPatternCharacter = 0.25;
const part = (size: number, factor: number): number => Math.ceil(size * factor);

interface Typed {
  readonly checkedType?: { readonly kind: string; readonly name: string; readonly valueType?: { readonly name: string } };
}
const typeOf = (node: ASTNode) => (node as Typed).checkedType;
const SCALARS = new Set(['bool', 'int', 'uint', 'double', 'google.protobuf.Timestamp', 'google.protobuf.Duration']);
const TEXTS = new Set(['string', 'bytes']);

/** A result that nothing bounds, unless its type does. */
const unknownSize = (node: ASTNode): number =>
  SCALARS.has((typeOf(node)?.name ?? '').replace(/^optional<(.*)>$/, '$1')) ? 1 : Infinity;
const result = (node: ASTNode, cost: number, size = unknownSize(node), itemSize = Infinity): Estimate =>
  ({ cost, size, itemSize });

const itemOf = (schema: Schema | undefined) => (schema && isMap(schema) ? schema.additionalProperties : schema?.items);

function field(schema: Schema | undefined, name: string): Schema | undefined {
  if (!schema || isMap(schema)) return itemOf(schema);
  return Object.entries(visibleProperties(schema, false)).find(([own]) => own === name || escapedName(own) === name)?.[1];
}

function located(node: ASTNode, cost: number, schema: Schema | undefined): Estimate {
  if (!schema) return result(node, cost);
  return { cost, size: mostElements(schema), itemSize: mostElements(itemOf(schema)), schema };
}

const total = (estimates: readonly Estimate[]): number => estimates.reduce((sum, { cost }) => sum + cost, 0);
const largest = (estimates: readonly Estimate[]): number => Math.max(0, ...estimates.map(({ size }) => size));

/** The turns of a macro's loop: what one costs beside its expressions, what the whole does, and what comes of it. */
const loops: Readonly<Record<string, { turn: number; once: number; isList: boolean }>> = {
  all: { turn: 3, once: 1, isList: false },
  exists: { turn: 4, once: 1, isList: false },
  exists_one: { turn: 2, once: 2, isList: false },
  existsOne: { turn: 2, once: 2, isList: false },
  filter: { turn: 13, once: 11, isList: true },
  map: { turn: 12, once: 11, isList: true },
};

function loop(name: string, range: ASTNode, variable: string, bodies: readonly ASTNode[], scope: Scope): Estimate {
  const { turn, once, isList } = loops[name]!;
  const over = estimate(range, scope);
  const item = over.schema && isMap(over.schema) ? { type: 'string' as const } : itemOf(over.schema);
  const body = bodies.map((each) => estimate(each, new Map(scope).set(variable, item ?? { type: 'integer' })));
  const cost = over.cost + once + over.size * (turn + total(body));
  if (!isList) return { cost, size: 1, itemSize: 0 };
  if (name === 'filter') return { ...over, cost };
  return { cost, size: over.size, itemSize: body.at(-1)?.size ?? Infinity };
}

const pattern = (text: number, expression: number): number =>
  part(text + 1, perCharacter) * part(expression, perPatternCharacter);

function replacedSize(text: number, [from, to]: readonly Estimate[], source: ASTNode | undefined): number {
  const least = source?.op === 'value' && typeof source.args === 'string' ? source.args.length : 0;
  const most = to?.size ?? 0;
  if (least === 0 || !from) return (text + 1) * most + text;
  return most <= least ? text : Math.ceil(text / least) * most;
}

type FunctionCost = (target: Estimate, args: readonly Estimate[], node: ASTNode) => { own: number; size?: number };

const traversed: FunctionCost = (target) => ({ own: part(target.size, perCharacter), size: target.size });
const parsed: FunctionCost = (_target, [text]) => ({ own: part(text?.size ?? 0, perCharacter) });
const begins: FunctionCost = (_target, [text]) => ({ own: part(text?.size ?? 0, perCharacter), size: 1 });
const matched: FunctionCost = (target, [expression]) => ({ own: pattern(target.size, expression?.size ?? 0) });
const perItem: FunctionCost = (target, _args, node) => {
  const list = node.op === 'rcall' ? typeOf(node.args[1]) : undefined;
  if (list?.kind !== 'list') return { own: part(target.size, perCharacter) };
  const isText = TEXTS.has(list.valueType?.name ?? '');
  return { own: target.size * (1 + (isText ? part(elementSize(target), perCharacter) : 0)) };
};
/** Nothing bounds the elements of lists that an expression makes. */
const elementSize = ({ schema, itemSize }: Estimate): number => (schema ? itemSize : Infinity);
const argumentOf = (node: ASTNode, i: number) => (node.op === 'rcall' ? node.args[2][i] : undefined);

const functions: Readonly<Record<string, FunctionCost>> = {
  contains: (target, [text]) => ({ own: part(target.size, perCharacter) * part(text?.size ?? 0, perCharacter) }),
  startsWith: begins, endsWith: begins, re2Matches: matched, matches: matched,
  find: (target, args, node) => ({ ...matched(target, args, node), size: target.size }),
  findAll: (target, args, node) => ({ ...matched(target, args, node), size: target.size }),
  lowerAscii: traversed, upperAscii: traversed, substring: traversed, trim: traversed,
  replace: (target, args, node) => ({
    own: part(target.size, 2 * perCharacter), size: replacedSize(target.size, args, argumentOf(node, 0)),
  }),
  split: (target) => ({ own: part(target.size, 2 * perCharacter), size: target.size }),
  join: (target, [separator]) => {
    const size = target.size * elementSize(target) + (separator?.size ?? 0) * Math.max(0, target.size - 1);
    return { own: part(size, perCharacter), size };
  },
  format: (target) => ({ own: part(target.size, perCharacter) }),
  isSorted: perItem, sum: perItem, min: perItem, max: perItem, indexOf: perItem, lastIndexOf: perItem,
  url: parsed, ip: parsed, cidr: parsed, isIP: parsed, isCIDR: parsed, quantity: parsed, isQuantity: parsed,
  isCanonical: (_target, [text]) => ({ own: part(text?.size ?? 0, 2 * perCharacter) }),
  containsIP: (_target, args, node) => ({ own: 4 + ofText(args, node) }),
  containsCIDR: (_target, args, node) => ({ own: 7 + ofText(args, node) }),
};

function ofText([text]: readonly Estimate[], node: ASTNode): number {
  const argument = argumentOf(node, 0);
  return argument && typeOf(argument)?.name === 'string' ? part(text?.size ?? 0, perCharacter) : 0;
}

const none: Estimate = { cost: 0, size: 0, itemSize: 0 };

function call(node: ASTNode, name: string, receiver: ASTNode | undefined, args: readonly ASTNode[], scope: Scope): Estimate {
  const [first] = args;
  if (receiver && Object.hasOwn(loops, name) && args.length > 1 && first?.op === 'id') {
    return loop(name, receiver, first.args, args.slice(1), scope);
  }
  if (name === 'has' && first?.op === '.') return { ...estimate(first.args[0], scope), size: 1, itemSize: 0, schema: undefined };
  const given = args.map((each) => estimate(each, scope));
  if (name === 'dyn' && given[0]) return { ...given[0], cost: given[0].cost + 1 };
  if (receiver?.op === 'id' && receiver.args === 'sets' && !scope.has('sets')) {
    const product = given.reduce((size, each) => size * each.size, name === 'equivalent' ? 2 : 1);
    return { cost: total(given) + product, size: 1, itemSize: 0 };
  }
  const target = receiver ? estimate(receiver, scope) : none;
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  const { own, size = unknownSize(node) } = known?.(target, given, node) ?? { own: 1 };
  return result(node, target.cost + total(given) + own, size);
}

const ORDERS = new Set(['==', '!=', '<', '<=', '>', '>=']);
/** Values of libraries that are compared at once. */
const ATOMIC = new Set(['IP', 'CIDR', 'Quantity']);

function binary(node: ASTNode, left: ASTNode, right: ASTNode, scope: Scope): Estimate {
  const [a, b] = [estimate(left, scope), estimate(right, scope)];
  const both = a.cost + b.cost;
  const type = typeOf(left)?.name ?? '';
  if (node.op === '&&' || node.op === '||') return { cost: both, size: 1, itemSize: 0 };
  const isCompared = node.op === '==' || node.op === '!=' || (ORDERS.has(node.op) && TEXTS.has(type));
  if (isCompared && !ATOMIC.has(type)) {
    return { cost: both + part(Math.min(a.size, b.size), perCharacter), size: 1, itemSize: 0 };
  }
  if (node.op === '+' && (TEXTS.has(type) || typeOf(left)?.kind === 'list')) {
    const size = a.size + b.size;
    const own = TEXTS.has(type) ? part(size, perCharacter) : 1;
    return { cost: both + own, size, itemSize: Math.max(a.itemSize, b.itemSize) };
  }
  if (node.op === 'in' && typeOf(right)?.kind !== 'map') return { cost: both + b.size, size: 1, itemSize: 0 };
  return result(node, both + 1);
}

function collection(node: ASTNode, base: number, scope: Scope): Estimate {
  const items = children(node).map((each) => estimate(each, scope));
  const size = node.op === 'map' ? items.length / 2 : items.length;
  return { cost: base + total(items), size, itemSize: largest(items) };
}

/** `google.protobuf.Duration`: fields of nothing that there is. */
function isTypeName(node: ASTNode, scope: Scope): boolean {
  if (node.op === '.') return isTypeName(node.args[0], scope);
  return node.op === 'id' && !scope.has(node.args);
}

function estimate(node: ASTNode, scope: Scope): Estimate {
  switch (node.op) {
    case 'value': return { cost: 0, size: typeof node.args === 'string' ? node.args.length : 1, itemSize: 0 };
    // What is no variable is taken to be as large as the value that the rule is about.
    case 'id': return located(node, 1, scope.has(node.args) ? scope.get(node.args) : scope.get('self'));
    case '.': {
      if (isTypeName(node, scope)) return located(node, 1, scope.get('self'));
      const { cost, schema } = estimate(node.args[0], scope);
      return located(node, cost + 1, field(schema, node.args[1]));
    }
    case '[]': {
      const [list, index] = node.args.map((each) => estimate(each, scope));
      const cost = list!.cost + index!.cost + 1;
      return list!.schema ? located(node, cost, itemOf(list!.schema)) : result(node, cost, list!.itemSize);
    }
    case 'call': return call(node, node.args[0], undefined, node.args[1], scope);
    case 'rcall': return call(node, node.args[0], node.args[1], node.args[2], scope);
    case 'list': return collection(node, 10, scope);
    case 'map': return collection(node, 30, scope);
    case '?:': {
      const [condition, ...ways] = node.args.map((each) => estimate(each, scope));
      const cost = condition!.cost + Math.max(...ways.map((way) => way.cost));
      return { cost, size: largest(ways), itemSize: Math.max(...ways.map(({ itemSize }) => itemSize)) };
    }
    default: {
      const [left, right] = children(node);
      if (left && right) return binary(node, left, right, scope);
      return result(node, 1 + (left ? estimate(left, scope).cost : 0));
    }
  }
}

/** What evaluating an expression costs at the most, by the sizes that the schema allows; it has been checked. */
export const estimateCost = (node: ASTNode, scope: Scope): number => estimate(node, scope).cost;
