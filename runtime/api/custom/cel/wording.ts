import type { ASTNode } from '@marcbachmann/cel-js';
import { baseEnvironment } from './library';

/** What is wrong with an expression, as the engine or a check of ours found it. */
export interface CelProblem {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number };
  /** A token has neither operator nor operands. */
  readonly node?: ASTNode | Pick<ASTNode, 'input'>;
}

let known: ReadonlySet<string> | undefined;

/** Names of functions and macros that there are, for any types. */
export const isKnownFunction = (name: string): boolean =>
  (known ??= new Set(baseEnvironment().getDefinitions().functions.map((each) => each.name))).has(name);

/** Whether a field is the one that `has` is asked for: it takes the place of the call. */
const isAskedFor = ({ input, range }: ASTNode): boolean =>
  /\bhas\s*\(\s*$/.test(input.slice(0, range.start)) && /^\s*\)/.test(input.slice(range.end));

const BINARY = new Set(['!=', '==', 'in', '+', '-', '*', '/', '%', '<', '<=', '>', '>=', '&&', '||']);
const endOf = (node: ASTNode) => node.range.end;

/** Where cel-go says that something is: at the operator, the dot or the bracket, not where its operands begin. */
export function positionOf(node: ASTNode): number {
  const after = (text: string, left: ASTNode) => Math.max(node.range.start, node.input.indexOf(text, endOf(left)));
  if (BINARY.has(node.op)) return after(node.op, (node.args as [ASTNode])[0]);
  if (node.op === '.' && isAskedFor(node)) return node.input.lastIndexOf('(', node.range.start);
  if (node.op === '.' || node.op === '.?') return after('.', node.args[0]);
  if (node.op === '[]' || node.op === '[?]') return after('[', node.args[0]);
  if (node.op === 'call') return Math.max(node.range.start, node.input.indexOf('(', node.range.start));
  if (node.op === 'rcall') return after('(', node.args[1]);
  return node.range.start;
}

/** A type as cel-go writes it. */
export const printedType = (type: string): string =>
  type
    .replaceAll('google.protobuf.', '').replaceAll('optional<', 'optional_type<').replaceAll('<', '(').replaceAll('>', ')')
    .replace(/\b(Timestamp|Duration)\b/g, (name) => name.toLowerCase());

const ENGINE_NAMES: Readonly<Record<string, string>> = { goDuration: 'duration', re2Matches: 'matches' };

function functionWording(text: string): string {
  const [, receiver, ownName = '', args = ''] = /^(?:(.*)\.)?(\w+)\((.*)\)$/.exec(text) ?? [];
  const name = ENGINE_NAMES[ownName] ?? ownName;
  if (!isKnownFunction(ownName)) return `undeclared reference to '${name}' (in container '')`;
  const of = receiver === undefined ? '' : `${printedType(receiver)}.`;
  return `found no matching overload for '${name}' applied to '${of}(${printedType(args)})'`;
}

/** `rest` is the rule from where the problem is. */
function wording({ code, summary }: CelProblem, rest: string): string {
  const missing = /^No such key: (.*)$/.exec(summary);
  if (code === 'no_such_key' && missing) return `undefined field '${missing[1]}'`;
  const [, left, operator, right] = /^no such overload: (.+) ([^\w\s]+|in) (.+)$/.exec(summary) ?? [];
  if (left && operator && right) {
    return `found no matching overload for '_${operator}_' applied to '(${printedType(left)}, ${printedType(right)})'`;
  }
  const call = /^found no matching overload for '([^']*\))'$/.exec(summary);
  if (call?.[1]) return functionWording(call[1]);
  const variable = /^Unknown variable: (.*)$/.exec(summary);
  if (variable) return `undeclared reference to '${variable[1]}' (in container '')`;
  const word = /^Expected IDENTIFIER, got (?:BOOLEAN|NULL)$/.test(summary) && /^\w+/.exec(rest)?.[0];
  if (word) return `Syntax error: mismatched input '${word}' expecting IDENTIFIER`;
  return code.startsWith('no_') || code.includes('type') ? summary : `Syntax error: ${summary}`;
}

/** The problem in upstream's words, with the line that it is in. */
export function problemText(rule: string, problem: CelProblem): string {
  const { node } = problem;
  const at = node && 'op' in node ? positionOf(node) : (problem.range?.start ?? 0);
  const before = rule.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  const source = rule.split('\n')[line - 1] ?? '';
  const pointer = `${'.'.repeat(Math.max(0, column - 1))}^`;
  return `compilation failed: ERROR: <input>:${line}:${column}: ${wording(problem, rule.slice(at))}\n | ${source}\n | ${pointer}`;
}
