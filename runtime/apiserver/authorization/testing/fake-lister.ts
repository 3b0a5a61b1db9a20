import type { KubeObject, PolicyRule, RbacV1Subject } from '../../../api/kinds';
import type { ApiLister, RequestInfo } from '../../request';

interface GroupResource {
  group: string;
  resource: string;
}

/** Stored objects of a test, by resource (`pods`), in order of their names. */
export class FakeLister implements ApiLister {
  private readonly objects = new Map<string, Map<string, KubeObject>>();
  private readonly generations = new Map<string, number>();

  put(resource: string, ...objects: KubeObject[]): this {
    const known = this.objects.get(resource) ?? new Map<string, KubeObject>();
    this.objects.set(resource, known);
    for (const object of objects) known.set(`${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`, object);
    this.generations.set(resource, this.generation({ group: '', resource }) + 1);
    return this;
  }

  get<T extends KubeObject>({ resource }: GroupResource, namespace: string | undefined, name: string): T | undefined {
    return this.objects.get(resource)?.get(`${namespace ?? ''}/${name}`) as T | undefined;
  }

  list<T extends KubeObject>({ resource }: GroupResource, namespace?: string): readonly T[] {
    const all = [...(this.objects.get(resource)?.entries() ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object as T);
    return namespace ? all.filter(({ metadata }) => metadata.namespace === namespace) : all;
  }

  generation({ resource }: GroupResource): number {
    return this.generations.get(resource) ?? 0;
  }
}

/**
 * `get pods/log in default of web`, `create apps:deployments in default`, `list nodes`, `GET /healthz`: a request as
 * people say it.
 */
export function request(text: string): RequestInfo {
  const [verb = '', what = '', ...rest] = text.split(' ');
  const none = { group: '', version: '', namespace: '', resource: '', subresource: '', name: '' };
  if (what.startsWith('/')) return { ...none, isResourceRequest: false, path: what, verb: verb.toLowerCase() };
  const word = (after: string): string => (rest.includes(after) ? (rest[rest.indexOf(after) + 1] ?? '') : '');
  const slash = what.lastIndexOf(':');
  const [resource = '', subresource = ''] = what.slice(slash + 1).split('/');
  const group = slash < 0 ? '' : what.slice(0, slash);
  return {
    ...none,
    isResourceRequest: true,
    path: '',
    verb,
    version: 'v1',
    group,
    resource,
    subresource,
    namespace: word('in'),
    name: word('of'),
  };
}

const apiGroup = 'rbac.authorization.k8s.io';

export const role = (name: string, rules: PolicyRule[], namespace?: string) => ({
  apiVersion: `${apiGroup}/v1`,
  kind: namespace ? 'Role' : 'ClusterRole',
  metadata: { name, ...(namespace && { namespace }) },
  rules,
});

export const binding = (
  name: string,
  roleRef: `${'Role' | 'ClusterRole'}/${string}`,
  subjects: RbacV1Subject[],
  namespace?: string,
) => {
  const [kind = '', ...rest] = roleRef.split('/');
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: namespace ? 'RoleBinding' : 'ClusterRoleBinding',
    metadata: { name, ...(namespace && { namespace }) },
    roleRef: { apiGroup, kind, name: rest.join('/') },
    subjects,
  };
};
