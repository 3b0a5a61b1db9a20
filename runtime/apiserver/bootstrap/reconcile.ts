import type {
  ClusterRole,
  ClusterRoleBinding,
  LabelSelector,
  Live,
  ObjectMeta,
  RbacV1Subject,
  Role,
  RoleBinding,
} from '../../api/kinds';
import { missingRules, compactRules } from '../authorization/covers';
import { deepEqual } from '../../api/equality';

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';

/** What to do with a default object that exists: nothing, write it again, or replace it. */
export type Repair<T> = { action: 'none' } | { action: 'update'; object: T } | { action: 'recreate' };

const none = { action: 'none' } as const;

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

/**
 * Gives a default role back what it lacks; what somebody has added stays. A role that says it isn't to be updated is
 * left alone (pkg/registry/rbac/reconciliation).
 */
export function repairRole<T extends AnyRole>(existing: Live<T>, expected: T): Repair<T> {
  if (isProtected(existing)) return none;
  const wanted = selectorsOf(expected);
  const selectors = selectorsOf(existing);
  const missingSelectors = wanted.filter((selector) => !selectors.some((known) => deepEqual(known, selector)));
  // The rules of a role that aggregates are the controller's.
  const missing = wanted.length > 0 ? [] : missingRules(existing.rules ?? [], expected.rules ?? []);
  const metadata = withMissing(existing.metadata, expected.metadata);
  if (missing.length === 0 && missingSelectors.length === 0 && !metadata) return none;
  return {
    action: 'update',
    object: {
      ...existing,
      metadata: metadata ?? existing.metadata,
      rules: [...(existing.rules ?? []), ...compactRules(missing)],
      ...(missingSelectors.length > 0 && {
        aggregationRule: { clusterRoleSelectors: [...selectors, ...missingSelectors] },
      }),
    },
  };
}

/**
 * Gives a default binding back its subjects. Which role a binding is for can't be changed, so a wrong one is
 * replaced.
 */
export function repairBinding<T extends AnyBinding>(existing: Live<T>, expected: T): Repair<T> {
  if (isProtected(existing)) return none;
  if (!deepEqual(existing.roleRef, expected.roleRef)) return { action: 'recreate' };
  const subjects = existing.subjects ?? [];
  const missing = (expected.subjects ?? []).filter((subject) => !subjects.some((known) => sameSubject(known, subject)));
  const metadata = withMissing(existing.metadata, expected.metadata);
  if (missing.length === 0 && !metadata) return none;
  return {
    action: 'update',
    object: { ...existing, metadata: metadata ?? existing.metadata, subjects: [...subjects, ...missing] },
  };
}

function isProtected({ metadata }: { metadata: ObjectMeta }): boolean {
  return metadata.annotations?.[autoupdate] === 'false';
}

function selectorsOf(role: AnyRole): readonly LabelSelector[] {
  return ('aggregationRule' in role ? role.aggregationRule?.clusterRoleSelectors : undefined) ?? [];
}

function sameSubject(a: RbacV1Subject, b: RbacV1Subject): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    (a.namespace ?? '') === (b.namespace ?? '') &&
    (a.apiGroup ?? '') === (b.apiGroup ?? '')
  );
}

/** Undefined if it has all the labels and annotations already; values that somebody has set stay. */
function withMissing<M extends ObjectMeta>(existing: M, { labels, annotations }: ObjectMeta): M | undefined {
  const merged = {
    labels: { ...labels, ...existing.labels },
    annotations: { ...annotations, ...existing.annotations },
  };
  const complete =
    deepEqual(merged.labels, existing.labels ?? {}) && deepEqual(merged.annotations, existing.annotations ?? {});
  return complete ? undefined : { ...existing, ...merged };
}
