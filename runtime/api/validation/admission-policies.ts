import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  AuditAnnotation, MatchResources, Mutation, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ParamKind,
  ParamRef, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation, Variable,
} from '../kinds';
import {
  byteLength, dns1035LabelProblems, dns1123SubdomainProblems, pathSegmentProblems,
} from '../names';
import {
  expression, FAILURE_POLICIES, MATCH_POLICIES, matchConditions, namedRule, oneOf, REINVOCATION_POLICIES,
} from './admission-rules';
import type { Findings } from './common';
import { dnsSubdomain, invalidEach, labelSelector, optionalOneOf, qualifiedName, semanticallyEqual, SPEC } from './common';
import type { KindRules } from './rules';

const MAX_AUDIT_ANNOTATIONS = 20;
const MAX_AUDIT_EXPRESSION = 5 * 1024;
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch'];
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let',
  'loop', 'package', 'namespace', 'return', 'var', 'void', 'while',
]);

function requiredOf(out: Findings, path: Path, value: string | undefined, supported: readonly string[]): void {
  if (value === undefined) out.push(finding.required(path));
  else oneOf(out, path, value, supported);
}

function paramKind(out: Findings, { apiVersion = '', kind = '' }: ParamKind): void {
  const at = SPEC.child('paramKind', 'apiVersion');
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  const [group, version = ''] = parts.length > 1 ? parts : ['', parts[0]];
  if (!apiVersion) out.push(finding.required(at));
  else if (parts.length > 2) {
    out.push(finding.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else {
    const problems = group ? dns1123SubdomainProblems(group) : [];
    if (problems.length) out.push(finding.invalid(at, group, problems.join(',')));
    const wrong = dns1035LabelProblems(version);
    if (!version) out.push(finding.invalid(at, apiVersion, 'version must be specified'));
    else if (wrong.length) out.push(finding.invalid(at, version, wrong.join(',')));
  }
  const kindAt = SPEC.child('paramKind', 'kind');
  const problems = dns1035LabelProblems(kind.toLowerCase());
  if (!kind) out.push(finding.required(kindAt));
  else if (problems.length) {
    const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    out.push(finding.invalid(kindAt, kind, detail));
  }
}

function matchResources(out: Findings, path: Path, match: MatchResources): void {
  requiredOf(out, path.child('matchPolicy'), match.matchPolicy, MATCH_POLICIES);
  for (const field of ['namespaceSelector', 'objectSelector'] as const) {
    if (match[field]) labelSelector(out, path.child(field), match[field]);
    else out.push(finding.required(path.child(field)));
  }
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    match[field]?.forEach((rule, i) => namedRule(out, path.child(field).index(i), rule));
  }
}

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Shared = NonNullable<Policy['spec']>;

function variable(out: Findings, path: Path, { name = '', expression: text = '' }: Variable, params: boolean): void {
  if (!name.trim()) out.push(finding.required(path.child('name'), 'name is not specified'));
  else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
    out.push(finding.invalid(path.child('name'), name, 'name is not a valid CEL identifier'));
  }
  const at = path.child('expression');
  if (text.trim()) expression(out, at, text, { params, authorizer: true, variables: true }, []);
  else out.push(finding.required(at, 'expression is not specified'));
}

/** What policies of both kinds have; the conditions are looked at only where they or the parameter changed. */
function policyBase(out: Findings, spec: Partial<Shared>, old: Partial<Shared> | undefined): void {
  requiredOf(out, SPEC.child('failurePolicy'), spec.failurePolicy, FAILURE_POLICIES);
  if (spec.paramKind) paramKind(out, spec.paramKind);
  const match = SPEC.child('matchConstraints');
  if (spec.matchConstraints) {
    matchResources(out, match, spec.matchConstraints);
    if (!spec.matchConstraints.resourceRules?.length) out.push(finding.required(match.child('resourceRules')));
  } else out.push(finding.required(match));
  const params = spec.paramKind !== undefined;
  const unchanged = old !== undefined && semanticallyEqual(spec.paramKind, old.paramKind) &&
    semanticallyEqual(spec.matchConditions, old.matchConditions);
  if (!unchanged) matchConditions(out, SPEC.child('matchConditions'), spec.matchConditions, params);
  spec.variables?.forEach((item, i) => variable(out, SPEC.child('variables').index(i), item, params));
}

interface Scope {
  readonly params: boolean;
  readonly variables: boolean;
}

function validation(out: Findings, path: Path, given: Validation, scope: Scope): void {
  const { expression: text = '', message = '', messageExpression = '', reason } = given;
  const at = path.child('expression');
  if (text.trim()) expression(out, at, text, { ...scope, authorizer: true }, ['bool']);
  else out.push(finding.required(at, 'expression is not specified'));
  const messageAt = path.child('messageExpression');
  if (messageExpression && !messageExpression.trim()) {
    out.push(finding.invalid(messageAt, messageExpression, 'must be non-empty if specified'));
  } else if (messageExpression) {
    expression(out, messageAt, messageExpression, { ...scope, authorizer: false }, ['string']);
  }
  const refuse = (detail: string) => out.push(finding.invalid(path.child('message'), message, detail));
  if (message && !message.trim()) refuse('message must be non-empty if specified');
  else if (/[\n\r]/.test(message.trim())) refuse('message must not contain line breaks');
  oneOf(out, path.child('reason'), reason, REASONS);
}

function auditAnnotation(out: Findings, path: Path, given: AuditAnnotation, name: string, scope: Scope): void {
  const { key = '', valueExpression = '' } = given;
  if (name) qualifiedName(out, path.child('key'), `${name}/${key}`);
  else out.push(finding.invalid(path.child('key'), key, 'requires metadata.name be non-empty'));
  const at = path.child('valueExpression');
  const text = valueExpression.trim();
  if (!text) out.push(finding.required(at, 'valueExpression is not specified'));
  else if (byteLength(text) > MAX_AUDIT_EXPRESSION) {
    out.push(finding.required(at, `must not exceed ${MAX_AUDIT_EXPRESSION} bytes in length`));
  } else expression(out, at, text, { ...scope, authorizer: true }, ['string', 'null']);
}

function auditAnnotations(out: Findings, list: readonly AuditAnnotation[], name: string, scope: Scope): void {
  const path = SPEC.child('auditAnnotations');
  if (list.length > MAX_AUDIT_ANNOTATIONS) {
    out.push(finding.invalid(path, list, `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`));
  }
  const keys = new Set<string>();
  list.forEach((item, i) => {
    auditAnnotation(out, path.index(i), item, name, scope);
    if (keys.has(item.key)) out.push(finding.duplicate(path.index(i).child('key'), item.key));
    keys.add(item.key);
  });
}

const scopeOf = ({ paramKind: kind, variables = [] }: Partial<Shared>): Scope => ({
  params: kind !== undefined,
  variables: variables.length > 0,
});

function validatingPolicy({ metadata, spec = {} }: ValidatingAdmissionPolicy, old?: ValidatingAdmissionPolicy): Findings {
  const out: Findings = [];
  policyBase(out, spec, old?.spec);
  const { validations = [], auditAnnotations: audits = [] } = spec;
  if (!validations.length && !audits.length) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    out.push(finding.required(SPEC.child('validations'), detail));
    out.push(finding.required(SPEC.child('auditAnnotations'), detail));
    return out;
  }
  const scope = scopeOf(spec);
  validations.forEach((item, i) => validation(out, SPEC.child('validations').index(i), item, scope));
  auditAnnotations(out, audits, metadata.name ?? '', scope);
  return out;
}

export const validatingAdmissionPolicy: KindRules<ValidatingAdmissionPolicy> = {
  create: (object) => validatingPolicy(object),
  update: validatingPolicy,
};

function mutation(out: Findings, path: Path, given: Mutation, scope: Scope): void {
  const { patchType } = given;
  if (!patchType) out.push(finding.required(path.child('patchType')));
  else if (!PATCH_TYPES.includes(patchType)) {
    out.push(finding.notSupported(path.child('patchType'), patchType, PATCH_TYPES));
  } else {
    const [own, other] = patchType === 'JSONPatch'
      ? (['jsonPatch', 'applyConfiguration'] as const) : (['applyConfiguration', 'jsonPatch'] as const);
    const text = given[own]?.expression ?? '';
    if (!given[own]) {
      out.push(finding.required(path.child(own), `must be specified when patchType is ${patchType}`));
    } else if (!text.trim()) {
      out.push(finding.required(path.child(own, 'expression'), 'expression is not specified'));
    } else expression(out, path.child(own, 'expression'), text, { ...scope, authorizer: true }, []);
    if (given[other]) {
      out.push(finding.invalid(path.child(other), {}, `must not be specified when patchType is ${patchType}`));
    }
  }
}

function mutatingPolicy({ spec = {} }: MutatingAdmissionPolicy, old?: MutatingAdmissionPolicy): Findings {
  const out: Findings = [];
  policyBase(out, spec, old?.spec);
  const path = SPEC.child('mutations');
  if (!spec.mutations?.length) out.push(finding.required(path, 'mutations must contain at least one item'));
  const scope = scopeOf(spec);
  spec.mutations?.forEach((item, i) => mutation(out, path.index(i), item, scope));
  const at = SPEC.child('reinvocationPolicy');
  if (spec.reinvocationPolicy) oneOf(out, at, spec.reinvocationPolicy, REINVOCATION_POLICIES);
  else out.push(finding.required(at));
  return out;
}

export const mutatingAdmissionPolicy: KindRules<MutatingAdmissionPolicy> = {
  create: (object) => mutatingPolicy(object),
  update: mutatingPolicy,
};

function paramRef(out: Findings, { name, selector, parameterNotFoundAction: action }: ParamRef): void {
  const path = SPEC.child('paramRef');
  const exclusive = 'name and selector are mutually exclusive';
  if (name) {
    invalidEach(out, path.child('name'), name, pathSegmentProblems(name));
    if (selector) out.push(finding.forbidden(path.child('name'), exclusive));
  }
  if (selector) {
    labelSelector(out, path.child('selector'), selector);
    if (name) out.push(finding.forbidden(path.child('selector'), exclusive));
  }
  if (!name && !selector) out.push(finding.required(path, 'one of name or selector must be specified'));
  const at = path.child('parameterNotFoundAction');
  if (action) optionalOneOf(out, at, action, ['Deny', 'Allow']);
  else out.push(finding.required(at));
}

function actions(out: Findings, list: readonly string[]): void {
  const path = SPEC.child('validationActions');
  list.forEach((action, i) => {
    oneOf(out, path.index(i), action, ACTIONS);
    if (list.indexOf(action) < i) out.push(finding.duplicate(path.index(i), action));
  });
  if (list.includes('Deny') && list.includes('Warn')) {
    const detail = 'must not contain both Deny and Warn (repeating the same validation failure information in the API ' +
      'response and headers serves no purpose)';
    out.push(finding.invalid(path, list, detail));
  }
  if (!list.length) out.push(finding.required(path, 'at least one validation action is required'));
}

type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

function bindingBase(out: Findings, spec: Partial<NonNullable<Binding['spec']>>): void {
  if (spec.policyName) dnsSubdomain(out, SPEC.child('policyName'), spec.policyName);
  else out.push(finding.required(SPEC.child('policyName')));
  if (spec.paramRef) paramRef(out, spec.paramRef);
  // Upstream's spelling.
  if (spec.matchResources) matchResources(out, SPEC.child('matchResouces'), spec.matchResources);
}

export const validatingAdmissionPolicyBinding: KindRules<ValidatingAdmissionPolicyBinding> = {
  create({ spec }) {
    const out: Findings = [];
    bindingBase(out, spec ?? {});
    actions(out, spec?.validationActions ?? []);
    return out;
  },
};

export const mutatingAdmissionPolicyBinding: KindRules<MutatingAdmissionPolicyBinding> = {
  create({ spec }) {
    const out: Findings = [];
    bindingBase(out, spec ?? {});
    return out;
  },
};
