import * as z from 'zod';
import type { ClusterRole, PolicyRule, RoleBinding } from '../../../runtime/api/kinds';
import type { Neighbours } from '../neighbours';
import { objectRule, type LintProblem, type LintRule } from '../rule';
import type { LintSubject } from '../subject';

const roles = ['rbac.authorization.k8s.io/Role', 'rbac.authorization.k8s.io/ClusterRole'];
const bindings = ['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'];

const has = (list: readonly string[] | undefined, ...wanted: string[]) =>
  (list ?? []).some((item) => item === '*' || wanted.includes(item));
const named = (list: readonly string[] | undefined, ...wanted: string[]) =>
  (list ?? []).some((item) => wanted.includes(item));

/** A rule of a role, with where it stands. */
type Looked = PolicyRule & { at: string };

function roleRule<Options = unknown>(
  facts: Omit<LintRule, 'run' | 'kinds' | 'severity' | 'options'> & { options?: z.ZodObject },
  check: (rule: Looked, options: Options, subject: LintSubject) => LintProblem | undefined,
): LintRule {
  return objectRule<ClusterRole, Options>(roles, {
    ...facts,
    check: ({ object, subject }, options) =>
      (object.rules ?? []).map((rule, i) => check({ ...rule, at: `rules[${i}]` }, options, subject)),
  });
}

export const rbacWildcard = roleRule(
  {
    id: 'rbac-wildcard',
    category: 'access',
    title: 'A role with a wildcard',
    why:
      '`*` stands for what exists today and for whatever is installed tomorrow; with `*` for verbs and resources ' +
      'the role is cluster-admin under another name.',
    repair: 'List the resources and verbs that are used.',
  },
  ({ at, apiGroups, resources, verbs }) => {
    const fields = { apiGroups, resources, verbs };
    const found = (Object.keys(fields) as (keyof typeof fields)[]).filter((field) => fields[field]?.includes('*'));
    const field = found.at(-1);
    if (!field) return undefined;
    const all = found.includes('resources') && found.includes('verbs');
    return {
      at: `${at}.${field}`,
      message: all ? 'everything is allowed: cluster-admin under another name' : `wildcard in ${found.join(' and ')}`,
    };
  },
);

const secretOptions = z.object({
  verbs: z
    .array(z.string())
    .default(['get', 'list', 'watch', 'create', 'delete'])
    .describe('Verbs on Secrets that are told of.'),
});

export const rbacSecrets = roleRule<z.infer<typeof secretOptions>>(
  {
    id: 'rbac-secrets',
    category: 'access',
    title: 'A role that may use Secrets',
    why:
      'Secrets hold the keys to everything else, tokens of other accounts among them. `list` and `watch` show their ' +
      'contents as `get` does.',
    repair: 'Take it away, or name the Secrets in `resourceNames` and allow `get` alone.',
    options: secretOptions,
  },
  ({ at, apiGroups, resources, verbs, resourceNames }, { verbs: told }, { namespaced }) => {
    if (!has(apiGroups, '') || !has(resources, 'secrets') || !has(verbs, ...told)) return undefined;
    if (resourceNames?.length && !has(verbs, 'create')) return undefined;
    const where = namespaced ? 'of the namespace' : 'of the whole cluster';
    return { at: `${at}.resources`, message: `the role may use all Secrets ${where}` };
  },
);

const makers = [
  'pods',
  'deployments',
  'statefulsets',
  'daemonsets',
  'replicasets',
  'replicationcontrollers',
  'jobs',
  'cronjobs',
];

export const rbacPodCreation = roleRule(
  {
    id: 'rbac-pod-creation',
    category: 'access',
    title: 'A role that may create pods',
    why: 'Who may create a pod may run it as any service account of the namespace and mount any of its Secrets.',
    repair: 'Allow it for those alone who deploy, and hold the namespace to a Pod Security level.',
  },
  ({ at, resources, verbs }) => {
    if (!has(verbs, 'create') || !has(resources, ...makers)) return undefined;
    const what = (resources ?? []).find((item) => item === '*' || makers.includes(item));
    return { at: `${at}.resources`, message: `the role may create ${what === '*' ? 'everything' : what}` };
  },
);

const isExec = ({ apiGroups, resources, verbs }: PolicyRule) =>
  has(apiGroups, '') && has(resources, 'pods/exec', 'pods/attach', 'pods/*') && has(verbs, 'get', 'create');

export const rbacPodExec = roleRule(
  {
    id: 'rbac-pod-exec',
    category: 'access',
    title: 'A role that may run commands in pods',
    why: 'A shell in a pod is all that the pod is: its token, its Secrets, its network.',
    repair: 'Take `pods/exec` and `pods/attach` away, or keep them to a role for emergencies.',
  },
  (rule) => (isExec(rule) ? { at: `${rule.at}.resources`, message: 'the role may run commands in pods' } : undefined),
);

export const rbacEscalation = roleRule(
  {
    id: 'rbac-escalation',
    category: 'access',
    title: 'A role that can make itself more',
    why: 'With `escalate` or `bind` on roles, or `impersonate`, its holder can take any right that there is.',
    repair: 'Take the verb away, or name the roles or accounts in `resourceNames`.',
  },
  ({ at, resources, verbs, resourceNames }) => {
    const onRoles = named(verbs, 'escalate', 'bind') && has(resources, 'roles', 'clusterroles');
    const asOthers = named(verbs, 'impersonate') && !resourceNames?.length;
    if (!asOthers && !(onRoles && !resourceNames?.length)) return undefined;
    const verb = (verbs ?? []).find((item) => ['escalate', 'bind', 'impersonate'].includes(item));
    return { at: `${at}.verbs`, message: `"${verb}" lets its holder take any right` };
  },
);

export const rbacDeleteCollection = roleRule(
  {
    id: 'rbac-delete-collection',
    category: 'access',
    title: 'A role that may delete everything of a kind at once',
    why: '`deletecollection` empties a namespace with one request, and a mistyped selector is enough.',
    repair: 'Allow `delete` alone.',
  },
  ({ at, verbs }) => {
    if (!named(verbs, 'deletecollection')) return undefined;
    const verb = `${at}.verbs[${verbs.indexOf('deletecollection')}]`;
    const fix = { title: 'Take deletecollection away', edits: [{ remove: verb }] };
    return { at: verb, message: 'the role may delete all objects of a kind at once', fix };
  },
);

export const rbacSignerApproval = roleRule(
  {
    id: 'rbac-signer-approval',
    category: 'access',
    title: 'A role that may approve certificates of every signer',
    why:
      'Who may approve for `kubernetes.io/kube-apiserver-client` can make a certificate for any user, of group ' +
      'system:masters too.',
    repair: 'Name the signer in `resourceNames`.',
  },
  ({ at, resources, verbs, resourceNames }) =>
    named(resources, 'signers') && has(verbs, 'approve') && !resourceNames?.length
      ? { at: `${at}.resources`, message: 'the role may approve certificates of every signer' }
      : undefined,
);

const aggregated = ['admin', 'edit', 'view'].map((name) => `rbac.authorization.k8s.io/aggregate-to-${name}`);
const powerful = ['secrets', 'roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];

export const rbacAggregationEscalates = objectRule<ClusterRole>([roles[1] ?? ''], {
  id: 'rbac-aggregation-escalates',
  category: 'access',
  title: 'A right that everybody with the role admin, edit or view inherits',
  why:
    'A ClusterRole with the aggregation label adds its rules to the built-in role. What it allows on Secrets and ' +
    'roles, every admin, editor or viewer of any namespace then may.',
  repair: 'Take the label away, or the rule.',
  check({ object: { metadata, rules } }) {
    const label = aggregated.find((key) => metadata.labels?.[key] === 'true');
    if (!label) return undefined;
    return (rules ?? []).map(({ apiGroups, resources, verbs }, i) =>
      has(apiGroups, '', 'rbac.authorization.k8s.io') &&
      has(resources, ...powerful) &&
      has(verbs, 'create', 'update', 'delete', 'patch')
        ? { at: `rules[${i}].resources`, message: `whoever has the role ${label.split('-').at(-1)} inherits this` }
        : undefined,
    );
  },
});

/** The role of the workspace that a binding binds. */
function boundRole({ object, namespace }: LintSubject, neighbours: Neighbours) {
  const { roleRef } = object as unknown as RoleBinding;
  const space = roleRef?.kind === 'Role' ? namespace : '';
  return neighbours
    .in<ClusterRole>(space, `rbac.authorization.k8s.io/${roleRef?.kind ?? 'Role'}`)
    .find(({ name }) => name === roleRef?.name);
}

const isEverything = ({ apiGroups, resources, verbs }: PolicyRule) =>
  [apiGroups, resources, verbs].every((list) => list?.includes('*'));

export const rbacClusterAdminBinding = objectRule<RoleBinding>(bindings, {
  id: 'rbac-cluster-admin-binding',
  category: 'access',
  wide: true,
  title: 'A binding to cluster-admin',
  why: 'Its subjects may do everything: read every Secret, and take over every node.',
  repair: 'Bind a role with the rights that are used.',
  check({ object: { roleRef }, subject }, _options, neighbours) {
    const admin = roleRef?.kind === 'ClusterRole' && roleRef.name === 'cluster-admin';
    const all = () => boundRole(subject, neighbours)?.object.rules?.some(isEverything);
    if (!admin && !all()) return undefined;
    const what = admin ? 'are cluster-admin' : `may do everything, by role "${roleRef.name}"`;
    return { at: 'roleRef.name', message: `the subjects of this binding ${what}` };
  },
});

export const rbacPodExecBinding = objectRule<RoleBinding>(bindings, {
  id: 'rbac-pod-exec-binding',
  category: 'access',
  wide: true,
  title: 'A binding to a role that may run commands in pods',
  why: 'A shell in a pod is all that the pod is: its token, its Secrets, its network.',
  repair: 'Bind a role without `pods/exec` and `pods/attach`.',
  check({ object: { roleRef }, subject }, _options, neighbours) {
    if (!boundRole(subject, neighbours)?.object.rules?.some(isExec)) return undefined;
    return { at: 'roleRef.name', message: `role "${roleRef.name}" lets the subjects run commands in pods` };
  },
});

export const accessRules: LintRule[] = [
  rbacWildcard,
  rbacSecrets,
  rbacPodCreation,
  rbacPodExec,
  rbacPodExecBinding,
  rbacClusterAdminBinding,
  rbacEscalation,
  rbacDeleteCollection,
  rbacSignerApproval,
  rbacAggregationEscalates,
];
