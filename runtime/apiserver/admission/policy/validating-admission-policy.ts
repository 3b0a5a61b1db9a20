import type {
  MatchResources,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from '../../../api/kinds';
import { StatusError } from '../../../api/status';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister, Authorizer } from '../../request';
import { forbidden, kinds } from '../kit';
import { isExempt, matchesNamespace, matchesObject, matchesRule } from '../matching';
import { celOf, Evaluation, ExpressionError } from './expressions';
import type { Variables } from './expressions';
import { paramsOf } from './params';

interface Denial {
  readonly message: string;
  readonly reason?: string;
}

/** Evaluates the CEL policies that are bound to a request (apiserver/pkg/admission/plugin/policy/validating). */
export function validatingAdmissionPolicy(lister: ApiLister, authorizer?: Authorizer): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(attributes) {
      const policies = lister.list<ValidatingAdmissionPolicy>(kinds.validatingPolicies);
      if (policies.length === 0 || isExempt(attributes)) return;
      const bindings = lister.list<ValidatingAdmissionPolicyBinding>(kinds.validatingBindings);
      const rejections: StatusError[] = [];
      for (const policy of policies) {
        if (!matches(policy.spec?.matchConstraints, attributes, lister, true)) continue;
        for (const binding of bindings) {
          if (
            binding.spec.policyName !== policy.metadata.name ||
            !matches(binding.spec.matchResources, attributes, lister, false)
          )
            continue;
          for (const denial of evaluate(policy, binding, attributes, lister, authorizer)) {
            rejections.push(...act(policy, binding, attributes, denial));
          }
        }
      }
      if (rejections.length > 0) throw rejections[0]!;
    },
  };
}

/** A policy says what it is about; a binding may leave that out and take all of it. */
function matches(
  constraints: MatchResources | undefined,
  attributes: AdmissionAttributes,
  lister: ApiLister,
  needsRules: boolean,
): boolean {
  const { resourceRules = [], excludeResourceRules = [], namespaceSelector, objectSelector } = constraints ?? {};
  if (!matchesNamespace(namespaceSelector, attributes, lister) || !matchesObject(objectSelector, attributes))
    return false;
  if (excludeResourceRules.some((rule) => matchesRule(rule, attributes))) return false;
  if (resourceRules.length === 0) return !needsRules;
  return resourceRules.some((rule) => matchesRule(rule, attributes));
}

function evaluate(
  { spec }: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  attributes: AdmissionAttributes,
  lister: ApiLister,
  authorizer: Authorizer | undefined,
): Denial[] {
  const failsOpen = spec?.failurePolicy === 'Ignore';
  const failed = (error: unknown): Denial[] => {
    if (!(error instanceof ExpressionError)) throw error;
    return failsOpen ? [] : [{ message: error.message }];
  };
  try {
    return paramsOf(spec?.paramKind, binding, attributes.namespace, lister).flatMap((params) => {
      const evaluation = new Evaluation(attributes, lister, authorizer, { params: celOf(params) });
      try {
        if (!evaluation.matches(spec?.matchConditions)) return [];
      } catch (error) {
        return failed(error);
      }
      const variables = { ...evaluation.variables, variables: lazily(spec?.variables ?? [], evaluation) };
      return (spec?.validations ?? []).flatMap((validation) => judge(validation, evaluation, variables, failsOpen));
    });
  } catch (error) {
    return failed(error);
  }
}

/** Variables are evaluated when an expression first asks for them, and see those before them. */
function lazily(declared: readonly Variable[], evaluation: Evaluation): object {
  const values = {};
  for (const { name, expression } of declared) {
    let known: { value: unknown } | undefined;
    const get = () =>
      (known ??= { value: evaluation.evaluate(expression, { ...evaluation.variables, variables: values }) }).value;
    Object.defineProperty(values, name, { enumerable: true, get });
  }
  return values;
}

function judge(validation: Validation, evaluation: Evaluation, variables: Variables, failsOpen: boolean): Denial[] {
  const expression = validation.expression.trim();
  try {
    if (evaluation.evaluate(validation.expression, variables) === true) return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return failsOpen ? [] : [{ message: `expression '${expression}' resulted in error: ${error.message}` }];
  }
  const message =
    messageOf(validation, evaluation, variables) || validation.message?.trim() || `failed expression: ${expression}`;
  return [{ message, reason: validation.reason ?? 'Invalid' }];
}

const longestMessage = 5 * 1024;

/** Empty when the expression gives nothing that could be shown. */
function messageOf({ messageExpression }: Validation, evaluation: Evaluation, variables: Variables): string {
  if (!messageExpression) return '';
  try {
    const text = evaluation.evaluate(messageExpression, variables);
    const usable = typeof text === 'string' && !text.trim().includes('\n') && Buffer.byteLength(text) <= longestMessage;
    return usable ? text.trim() : '';
  } catch (error) {
    if (error instanceof ExpressionError) return '';
    throw error;
  }
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

/** What a binding does about a denial; auditing has no effect, as nothing is audited. */
function act(
  policy: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  attributes: AdmissionAttributes,
  { message, reason = 'Invalid' }: Denial,
): StatusError[] {
  const who = `ValidatingAdmissionPolicy '${policy.metadata.name!}' with binding '${binding.metadata.name!}'`;
  const actions = binding.spec.validationActions ?? [];
  if (actions.includes('Warn')) attributes.warn(`Validation failed for ${who}: ${message}`);
  if (!actions.includes('Deny')) return [];
  const text = `${who} denied request: ${message}`;
  const { status } = forbidden(attributes, text);
  return [
    new StatusError({
      ...status,
      reason,
      code: codes[reason] ?? 422,
      details: { ...status.details, causes: [{ message: text }] },
    }),
  ];
}
