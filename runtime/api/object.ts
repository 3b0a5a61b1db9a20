import type { ListMeta, ObjectMeta } from './generated/types';

/** Any Kubernetes object. Concrete kinds (`Pod`, `Service`, …) come from `./kinds`. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** An object whose fields beyond metadata are not known statically. */
export interface UntypedObject extends KubeObject {
  [field: string]: unknown;
}

/** Metadata that every object has once the API server has accepted it. */
export type LiveMeta = ObjectMeta &
  Required<Pick<ObjectMeta, 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp'>>;

/**
 * An object as the API server returned it. Objects out of clients, informers and caches are shared:
 * treat them as immutable and copy (`structuredClone`) before a change.
 */
export type Live<T extends KubeObject> = T & { metadata: LiveMeta };

export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: T[];
}

export interface GroupVersionKind {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
}

export interface GroupVersionResource {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** Lower-case plural: `pods`. */
  resource: string;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

/** The inverse of {@link apiVersionOf}. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
