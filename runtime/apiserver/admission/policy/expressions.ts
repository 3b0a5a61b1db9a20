import type { Environment } from '@marcbachmann/cel-js';
import type { MatchCondition, Namespace } from '../../../api/kinds';
import { callLimit, CompilationError, compile, objectLimit } from '../../../api/custom/cel/compile';
import type { Budget, Expression } from '../../../api/custom/cel/compile';
import { baseEnvironment } from '../../../api/custom/cel/library';
import type { AdmissionAttributes, ApiLister, Authorizer } from '../../request';
import { kinds } from '../kit';
import { admissionRequest, typedObject } from './admission-request';
import { CelAuthorizer, declareAuthorizer, ResourceCheck } from './authorizer-value';

/** An expression that had no answer. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

let made: Environment | undefined;

/** The variables of admission: all dynamic, as upstream has them when it evaluates. */
function environment(): Environment {
  if (made) return made;
  made = baseEnvironment().clone();
  declareAuthorizer(made);
  for (const name of ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables', 'authorizer'])
    made.registerVariable(name, 'dyn');
  return made;
}

const compiled = new Map<string, Expression | CompilationError>();
const maxCompiled = 2000;

function expressionOf(text: string): Expression {
  let found = compiled.get(text);
  if (!found) {
    if (compiled.size >= maxCompiled) compiled.clear();
    compiled.set(text, (found = tryCompile(text)));
  }
  if (found instanceof CompilationError) throw new ExpressionError(found.message);
  return found;
}

function tryCompile(text: string): Expression | CompilationError {
  try {
    return compile(text, environment());
  } catch (error) {
    if (error instanceof CompilationError) return error;
    throw error;
  }
}

/** JSON as CEL has it without a schema: whole numbers are integers. */
export function celOf(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celOf);
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, celOf(item)]),
  );
}

export type Variables = Readonly<Record<string, unknown>>;

/** Evaluates the expressions of one policy or webhook about one request, out of one budget. */
export class Evaluation {
  readonly variables: Variables;
  private readonly budget: Budget = { left: objectLimit, call: callLimit };

  constructor(
    attributes: AdmissionAttributes,
    lister: ApiLister,
    authorizer: Authorizer | undefined,
    extra: Variables = {},
  ) {
    const { object, oldObject, namespace, user, resource, subresource, name } = attributes;
    const own = namespace ? lister.get<Namespace>(kinds.namespaces, undefined, namespace) : undefined;
    const asker = new CelAuthorizer(authorizer ?? { authorize: () => ({ allowed: true }) }, user);
    const asked = new ResourceCheck(asker, {
      group: resource.group,
      resource: resource.resource,
      subresource,
      namespace,
      name,
    });
    this.variables = {
      object: celOf(typedObject(object, attributes)),
      oldObject: celOf(typedObject(oldObject, attributes)),
      request: celOf(admissionRequest(attributes)),
      namespaceObject: celOf(own && { apiVersion: 'v1', kind: 'Namespace', ...own }),
      params: null,
      authorizer: Object.assign(asker, { requestResource: asked }),
      ...extra,
    };
  }

  /** Throws {@link ExpressionError}. */
  evaluate(text: string, variables: Variables = this.variables): unknown {
    const expression = expressionOf(text);
    this.budget.call = callLimit;
    try {
      return expression.evaluate(variables, this.budget);
    } catch (error) {
      if (error instanceof ExpressionError) throw error;
      const summary =
        error instanceof Error ? ((error as { summary?: string }).summary ?? error.message) : String(error);
      throw new ExpressionError(summary.replace(/^No such key/, 'no such key'));
    }
  }

  /**
   * Whether all conditions hold; one that is false settles it, whatever became of the others. Throws
   * {@link ExpressionError} when it is not settled and some had no answer.
   */
  matches(conditions: readonly MatchCondition[] | undefined): boolean {
    const failures: string[] = [];
    for (const { expression } of conditions ?? []) {
      try {
        if (this.evaluate(expression) !== true) return false;
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        failures.push(`expression '${expression.trim()}' resulted in error: ${error.message}`);
      }
    }
    if (failures.length > 0) throw new ExpressionError(failures.join(', '));
    return true;
  }
}
