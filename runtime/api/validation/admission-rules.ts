import type { Path } from '../finding';
import { finding } from '../finding';
import type { MatchCondition, NamedRuleWithOperations, RuleWithOperations } from '../kinds';
import { expressionProblem } from '../custom/cel/admission';
import type { ExpressionScope } from '../custom/cel/admission';
import { pathSegmentProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, qualifiedName } from './common';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const MAX_CONDITIONS = 64;

/** One of a few values, listed sorted; unset is fine. */
export function oneOf(out: Findings, path: Path, value: string | undefined, supported: readonly string[]): void {
  if (value !== undefined && !supported.includes(value)) out.push(finding.notSupported(path, value, supported));
}

function starAlone(out: Findings, path: Path, list: readonly string[], what: string): void {
  if (!list.length) out.push(finding.required(path));
  if (list.length > 1 && list.includes('*')) {
    out.push(finding.invalid(path, list, `if '*' is present, must not specify other ${what}`));
  }
}

/** Subresources covered already by `pods/*` or by a `*` with the same subresource. */
function covered(out: Findings, path: Path, resources: readonly string[]): void {
  const [wholes, subresources] = [new Set<string>(), new Set<string>()];
  resources.forEach((text, i) => {
    const slash = text.indexOf('/');
    if (slash < 0) return;
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    const refuse = (by: string) =>
      out.push(finding.invalid(path.index(i), text, `if '${by}' is present, must not specify ${text}`));
    if (wholes.has(resource)) refuse(`${resource}/*`);
    if (subresources.has(subresource)) refuse(`*/${subresource}`);
    if (subresource === '*') wholes.add(resource);
    if (resource === '*') subresources.add(subresource);
  });
}

function resourceNames(out: Findings, path: Path, resources: readonly string[]): void {
  if (!resources.length) out.push(finding.required(path));
  resources.forEach((text, i) => {
    if (!text) out.push(finding.required(path.index(i)));
  });
  covered(out, path, resources);
  if (resources.length > 1 && resources.includes('*/*')) {
    out.push(finding.invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  // As upstream, only the last resource without a subresource counts.
  const last = resources.filter((text) => text && !text.includes('/')).at(-1);
  if (resources.includes('*') && last !== undefined && last !== '*') {
    const detail = "if '*' is present, must not specify other resources without subresources";
    out.push(finding.invalid(path, resources, detail));
  }
}

/** A rule of a webhook, or of what a policy matches. */
export function operationRule(out: Findings, path: Path, rule: RuleWithOperations): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  starAlone(out, path.child('operations'), operations, 'operations');
  operations.forEach((operation, i) => oneOf(out, path.child('operations').index(i), operation, OPERATIONS));
  starAlone(out, path.child('apiGroups'), apiGroups, 'API groups');
  starAlone(out, path.child('apiVersions'), apiVersions, 'API versions');
  apiVersions.forEach((version, i) => {
    if (!version) out.push(finding.required(path.child('apiVersions').index(i)));
  });
  resourceNames(out, path.child('resources'), resources);
  oneOf(out, path.child('scope'), scope, ['*', 'Cluster', 'Namespaced']);
}

export function namedRule(out: Findings, path: Path, rule: NamedRuleWithOperations): void {
  rule.resourceNames?.forEach((name, i) => {
    const at = path.child('resourceNames').index(i);
    invalidEach(out, at, name, pathSegmentProblems(name));
    if ((rule.resourceNames ?? []).indexOf(name) < i) out.push(finding.duplicate(at, name));
  });
  operationRule(out, path, rule);
}

/** An expression that must be there, and compile to one of the types. */
export function expression(
  out: Findings, path: Path, text: string, scope: ExpressionScope, results: readonly string[],
): void {
  const problem = expressionProblem(text, scope, results);
  if (problem) out.push(finding.invalid(path, text, problem));
}

/** When the rest is asked at all. */
export function matchConditions(
  out: Findings, path: Path, conditions: readonly MatchCondition[] = [], params = false,
): void {
  if (conditions.length > MAX_CONDITIONS) out.push(finding.tooMany(path, conditions.length, MAX_CONDITIONS));
  const seen = new Set<string>();
  conditions.forEach(({ name = '', expression: text = '' }, i) => {
    const at = path.index(i);
    const trimmed = text.trim();
    const scope = { params, authorizer: true, variables: false };
    if (trimmed) expression(out, at.child('expression'), trimmed, scope, ['bool']);
    else out.push(finding.required(at.child('expression')));
    if (name) qualifiedName(out, at.child('name'), name);
    else out.push(finding.required(at.child('name')));
    if (name && seen.has(name)) out.push(finding.duplicate(at.child('name'), name));
    seen.add(name);
  });
}
