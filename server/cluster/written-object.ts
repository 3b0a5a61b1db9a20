import { View } from '../../runtime/api/table/view';
import type { UntypedObject } from '../../runtime/api/kinds';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';

/** An object as a file writes it, with the namespace that it would be applied to. */
export interface WrittenObject {
  readonly value: UntypedObject;
  /** Undefined for a kind that is neither built in nor known by its CRD. */
  readonly type: ResourceInfo | undefined;
  readonly group: string;
  readonly kind: string;
  /** Empty for what is not in a namespace. */
  readonly namespace: string;
  readonly name: string;
}

/** Undefined for what has no name of its own: one that the server generates is told apart by nothing. */
export function writtenObject(
  value: UntypedObject,
  type: ResourceInfo | undefined,
  defaultNamespace: string,
): WrittenObject | undefined {
  const metadata = View.of(value.metadata);
  const name = metadata.text('name');
  if (name === '') return undefined;
  const { group } = parseApiVersion(value.apiVersion ?? '');
  const namespaced = type?.namespaced ?? true;
  const namespace = namespaced ? metadata.text('namespace') || defaultNamespace : '';
  return { value, type, group, kind: value.kind ?? '', namespace, name };
}

/** `apps/Deployment`, `Pod`: how tables of this folder are keyed. */
export function kindKey({ group, kind }: Pick<WrittenObject, 'group' | 'kind'>): string {
  return group ? `${group}/${kind}` : kind;
}

const template = ['spec', 'template'];

/** Where the pod (its metadata and spec) is in each kind that makes pods. */
const podPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  ReplicationController: template,
  'apps/Deployment': template,
  'apps/ReplicaSet': template,
  'apps/StatefulSet': template,
  'apps/DaemonSet': template,
  'batch/Job': template,
  'batch/CronJob': ['spec', 'jobTemplate', ...template],
};

export function podPath(object: Pick<WrittenObject, 'group' | 'kind'>): readonly string[] | undefined {
  const key = kindKey(object);
  return Object.hasOwn(podPaths, key) ? podPaths[key] : undefined;
}

/** The pod that the object is or makes; undefined for kinds that make none. */
export function podOf(object: WrittenObject): { path: readonly string[]; pod: View } | undefined {
  const path = podPath(object);
  return path && { path, pod: View.of(object.value).at(...path) };
}

/** A path as findings have it: `spec.containers[0].image`. */
export function pathText(steps: readonly (string | number)[]): string {
  return steps
    .map((step) => (typeof step === 'number' ? `[${step}]` : /[.[\]/]/.test(step) ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}
