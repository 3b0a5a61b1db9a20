import type { KubeObject, Live, OwnerReference, Pod, PodCondition, PodTemplateSpec } from '../../api/kinds';
import { parseApiVersion } from '../../api/kinds';
import type { Informer } from '../../client/client';

export const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
export const isActive = (pod: Pod): boolean => !isTerminal(pod) && !pod.metadata.deletionTimestamp;
export const isTerminating = (pod: Pod): boolean => !isTerminal(pod) && Boolean(pod.metadata.deletionTimestamp);

export const podCondition = (pod: Pod, type: string): PodCondition | undefined =>
  pod.status?.conditions?.find((condition) => condition.type === type);

export const isReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True';

/** When a ready pod was or becomes available (has been ready for that long); undefined while not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : since + minReadySeconds * 1000;
}

export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}

/** Milliseconds until the next ready pod becomes available, to look again then. */
export function untilAvailable(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const waits = pods.map((pod) => (availableAt(pod, minReadySeconds) ?? 0) - now).filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find((reference) => reference.controller);

export interface OwnerKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export function controllerRef({ metadata }: Live<KubeObject>, { apiVersion, kind }: OwnerKind): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** Group and kind must agree; the version may have moved on. */
export function refersTo(reference: OwnerReference, { apiVersion, kind }: OwnerKind): boolean {
  return reference.kind === kind && parseApiVersion(reference.apiVersion).group === parseApiVersion(apiVersion).group;
}

export function podFromTemplate(template: PodTemplateSpec, owner: Live<KubeObject>, kind: OwnerKind): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...labels },
      ownerReferences: [controllerRef(owner, kind)],
    },
    spec: structuredClone(template.spec ?? { containers: [] }),
  };
  if (annotations) pod.metadata.annotations = { ...annotations };
  if (finalizers) pod.metadata.finalizers = [...finalizers];
  return pod;
}

const OWNER_INDEX = 'controllerUid';
const ORPHAN = 'orphans of ';

/** Finds the objects that a controller owns, or could adopt, without a walk over all. */
export function indexByController<T extends KubeObject>(informer: Informer<T>): void {
  if (indexed.has(informer)) return;
  indexed.add(informer);
  informer.addIndex(OWNER_INDEX, (object) => [controllerOf(object)?.uid ?? ORPHAN + (object.metadata.namespace ?? '')]);
}
const indexed = new WeakSet<object>();

export const ownedBy = <T extends KubeObject>(informer: Informer<T>, uid: string): Live<T>[] => informer.byIndex(OWNER_INDEX, uid);
export const orphansIn = <T extends KubeObject>(informer: Informer<T>, namespace: string): Live<T>[] =>
  informer.byIndex(OWNER_INDEX, ORPHAN + namespace);
