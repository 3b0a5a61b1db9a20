import type { ClusterRole, ClusterRoleBinding, PolicyRule, RbacV1Subject, Role, RoleBinding } from '../../api/kinds';
import { clusterBindings } from './bindings';
import { clusterRoles } from './cluster-roles';
import type { DefaultRole } from './cluster-roles';
import { controllerRoles } from './controller-roles';
import { namespaceBindings, namespaceRoles } from './namespace-roles';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;
const aggregation = 'rbac.authorization.k8s.io/aggregate-to-';

const meta = (name: string, rest: { namespace?: string; into?: string } = {}) => ({
  name,
  ...(rest.namespace && { namespace: rest.namespace }),
  labels: {
    'kubernetes.io/bootstrapping': 'rbac-defaults',
    ...(rest.into && { [`${aggregation}${rest.into}`]: 'true' }),
  },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

const copies = (rules: readonly PolicyRule[]): PolicyRule[] => structuredClone([...rules]);

/** An aggregating role has at once the rules that its controller would gather, by name of role, each rule once. */
function rulesOf(role: DefaultRole): readonly PolicyRule[] {
  const { aggregate } = role;
  if (aggregate === undefined) return role.rules;
  const sources = clusterRoles.filter(({ into }) => into === aggregate).sort((a, b) => (a.name < b.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const source of sources) for (const rule of rulesOf(source)) rules.set(JSON.stringify(rule), rule);
  return [...rules.values()];
}

export function defaultClusterRoles(): ClusterRole[] {
  const controllers = Object.entries(controllerRoles).map(([name, rules]): DefaultRole => ({
    name: `system:controller:${name}`,
    rules,
  }));
  return [...clusterRoles, ...controllers].map((role) => ({
    apiVersion,
    kind: 'ClusterRole',
    metadata: meta(role.name, role),
    ...(role.aggregate && {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${aggregation}${role.aggregate}`]: 'true' } }] },
    }),
    rules: copies(rulesOf(role)),
  }));
}

export function defaultClusterRoleBindings(): ClusterRoleBinding[] {
  return Object.entries(clusterBindings).map(([name, subjects]) => ({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: meta(name),
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    ...withSubjects(subjects),
  }));
}

export function defaultRoles(): Role[] {
  return namespaceRoles.map(({ namespace, name, rules }) => ({
    apiVersion,
    kind: 'Role',
    metadata: meta(name, { namespace }),
    rules: copies(rules),
  }));
}

export function defaultRoleBindings(): RoleBinding[] {
  return namespaceBindings.map(({ namespace, name, role, subjects }) => ({
    apiVersion,
    kind: 'RoleBinding',
    metadata: meta(name, { namespace }),
    roleRef: { apiGroup, kind: 'Role', name: role },
    ...withSubjects(subjects),
  }));
}

const withSubjects = (subjects: readonly RbacV1Subject[]) =>
  subjects.length > 0 ? { subjects: structuredClone([...subjects]) } : {};
