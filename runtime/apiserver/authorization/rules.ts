import type { PolicyRule } from '../../api/kinds';
import type { RequestInfo } from '../request';

const all = '*';
const none: readonly string[] = [];

/** Whether one rule grants a request (plugin/pkg/auth/authorizer/rbac/rbac.go). The request's version plays no part. */
export function ruleAllows(rule: PolicyRule, request: RequestInfo): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false;
  if (!request.isResourceRequest) return nonResourceUrlMatches(rule.nonResourceURLs ?? none, request.path);
  return (
    hasOrAll(rule.apiGroups ?? none, request.group) &&
    resourceMatches(rule.resources ?? none, request.resource, request.subresource) &&
    resourceNameMatches(rule.resourceNames ?? none, request.name)
  );
}

export function rulesAllow(rules: readonly PolicyRule[], request: RequestInfo): boolean {
  return rules.some((rule) => ruleAllows(rule, request));
}

function hasOrAll(granted: readonly string[], asked: string): boolean {
  return granted.includes(all) || granted.includes(asked);
}

/** All, the resource with its subresource, or `*`/subresource for every resource; `pods/*` means nothing. */
function resourceMatches(granted: readonly string[], resource: string, subresource: string): boolean {
  if (hasOrAll(granted, subresource ? `${resource}/${subresource}` : resource)) return true;
  return subresource !== '' && granted.includes(`*/${subresource}`);
}

/** A rule without names is about all objects, and also about requests that have no name yet (create, list). */
function resourceNameMatches(granted: readonly string[], name: string): boolean {
  return granted.length === 0 || granted.includes(name);
}

function nonResourceUrlMatches(granted: readonly string[], path: string): boolean {
  return granted.some((url) => nonResourceUrlCovers(url, path));
}

/** Of two paths or patterns: a trailing `*` covers all that begins like it. */
export function nonResourceUrlCovers(owner: string, asked: string): boolean {
  if (owner === asked || owner === all) return true;
  return owner.endsWith(all) && asked.startsWith(owner.replace(/\*+$/, ''));
}
