import type { Environment } from '@marcbachmann/cel-js';
import { checkExpression, CompilationError, UnjudgedExpression } from './compile';
import { baseEnvironment } from './library';

/** What an expression of a policy or webhook may refer to beside `object`, `oldObject`, `request` and `namespaceObject`. */
export interface ExpressionScope {
  readonly params: boolean;
  readonly authorizer: boolean;
  readonly variables: boolean;
}

const DYNAMIC = ['object', 'oldObject', 'params'];
const TYPED = ['request', 'namespaceObject', 'authorizer', 'variables'];

/** Objects that mutations make: `Object{…}`, `Object.spec{…}`, `JSONPatch{…}`. */
const MAKES_OBJECTS = /\b(Object(\.\w+)*|JSONPatch)\s*\{/;

const environments = new Map<string, Environment>();

function environmentOf({ params, authorizer, variables }: ExpressionScope): Environment {
  const key = `${params}/${authorizer}/${variables}`;
  let found = environments.get(key);
  if (!found) {
    found = baseEnvironment().clone();
    const names = [
      'object', 'oldObject', 'request', 'namespaceObject', ...(params ? ['params'] : []),
      ...(authorizer ? ['authorizer'] : []), ...(variables ? ['variables'] : []),
    ];
    for (const name of names) found.registerVariable(name, 'dyn');
    environments.set(key, found);
  }
  return found;
}

/**
 * What is wrong with an expression that is to give one of `results` (any, if there are none), as the API server words it;
 * undefined if nothing is, or nothing can be said.
 */
export function expressionProblem(
  text: string, scope: ExpressionScope, results: readonly string[],
): string | undefined {
  if (MAKES_OBJECTS.test(text)) return undefined;
  try {
    const checked = checkExpression(text, environmentOf(scope));
    if (!checked || results.length === 0 || results.includes(checked.type)) return undefined;
    // What is typed upstream is dynamic here.
    if (checked.type === 'dyn' && (TYPED.some(checked.mentions) || !DYNAMIC.some(checked.mentions))) return undefined;
    const [only] = results;
    if (results.length === 1 && only) return `must evaluate to ${only} but got ${checked.type}`;
    return `must evaluate to one of [${results.map(goType).join(' ')}] but got ${goType(checked.type)}`;
  } catch (error) {
    if (error instanceof UnjudgedExpression) return undefined;
    if (error instanceof CompilationError) return error.message;
    throw error;
  }
}

const goType = (type: string) => (type === 'null' ? 'null_type' : type);

let devices: Environment | undefined;

/** The same of an expression that selects devices. */
export function deviceSelectorProblem(text: string): string | undefined {
  devices ??= baseEnvironment().clone().registerVariable('device', 'dyn');
  try {
    const checked = checkExpression(text, devices);
    if (!checked || checked.type === 'bool' || checked.type === 'dyn') return undefined;
    return `must evaluate to bool or the unknown type, not ${checked.type}`;
  } catch (error) {
    if (error instanceof UnjudgedExpression) return undefined;
    if (error instanceof CompilationError) return error.message;
    throw error;
  }
}
