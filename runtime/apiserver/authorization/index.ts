import type { ApiLister, Decision, RequestInfo, UserInfo } from '../request';
import { DecisionCache } from './decision-cache';
import { NodeAuthorizer, nodeNameOf } from './node';
import { aggregate, RbacAuthorizer } from './rbac';
import type { UserRules } from './rbac';
import type { RuleAuthorizer, RulesAnswer } from './rule-authorizer';

export { rbacEscalation } from './escalation';
export { accessReviews } from './reviews';

export const superuserGroup = 'system:masters';
const superuser: Decision = { allowed: true, reason: '' };

/**
 * Superusers, then nodes, then RBAC: the first that allows decides. Decisions are remembered until a role or binding
 * changes, except those that hang on pods.
 */
export function createAuthorizer({ lister }: { lister: ApiLister }): RuleAuthorizer {
  const rbac = new RbacAuthorizer(lister);
  const nodes = new NodeAuthorizer(lister);
  const cache = new DecisionCache();

  const decide = (user: UserInfo, request: RequestInfo): Decision => {
    const node = nodes.authorize(user, request);
    if (node.allowed) return node;
    const decision = rbac.authorize(user, request);
    if (decision.allowed || !node.reason) return decision;
    return { allowed: false, reason: [node.reason, decision.reason].filter(Boolean).join('\n') };
  };

  return {
    authorize(user, request) {
      if (user.groups.includes(superuserGroup)) return superuser;
      if (rbac.refresh()) cache.clear();
      if (nodeNameOf(user) !== undefined && nodes.dependsOnPods(request)) return decide(user, request);
      return cache.get(user, request) ?? cache.set(user, request, decide(user, request));
    },
    rulesFor: (user, namespace) => listed(user, rbac.rulesFor(user, namespace)),
    grantedRules: (user, namespace) => rbac.rulesFor(user, namespace),
    roleRules: (ref, namespace) => rbac.roleRules(ref, namespace),
  };
}

function listed(user: UserInfo, { rules, errors }: UserRules): RulesAnswer {
  const isNode = nodeNameOf(user) !== undefined;
  const problems = isNode ? ['node authorizer does not support user rule resolution'] : [];
  if (errors.length > 0) problems.push(aggregate(errors.map(({ message }) => message)));
  return {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        ...(apiGroups?.length && { apiGroups }),
        resources: resources!,
        ...(resourceNames?.length && { resourceNames }),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({
        verbs,
        nonResourceURLs: nonResourceURLs!,
      })),
    incomplete: isNode,
    ...(problems.length > 0 && { evaluationError: aggregate(problems) }),
  };
}
