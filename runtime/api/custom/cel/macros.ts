import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { EvaluationError, Optional } from '@marcbachmann/cel-js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';

/** What of the engine's insides a macro of ours uses. */
interface CelType {
  readonly kind: string;
  readonly name: string;
  readonly valueType?: CelType;
}
interface Scope {
  forkWithVariable(name: string, type: CelType): Scope;
  reuse(scope: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}
interface Checker {
  check(node: ASTNode, scope: Scope): CelType;
  checkAccessOnType(node: ASTNode, scope: Scope, type: CelType): CelType;
  createError(code: string, message: string, node: ASTNode): Error;
  getType(name: string): CelType;
  readonly registry: { getOptionalType(type: CelType): CelType };
}
interface Evaluator {
  run(node: ASTNode, scope: Scope): unknown;
  debugType(value: unknown): { fieldLazy(value: unknown, key: unknown, node: ASTNode, evaluator: Evaluator): unknown };
}
interface Call {
  readonly ast: ASTNode & { setMeta(name: string, value: unknown): void };
  readonly args: readonly ASTNode[];
  readonly receiver: ASTNode;
}

function selection({ args }: Pick<Call, 'args'>): [operand: ASTNode, field: string, node: ASTNode] | undefined {
  const [node] = args;
  return node?.op === '.' || node?.op === '.?' ? [node.args[0], node.args[1], node] : undefined;
}

/**
 * `has(a[0].b)`, in the place of the engine's own, which takes names alone and is put into the tree by its parser. A field that is
 * null isn't there.
 */
export function useOwnHas(ast: ASTNode): void {
  if (ast.op === 'call' && ast.args[0] === 'has') (ast as Call['ast']).setMeta('macro', hasField({ ast: ast as Call['ast'], args: ast.args[1] }));
}

const hasField = (call: Pick<Call, 'ast' | 'args'>) => ({
  async: false,
  typeCheck(checker: Checker, _macro: unknown, scope: Scope): CelType {
    const [operand, , node] = selection(call) ?? [];
    if (!operand || !node) {
      throw checker.createError('invalid_macro_argument', 'invalid argument to has() macro', call.args[0] ?? call.ast);
    }
    const type = checker.check(operand, scope);
    const of = type.kind === 'optional' ? type.valueType : type;
    if (of) checker.checkAccessOnType(node, scope, of);
    return checker.getType('bool');
  },
  evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope): boolean {
    const [operand, field, node] = selection(call)!;
    const value = evaluator.run(operand, scope);
    const found = evaluator.debugType(value).fieldLazy(value, field, node, evaluator);
    if (found instanceof Optional) return found.hasValue();
    return found !== undefined && found !== null;
  },
});

/** `opt.optMap(v, expression)`, and `optFlatMap`, whose expression gives an optional itself. */
const optionalMap = (isFlat: boolean) => (call: Call) => {
  let inner: Scope | undefined;
  const [variable, expression] = call.args as [ASTNode, ASTNode];
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, scope: Scope): CelType {
      const name = variable.op === 'id' ? variable.args : undefined;
      if (name === undefined) throw checker.createError('invalid_macro_argument', 'optMap() variable name must be a simple identifier', variable);
      const receiver = checker.check(call.receiver, scope);
      inner = scope.forkWithVariable(name, receiver.valueType ?? checker.getType('dyn'));
      const type = checker.check(expression, inner);
      call.ast.setMeta('async', false);
      return isFlat ? type : checker.registry.getOptionalType(type);
    },
    evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope): unknown {
      const optional = evaluator.run(call.receiver, scope);
      if (!(optional instanceof Optional)) throw new EvaluationError('no such overload: optMap');
      if (!optional.hasValue()) return optional;
      const value = evaluator.run(expression, inner!.reuse(scope).setIterValue(optional.value(), evaluator));
      return isFlat ? value : Optional.of(value);
    },
  };
};

const EPOCH = Date.parse('0001-01-01T00:00:00Z');

function isZero(value: unknown): boolean {
  if (value instanceof UnsignedInt) return value.valueOf() === 0n;
  if (value instanceof Duration) return value.seconds === 0n && value.nanos === 0;
  if (value instanceof Date) return value.getTime() === EPOCH;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return !value;
}

type Macro = (call: Call) => unknown;

/** Macros, and the functions of optional values that the engine lacks. */
export function registerMacros(environment: Environment, equal: (a: unknown, b: unknown) => boolean): void {
  const macros: Readonly<Record<string, Macro>> = {
    'optional.optMap(ast, ast): optional<dyn>': optionalMap(false),
    'optional.optFlatMap(ast, ast): optional<dyn>': optionalMap(true),
  };
  for (const [signature, macro] of Object.entries(macros)) {
    environment.registerFunction(signature, macro as unknown as (...args: unknown[]) => unknown);
  }
  const nonZero = (_namespace: unknown, value: unknown) => (isZero(value) ? Optional.none() : Optional.of(value));
  environment.registerFunction('OptionalNamespace.ofNonZeroValue(A): optional<A>', nonZero, { async: false });
  environment.registerOperator('optional<A> == optional<A>', equal);
}
