import { catalogue } from '../../../api/catalogue';
import type { GroupVersionKind } from '../../../api/object';
import type { ResourceInfo } from '../../../api/resource';
import type { KindSource } from '../decode';

const homes: Readonly<Record<string, string>> = {
  '': 'core', 'authentication.k8s.io': 'authentication', 'authorization.k8s.io': 'authorization',
};

/** A kind that is spoken but not stored: `Scale`, `Eviction`, `TokenRequest`. */
export function spokenKind({ group, version, kind }: GroupVersionKind): KindSource {
  const schema = { $ref: `io.k8s.api.${homes[group] ?? group}.${version}.${kind}` };
  const info: ResourceInfo = {
    group, version, kind, resource: kind.toLowerCase(), listKind: `${kind}List`, singular: kind.toLowerCase(),
    namespaced: true, shortNames: [], categories: [], verbs: ['create'], subresources: [], schema,
  };
  return { info, schema, resolver: catalogue };
}
