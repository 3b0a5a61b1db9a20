import type { GroupVersionKind, GroupVersionResource } from './object';
import type { Schema } from './schema';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export interface SubresourceInfo {
  /** `status`, `scale`, `log`, … */
  name: string;
  /** Kind that the subresource speaks: `Scale` for `deployments/scale`. */
  kind: GroupVersionKind;
  verbs: readonly string[];
}

/** One served resource: a built-in one out of the catalogue, or a custom one out of its CRD. */
export interface ResourceInfo extends GroupVersionResource, GroupVersionKind {
  listKind: string;
  singular: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly Verb[];
  subresources: readonly SubresourceInfo[];
  /** Schema of the kind (for built-in kinds, a `$ref`). */
  schema: Schema;
}
