import type { Deployment, Live, PodTemplateSpec, ReplicaSet } from '../../api/kinds';
import { scaledValue } from '../kit/batches';
import { semanticEqual } from '../kit/equality';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAX = 'deployment.kubernetes.io/max-replicas';

export const wantedReplicas = (object: { spec?: { replicas?: number } }): number => object.spec?.replicas ?? 1;
export const total = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + wantedReplicas(set), 0);
export const actual = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0);
export const available = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
export const isRolling = ({ spec }: Deployment): boolean => spec?.strategy?.type !== 'Recreate';
/** An int64, as upstream reads it; 0 where there is none, or nothing that is one. */
export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): bigint {
  const text = object.metadata.annotations?.[REVISION] ?? '';
  if (!/^[+-]?\d{1,19}$/.test(text)) return 0n;
  const revision = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, revision) === revision ? revision : 0n;
}

/** The revision that follows those of all these sets. */
export const nextRevision = (sets: readonly ReplicaSet[]): string =>
  String(sets.map(revisionOf).reduce((highest, revision) => (revision > highest ? revision : highest), 0n) + 1n);

export const byRevision = (a: ReplicaSet, b: ReplicaSet): number => {
  const [first, second] = [revisionOf(a), revisionOf(b)];
  return first < second ? -1 : Number(first > second);
};

/** Both zero would never move, so unavailability becomes one. */
export function fenceposts(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = wantedReplicas(deployment);
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, replicas, 'up');
  const unavailable = scaledValue(maxUnavailable, replicas, 'down');
  return { maxSurge: surge, maxUnavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable) };
}

const withoutHash = (template: PodTemplateSpec | undefined): PodTemplateSpec => {
  const { [HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
};

export const sameTemplate = (a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean =>
  semanticEqual(withoutHash(a), withoutHash(b));

export const byAge = (a: Live<ReplicaSet>, b: Live<ReplicaSet>): number =>
  Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) || (a.metadata.name < b.metadata.name ? -1 : 1);

/** The oldest set of the deployment's template, should a past race have made two. */
export function findNewSet(deployment: Deployment, sets: readonly Live<ReplicaSet>[]): Live<ReplicaSet> | undefined {
  return [...sets].sort(byAge).find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));
}

/** How many replicas a new set may have at once. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = wantedReplicas(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = wanted + fenceposts(deployment).maxSurge - total(all);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

export interface Scaling {
  readonly set: Live<ReplicaSet>;
  readonly replicas: number;
}

/** Scales old sets down as far as availability allows: unhealthy pods first, then healthy ones, oldest set first. */
export function scaleDownOld(deployment: Deployment, newSet: Live<ReplicaSet>, old: readonly Live<ReplicaSet>[]): Scaling[] {
  const all = [...old, newSet];
  if (total(old) === 0) return [];
  const minAvailable = wantedReplicas(deployment) - fenceposts(deployment).maxUnavailable;
  const newUnavailable = wantedReplicas(newSet) - (newSet.status?.availableReplicas ?? 0);
  const spare = total(all) - minAvailable - newUnavailable;
  if (spare <= 0) return [];
  const size = new Map(old.map((set) => [set, wantedReplicas(set)]));
  const ordered = [...old].sort(byAge);
  let cleaned = 0;
  for (const set of ordered) {
    const unhealthy = wantedReplicas(set) - (set.status?.availableReplicas ?? 0);
    const down = Math.min(spare - cleaned, unhealthy);
    if (down <= 0) continue;
    size.set(set, wantedReplicas(set) - down);
    cleaned += down;
  }
  let healthy = available(all) - minAvailable;
  for (const set of ordered) {
    const down = Math.min(size.get(set) ?? 0, healthy);
    if (down <= 0) continue;
    size.set(set, (size.get(set) ?? 0) - down);
    healthy -= down;
  }
  return ordered.filter((set) => size.get(set) !== wantedReplicas(set)).map((set) => ({ set, replicas: size.get(set) ?? 0 }));
}

/** Spreads a change of the deployment's size over its active sets in proportion; the largest take the leftovers. */
export function scaleProportionally(deployment: Deployment, active: readonly Live<ReplicaSet>[]): Scaling[] {
  const wanted = wantedReplicas(deployment);
  const allowed = wanted > 0 ? wanted + fenceposts(deployment).maxSurge : 0;
  const toAdd = allowed - total(active);
  const newest = (a: Live<ReplicaSet>, b: Live<ReplicaSet>) => byAge(b, a);
  const ordered = [...active].sort((a, b) => wantedReplicas(b) - wantedReplicas(a) || (toAdd > 0 ? newest(a, b) : byAge(a, b)));
  const sizes = new Map<Live<ReplicaSet>, number>();
  let added = 0;
  for (const set of ordered) {
    const share = toAdd === 0 ? 0 : proportion(set, deployment, allowed, toAdd, added);
    sizes.set(set, wantedReplicas(set) + share);
    added += share;
  }
  const [largest] = ordered;
  if (largest && toAdd !== 0) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return ordered.map((set) => ({ set, replicas: sizes.get(set) ?? 0 }));
}

function proportion(set: ReplicaSet, deployment: Deployment, allowed: number, toAdd: number, added: number): number {
  const size = wantedReplicas(set);
  if (size === 0 || toAdd === added) return 0;
  const before = Number.parseInt(set.metadata.annotations?.[MAX] ?? '', 10) || (deployment.status?.replicas ?? 0) || size;
  const share = Math.round((size * allowed) / before) - size;
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

/** Old sets beyond the history limit that are empty: the lowest revisions go. */
export function setsToForget(deployment: Deployment, old: readonly Live<ReplicaSet>[]): Live<ReplicaSet>[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const candidates = old.filter((set) => !set.metadata.deletionTimestamp).sort(byRevision);
  return candidates.slice(0, Math.max(0, candidates.length - limit)).filter(
    (set) => (set.status?.replicas ?? 0) === 0 && wantedReplicas(set) === 0 &&
      (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0));
}
