import type { ASTNode } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { children } from './cost';
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

/** What an API server refuses of an expression that the engine has checked and takes; undefined for nothing. */
export function strictProblem(node: ASTNode): CelProblem | undefined {
  const own = equality(node) ?? index(node) ?? list(node) ?? method(node) ?? pattern(node);
  if (own) return own;
  for (const child of children(node)) {
    const found = strictProblem(child);
    if (found) return found;
  }
  return undefined;
}
