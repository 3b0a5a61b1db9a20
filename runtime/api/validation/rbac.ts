import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, RbacV1Subject, Role, RoleBinding, RoleRef } from '../kinds';
import { dns1123SubdomainProblems, pathSegmentProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, labelSelector } from './common';
import type { KindRules } from './rules';

const GROUP = 'rbac.authorization.k8s.io';

function policyRule(out: Findings, path: Path, rule: PolicyRule, namespaced: boolean): void {
  const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  if (!verbs.length) out.push(finding.required(path.child('verbs'), 'verbs must contain at least one value'));
  if (nonResourceURLs.length) {
    const at = path.child('nonResourceURLs');
    if (namespaced)
      out.push(finding.invalid(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length || resources.length || resourceNames.length) {
      out.push(finding.invalid(
        at,
        nonResourceURLs,
        'rules cannot apply to both regular resources and non-resource URLs',
      ));
    }
    return;
  }
  if (!apiGroups.length)
    out.push(finding.required(path.child('apiGroups'), 'resource rules must supply at least one api group'));
  if (!resources.length)
    out.push(finding.required(path.child('resources'), 'resource rules must supply at least one resource'));
}

function rules(out: Findings, list: readonly PolicyRule[] | undefined, namespaced: boolean): void {
  list?.forEach((rule, i) => policyRule(out, FieldPath.of('rules').index(i), rule, namespaced));
}

export const role: KindRules<Role> = {
  create(object) {
    const out: Findings = [];
    rules(out, object.rules, true);
    return out;
  },
};

export const clusterRole: KindRules<ClusterRole> = {
  create(object) {
    const out: Findings = [];
    rules(out, object.rules, false);
    if (!object.aggregationRule) return out;
    const path = FieldPath.of('aggregationRule', 'clusterRoleSelectors');
    const { clusterRoleSelectors: selectors = [] } = object.aggregationRule;
    if (!selectors.length) {
      out.push(finding.required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
    }
    selectors.forEach((selector, i) => labelSelector(out, path.index(i), selector));
    return out;
  },
};

function roleRef(out: Findings, { apiGroup = '', kind, name }: RoleRef, kinds: readonly string[]): void {
  const path = FieldPath.of('roleRef');
  if (apiGroup !== GROUP) out.push(finding.notSupportedOf(path.child('apiGroup'), apiGroup, [GROUP]));
  if (!kinds.includes(kind)) out.push(finding.notSupportedOf(path.child('kind'), kind ?? '', kinds));
  if (!name) out.push(finding.required(path.child('name')));
  else invalidEach(out, path.child('name'), name, pathSegmentProblems(name));
}

function subject(
  out: Findings,
  path: Path,
  { kind, name, apiGroup = '', namespace }: RbacV1Subject,
  namespaced: boolean,
): void {
  if (!name) out.push(finding.required(path.child('name')));
  const group = path.child('apiGroup');
  if (kind === 'ServiceAccount') {
    if (name) invalidEach(out, path.child('name'), name, dns1123SubdomainProblems(name));
    if (apiGroup) out.push(finding.notSupportedOf(group, apiGroup, ['']));
    if (!namespaced && !namespace) out.push(finding.required(path.child('namespace')));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) out.push(finding.notSupportedOf(group, apiGroup, [GROUP]));
  } else out.push(finding.notSupportedOf(path.child('kind'), kind ?? '', ['ServiceAccount', 'User', 'Group']));
}

type Binding = RoleBinding | ClusterRoleBinding;

function bindingRules(kinds: readonly string[], namespaced: boolean): KindRules<Binding> {
  const create = (binding: Binding): Findings => {
    const out: Findings = [];
    roleRef(out, binding.roleRef, kinds);
    binding.subjects?.forEach((item, i) => subject(out, FieldPath.of('subjects').index(i), item, namespaced));
    return out;
  };
  const update = (binding: Binding, old: Binding): Findings => {
    const out = create(binding);
    const { apiGroup = '', kind, name } = binding.roleRef;
    if (apiGroup !== (old.roleRef.apiGroup ?? '') || kind !== old.roleRef.kind || name !== old.roleRef.name) {
      const printed = { APIGroup: apiGroup, Kind: kind, Name: name };
      out.push(finding.invalid(FieldPath.of('roleRef'), printed, 'cannot change roleRef'));
    }
    return out;
  };
  return { create, update };
}

export const roleBinding = bindingRules(['Role', 'ClusterRole'], true);
export const clusterRoleBinding = bindingRules(['ClusterRole'], false);
