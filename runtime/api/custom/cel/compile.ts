import type { ASTNode, Environment, ParseResult } from '@marcbachmann/cel-js';
import type { Schema } from '../../schema';
import { isBeyondLibrary } from './beyond';
import { children } from './cost';
import { added, celEqual, isComposite } from './equality';
import { baseEnvironment } from './library';
import { useOwnHas } from './macros';
import { strictProblem } from './strict';
import { zonedName } from './times';
import { problemText, type CelProblem } from './wording';
import { declareType } from './values';

/** What is left of what evaluating may cost; shared by the rules of one object. */
export interface Budget {
  left: number;
  /** Of the call that runs. */
  call: number;
}

export const callLimit = 1_000_000;
export const objectLimit = 10_000_000;

export class CostLimitError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

export interface Expression {
  readonly ast: ASTNode;
  readonly usesOldSelf: boolean;
  /** Throws the library’s `EvaluationError`. Doesn't stop by itself when `budget` runs out within a quantifier: see `call`. */
  evaluate(variables: Readonly<Record<string, unknown>>, budget: Budget): unknown;
}

/** An expression that can't be compiled, in upstream's words. */
export class CompilationError extends Error {
  override readonly name: string = 'CompilationError';
}

/** An expression that an API server may well compile, and that can't be judged here. */
export class UnjudgedExpression extends CompilationError {
  override readonly name = 'UnjudgedExpression';
}

let dynamic: Environment | undefined;

/** Evaluates with values as they come; types are checked beforehand, where the schema is known. */
const dynamicEnvironment = (): Environment =>
  (dynamic ??= baseEnvironment().clone().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn'));

let optional: Environment | undefined;

/** The same for rules whose `oldSelf` is an optional value. */
export const optionalEnvironment = (): Environment =>
  (optional ??= baseEnvironment().clone().registerVariable('self', 'dyn').registerVariable('oldSelf', 'optional<dyn>'));

/** Compiles against the variables of rules, or those that another environment declares. */
export function compile(rule: string, environment: Environment = dynamicEnvironment()): Expression {
  const budget: { current: Budget } = { current: { left: 0, call: 0 } };
  const parsed = parse(environment, rule);
  const checked = parsed.check();
  if (!checked.valid) throw new CompilationError(problemText(rule, checked.error as CelProblem));
  useOwnOperators(parsed.ast);
  meterLoops(parsed.ast, budget);
  return {
    ast: parsed.ast,
    usesOldSelf: mentions(parsed.ast, 'oldSelf'),
    evaluate(variables, given) {
      budget.current = given;
      spend(given, 1);
      return parsed(variables) as unknown;
    },
  };
}

const typed = new WeakMap<Schema, Map<string, Environment>>();

/** Declared once for all rules of a schema: a large one takes a while. */
function typedEnvironment(schema: Schema, root: boolean, optionalOldSelf: boolean): Environment {
  const known = typed.get(schema) ?? new Map<string, Environment>();
  typed.set(schema, known);
  const key = `${root}/${optionalOldSelf}`;
  let environment = known.get(key);
  if (!environment) {
    environment = baseEnvironment().clone();
    const type = declareType(environment, schema, 'Self', root);
    environment.registerVariable('self', type).registerVariable('oldSelf', optionalOldSelf ? `optional<${type}>` : type);
    known.set(key, environment);
  }
  return environment;
}

/** Checks an expression against the types of the schema that it is about; its tree, with types. Throws {@link CompilationError}. */
export function checkTypes(
  rule: string, schema: Schema, root: boolean, optionalOldSelf: boolean, wanted: string,
): ASTNode {
  const parsed = parse(typedEnvironment(schema, root, optionalOldSelf), rule);
  const result = parsed.check();
  const problem = result.valid ? strictProblem(parsed.ast) : (result.error as CelProblem);
  if (problem) throw new CompilationError(problemText(rule, problem));
  if (result.type === wanted || result.type === 'dyn') return parsed.ast;
  throw new CompilationError(`cel expression must evaluate to a ${wanted}`);
}

/** A problem that may only be of a library that this one lacks. */
const UNKNOWN_FUNCTION = 'no_matching_overload';

export interface CheckedExpression {
  /** `dyn` where it can't be told. */
  readonly type: string;
  readonly mentions: (name: string) => boolean;
}

/**
 * The type of an expression; undefined where it calls a function that is not known here, so that nothing can be said.
 * Throws {@link CompilationError}.
 */
export function checkExpression(text: string, environment: Environment): CheckedExpression | undefined {
  const { ast, check: run } = parse(environment, text);
  const { valid, type, error } = run();
  if (!valid) {
    const problem = error as CelProblem;
    if (problem.code === UNKNOWN_FUNCTION) return undefined;
    throw new CompilationError(problemText(text, problem));
  }
  return { type: type ?? 'dyn', mentions: (name) => mentions(ast, name) };
}

function parse(environment: Environment, rule: string): ParseResult {
  let parsed: ParseResult;
  try {
    parsed = environment.parse(rule);
  } catch (error) {
    // The engine has no optional elements of lists and maps.
    if ((error as CelProblem).summary === 'Unexpected token: QUESTION') throw new UnjudgedExpression(rule);
    throw new CompilationError(problemText(rule, error as CelProblem));
  }
  if (isBeyondLibrary(parsed.ast)) throw new UnjudgedExpression(`${rule}: uses functions that are not known here`);
  useOwnFunctions(parsed.ast);
  return parsed;
}

/** Functions of the engine's that ours take the place of. */
function ownName(node: ASTNode): string | undefined {
  if (node.op === 'call') return node.args[0] === 'duration' ? 'goDuration' : undefined;
  if (node.op !== 'rcall') return undefined;
  const [name, , args] = node.args;
  return name === 'matches' ? 're2Matches' : args.length === 1 ? zonedName(name) : undefined;
}

/** Calls are looked up by name when they are checked, so until then they can be given another. */
function useOwnFunctions(node: ASTNode): void {
  const name = ownName(node);
  if (name) (node.args as [string, ...unknown[]])[0] = name;
  useOwnHas(node);
  for (const child of children(node)) useOwnFunctions(child);
}

interface Operation {
  handle?: (left: unknown, right: unknown, node: unknown, evaluator: unknown) => unknown;
}

/** Lists and maps are equal, and lists add up, by their type. */
function useOwnOperators(node: ASTNode): void {
  const operation = node as unknown as Operation;
  const { handle } = operation;
  if (handle && (node.op === '==' || node.op === '!=')) {
    const wanted = node.op === '==';
    operation.handle = (left, right, at, evaluator) =>
      isComposite(left) && isComposite(right) ? celEqual(left, right) === wanted : handle(left, right, at, evaluator);
  } else if (handle && node.op === '+') {
    operation.handle = (left, right, at, evaluator) => added(left, right) ?? handle(left, right, at, evaluator);
  }
  for (const child of children(node)) useOwnOperators(child);
}

function mentions(node: ASTNode, name: string): boolean {
  return (node.op === 'id' && node.args === name) || children(node).some((child) => mentions(child, name));
}

interface Runnable {
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown;
}
/** What a call of a looping macro becomes. */
interface Loop {
  op: string;
  args: { step: Runnable };
}

/** Every turn of a loop is paid for; nothing else in an expression can take long. */
function meterLoops(node: ASTNode, budget: { current: Budget }): void {
  const loop = (node as unknown as { meta?: { alternate?: Loop } }).meta?.alternate;
  if (loop?.op === 'comprehension') {
    const { step } = loop.args;
    const cost = nodeCount(node);
    loop.args.step = {
      evaluate(evaluator, _node, context) {
        spend(budget.current, cost);
        return step.evaluate(evaluator, step, context);
      },
    };
  }
  for (const child of children(node)) meterLoops(child, budget);
}

const nodeCount = (node: ASTNode): number => children(node).reduce((count, child) => count + nodeCount(child), 1);

function spend(budget: Budget, cost: number): void {
  budget.call -= cost;
  budget.left -= cost;
  if (budget.call < 0 || budget.left < 0) throw new CostLimitError();
}
