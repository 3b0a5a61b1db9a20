import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  RbacV1Subject,
  Role,
  RoleBinding,
  RoleRef,
} from '../../api/kinds';
import { errors } from '../../api/status';
import type { StatusError } from '../../api/status';
import type { ApiLister, Decision, RequestInfo, UserInfo } from '../request';
import { ruleAllows } from './rules';

const group = 'rbac.authorization.k8s.io';
const roles = { group, resource: 'roles' };
const clusterRoles = { group, resource: 'clusterroles' };
const roleBindings = { group, resource: 'rolebindings' };
const clusterRoleBindings = { group, resource: 'clusterrolebindings' };

/** A binding that applies to a user, with the rules that it gives or why it gives none. */
interface Grant {
  readonly rules: readonly PolicyRule[];
  readonly error?: StatusError;
  readonly reason: string;
}

interface Bound {
  readonly order: number;
  readonly binding: RoleBinding | ClusterRoleBinding;
  readonly subject: RbacV1Subject;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
}

/** Bindings of one namespace (or of the cluster) by whom they are for. */
type Index = Map<string, Bound[]>;

export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Bindings whose role couldn't be read; what they would have given is missing. */
  readonly errors: readonly StatusError[];
}

/**
 * Role-based access control as the four kinds of rbac.authorization.k8s.io state it at this moment. Bindings are
 * indexed by subject when they have changed, a user's grants are put together when first asked for.
 */
export class RbacAuthorizer {
  private stamp: readonly number[] = [];
  private readonly indexes = new Map<string, Index>();
  private grants = new WeakMap<UserInfo, Map<string, readonly Grant[]>>();

  constructor(private readonly lister: ApiLister) {}

  /** Drops what was made of older objects; true if there is anything new. */
  refresh(): boolean {
    const { lister, stamp } = this;
    const a = lister.generation(clusterRoleBindings);
    const b = lister.generation(clusterRoles);
    const c = lister.generation(roleBindings);
    const d = lister.generation(roles);
    if (a === stamp[0] && b === stamp[1] && c === stamp[2] && d === stamp[3]) return false;
    this.stamp = [a, b, c, d];
    this.indexes.clear();
    this.grants = new WeakMap();
    return true;
  }

  authorize(user: UserInfo, request: RequestInfo): Decision {
    this.refresh();
    const failed: StatusError[] = [];
    for (const { rules, error, reason } of this.grantsOf(user, request.isResourceRequest ? request.namespace : '')) {
      if (error) failed.push(error);
      if (rules.some((rule) => ruleAllows(rule, request))) return { allowed: true, reason };
    }
    return {
      allowed: false,
      reason: failed.length > 0 ? `RBAC: ${aggregate(failed.map((error) => error.message))}` : '',
    };
  }

  /** Everything that a user is granted: by the cluster's bindings, then by the namespace's. */
  rulesFor(user: UserInfo, namespace: string): UserRules {
    this.refresh();
    const grants = this.grantsOf(user, namespace);
    return {
      rules: grants.flatMap(({ rules }) => rules),
      errors: grants.flatMap(({ error }) => (error ? [error] : [])),
    };
  }

  /** Rules of the role that a binding of this namespace refers to. Throws NotFound. */
  roleRules({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] {
    const cluster = kind === 'ClusterRole';
    const role = cluster
      ? this.lister.get<ClusterRole>(clusterRoles, undefined, name)
      : this.lister.get<Role>(roles, namespace, name);
    if (!role) throw errors.notFound({ group, kind: cluster ? 'clusterrole' : 'role', name });
    return role.rules ?? [];
  }

  private grantsOf(user: UserInfo, namespace: string): readonly Grant[] {
    let known = this.grants.get(user);
    if (!known) this.grants.set(user, (known = new Map<string, readonly Grant[]>()));
    let grants = known.get(namespace);
    if (!grants) {
      const bound = [...this.boundTo(user, ''), ...(namespace ? this.boundTo(user, namespace) : [])];
      known.set(namespace, (grants = bound.map((found) => this.grant(found))));
    }
    return grants;
  }

  /** Bindings for a user, each once and in the order of their names. */
  private boundTo({ name, groups }: UserInfo, namespace: string): Bound[] {
    const index = this.index(namespace);
    const found = new Map<number, Bound>();
    for (const key of [`u${name}`, ...groups.map((each) => `g${each}`)]) {
      for (const bound of index.get(key) ?? []) if (!found.has(bound.order)) found.set(bound.order, bound);
    }
    return [...found.values()].sort((a, b) => a.order - b.order);
  }

  private index(namespace: string): Index {
    let index = this.indexes.get(namespace);
    if (index) return index;
    this.indexes.set(namespace, (index = new Map<string, Bound[]>()));
    const bindings = namespace
      ? this.lister.list<RoleBinding>(roleBindings, namespace)
      : this.lister.list<ClusterRoleBinding>(clusterRoleBindings);
    for (const [order, binding] of bindings.entries()) {
      for (const subject of binding.subjects ?? []) {
        const key = subjectKey(subject, namespace);
        if (key === undefined) continue;
        const bound = { order, binding, subject, namespace };
        const others = index.get(key);
        if (others) others.push(bound);
        else index.set(key, [bound]);
      }
    }
    return index;
  }

  private grant(bound: Bound): Grant {
    const reason = `RBAC: allowed by ${describe(bound)}`;
    try {
      return { rules: this.roleRules(bound.binding.roleRef, bound.namespace), reason };
    } catch (error) {
      return { rules: [], error: error as StatusError, reason };
    }
  }
}

/** Under what a subject is looked up: a user name or a group. */
function subjectKey({ kind, name, namespace: own }: RbacV1Subject, bindingNamespace: string): string | undefined {
  if (kind === 'User') return `u${name}`;
  if (kind === 'Group') return `g${name}`;
  const namespace = own || bindingNamespace;
  return kind === 'ServiceAccount' && namespace ? `usystem:serviceaccount:${namespace}:${name}` : undefined;
}

function describe({ binding, subject, namespace }: Bound): string {
  const { name = '' } = binding.metadata;
  const kind = namespace ? 'RoleBinding' : 'ClusterRoleBinding';
  const account = subject.kind === 'ServiceAccount';
  const who = account ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
  const what = JSON.stringify(namespace ? `${name}/${namespace}` : name);
  const role = `${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)}`;
  return `${kind} ${what} of ${role} to ${subject.kind} ${JSON.stringify(who)}`;
}

/** Several errors as one text, each message once: `a`, or `[a, b]`. */
export function aggregate(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`;
}
