import type { ASTNode } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { children } from './cost';
import { isTime, parseDuration } from './times';
import { isKnownFunction, printedType, type CelProblem } from './wording';

/** What the engine makes of a node's type when it checks it. */
interface CheckedType {
  readonly kind: string;
  readonly name: string;
  readonly valueType?: CheckedType;
}

const typeOf = (node: ASTNode | undefined) => (node as { checkedType?: CheckedType } | undefined)?.checkedType;

const noOverload = (node: ASTNode, what: string, operands: string): CelProblem => ({
  code: 'no_matching_overload', summary: `found no matching overload for '${what}' applied to '${operands}'`, node,
});

/** A message is no map, though the engine compares them. */
function equality(node: ASTNode): CelProblem | undefined {
  if (node.op !== '==' && node.op !== '!=') return undefined;
  const [a, b] = node.args.map(typeOf);
  const kinds = `${a?.kind} ${b?.kind}`;
  if (!a || !b || (kinds !== 'message map' && kinds !== 'map message')) return undefined;
  return noOverload(node, `_${node.op}_`, `(${printedType(a.name)}, ${printedType(b.name)})`);
}

function index(node: ASTNode): CelProblem | undefined {
  if (node.op !== '[]') return undefined;
  const [a, b] = node.args.map(typeOf);
  if (a?.kind !== 'message' || !b) return undefined;
  return noOverload(node, '_[_]', `(${printedType(a.name)}, ${printedType(b.name)})`);
}

const COMPARABLE = new Set([
  'string', 'int', 'uint', 'double', 'bool', 'bytes', 'google.protobuf.Timestamp', 'google.protobuf.Duration',
]);
const SUMMABLE = new Set(['int', 'uint', 'double', 'google.protobuf.Duration']);
const ELEMENTS: Readonly<Record<string, ReadonlySet<string>>> = {
  sum: SUMMABLE, min: COMPARABLE, max: COMPARABLE, isSorted: COMPARABLE,
};

function list(node: ASTNode): CelProblem | undefined {
  if (node.op !== 'rcall' || !Object.hasOwn(ELEMENTS, node.args[0])) return undefined;
  const [name, receiver] = node.args;
  const type = typeOf(receiver);
  const item = type?.kind === 'list' ? type.valueType : undefined;
  if (!item || item.kind === 'dyn' || item.kind === 'param' || ELEMENTS[name]?.has(item.name)) return undefined;
  return noOverload(node, name, `${printedType(type!.name)}.()`);
}

/** Of a dynamic value the engine takes any method. */
function method(node: ASTNode): CelProblem | undefined {
  if (node.op !== 'rcall' || isKnownFunction(node.args[0])) return undefined;
  return { code: 'no_such_key', summary: `Unknown variable: ${node.args[0]}`, node };
}

const PATTERNS = new Set(['re2Matches', 'find', 'findAll']);

/** Patterns that are written out are compiled with the expression. */
function pattern(node: ASTNode): CelProblem | undefined {
  if (node.op !== 'rcall' || !PATTERNS.has(node.args[0])) return undefined;
  const [name, , [text]] = node.args;
  if (text?.op !== 'value' || typeof text.args !== 'string') return undefined;
  try {
    RE2JS.compile(text.args);
    return undefined;
  } catch {
    const summary = name === 're2Matches' ? 'invalid matches argument' : `error parsing regexp: ${text.args}`;
    return { code: 'no_matching_overload', summary, node: text };
  }
}

const LITERALS: Readonly<Record<string, (text: string) => boolean>> = {
  goDuration: (text) => parseDuration(text) !== undefined,
  timestamp: isTime,
};

/** Durations and times that are written out are read with the expression. */
function literal(node: ASTNode): CelProblem | undefined {
  if (node.op !== 'call' || !Object.hasOwn(LITERALS, node.args[0])) return undefined;
  const [name, [text]] = node.args;
  if (text?.op !== 'value' || typeof text.args !== 'string' || LITERALS[name]?.(text.args)) return undefined;
  const summary = `invalid ${name === 'timestamp' ? name : 'duration'} argument`;
  return { code: 'no_matching_overload', summary, node: text };
}

/** What is written out as list or map has elements, keys and values of one type each. */
function mixed(node: ASTNode): CelProblem | undefined {
  if (node.op === 'list') return otherType(node.args);
  if (node.op !== 'map') return undefined;
  return otherType(node.args.map(([key]) => key)) ?? otherType(node.args.map(([, value]) => value));
}

function otherType(nodes: readonly ASTNode[]): CelProblem | undefined {
  const types = nodes.map((node) => printedType(typeOf(node)?.name ?? 'dyn'));
  const [first = ''] = types;
  const at = types.findIndex((type) => type !== first);
  // The engine knows less of types than upstream does.
  if (at < 0 || [first, types[at]].some((type) => type === undefined || !SIMPLE.has(type))) return undefined;
  const summary = `expected type '${first}' but found '${types[at]}'`;
  return { code: 'type_mismatch', summary, node: nodes[at]! };
}

const SIMPLE = new Set(['string', 'int', 'uint', 'double', 'bool', 'bytes', 'timestamp', 'duration']);

/** What an API server refuses of an expression that the engine has checked and takes; undefined for nothing. */
export function strictProblem(node: ASTNode, formatted = false): CelProblem | undefined {
  const own =
    equality(node) ?? index(node) ?? list(node) ?? method(node) ?? pattern(node) ?? literal(node) ??
    (formatted ? undefined : mixed(node));
  if (own) return own;
  const inside = formatted || (node.op === 'rcall' && node.args[0] === 'format');
  for (const child of children(node)) {
    const found = strictProblem(child, inside);
    if (found) return found;
  }
  return undefined;
}
