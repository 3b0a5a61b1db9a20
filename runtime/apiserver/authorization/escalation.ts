import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef } from '../../api/kinds';
import type { KubeObject } from '../../api/object';
import { errors } from '../../api/status';
import { deepEqual } from '../../api/equality';
import type { AdmissionAttributes, AdmissionPlugin, RequestInfo } from '../request';
import { compactRules, describeRule, missingRules, quotedList } from './covers';
import type { RuleAuthorizer } from './rule-authorizer';

const group = 'rbac.authorization.k8s.io';
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody grants what they don't have: who writes a role or binding must hold all of its permissions, or the verb
 * `escalate` on the role (`bind` for a binding). Upstream decides it in the storage of the four kinds, after the
 * mutating admission and before validation: so this is the last of the mutating plugins, though it changes nothing.
 */
export function rbacEscalation(authorizer: RuleAuthorizer): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    mutate(attributes) {
      const { operation, resource, object, oldObject, user } = attributes;
      if (resource.group !== group || !object || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
      if (user.groups.includes('system:masters')) return;
      if (oldObject && onlyForGarbageCollection(object, oldObject)) return;
      if (resource.resource.endsWith('roles')) checkRole(authorizer, attributes, object);
      else checkBinding(authorizer, attributes, object as RoleBinding | ClusterRoleBinding);
    },
  };
}

function checkRole(authorizer: RuleAuthorizer, attributes: AdmissionAttributes, role: Role | ClusterRole): void {
  const { user, resource, namespace, oldObject, operation } = attributes;
  // On a create the path has no name, so `escalate` on a named role doesn't help there.
  const name = operation === 'UPDATE' ? attributes.name : '';
  if (authorizer.authorize(user, asked('escalate', resource.resource, namespace, name)).allowed) return;
  confirm(authorizer, attributes, role.rules ?? []);
  if (!aggregates(role) && !aggregates(oldObject)) return;
  if (missingRules(authorizer.grantedRules(user, namespace).rules, everything).length > 0) {
    throw refused(attributes, 'must have cluster-admin privileges to use the aggregationRule');
  }
}

function aggregates(role: ClusterRole | undefined): boolean {
  return (role?.aggregationRule?.clusterRoleSelectors ?? []).length > 0;
}

function checkBinding(
  authorizer: RuleAuthorizer,
  attributes: AdmissionAttributes,
  { roleRef }: { roleRef: RoleRef },
): void {
  const { user, namespace } = attributes;
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (authorizer.authorize(user, asked('bind', resource, namespace, roleRef.name)).allowed) return;
  confirm(authorizer, attributes, authorizer.roleRules(roleRef, namespace));
}

const asked = (verb: string, resource: string, namespace: string, name: string): RequestInfo => ({
  isResourceRequest: true,
  path: '',
  verb,
  group,
  version: '*',
  namespace,
  resource,
  subresource: '',
  name,
});

function confirm(authorizer: RuleAuthorizer, attributes: AdmissionAttributes, rules: readonly PolicyRule[]): void {
  const { user, namespace } = attributes;
  const granted = authorizer.grantedRules(user, namespace);
  const missing = missingRules(granted.rules, rules);
  if (missing.length === 0) return;
  const descriptions = [...new Set(compactRules(missing).map(describeRule))].sort();
  const problems =
    granted.errors.length > 0 ? `; resolution errors: [${granted.errors.map(({ message }) => message).join(' ')}]` : '';
  throw refused(
    attributes,
    `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) ` +
      `is attempting to grant RBAC permissions not currently held:\n` +
      descriptions.join('\n') +
      problems,
  );
}

function refused({ resource, name }: AdmissionAttributes, why: string) {
  return errors.forbidden({ group, kind: resource.resource, ...(name && { name }) }, why);
}

/** Owners and finalizers may go without a look at the rules, or objects with lost roles could never be deleted. */
function onlyForGarbageCollection(object: KubeObject, old: KubeObject): boolean {
  const { ownerReferences, finalizers, managedFields } = old.metadata;
  return deepEqual({ ...object, metadata: { ...object.metadata, ownerReferences, finalizers, managedFields } }, old);
}
