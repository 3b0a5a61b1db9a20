import { selectorFromLabelSelector } from '../../api/labels';
import type { Live, Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/kinds';
import { amountOf } from '../resources';
import { nodeSelectorMatches } from './node-selector';

export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export const classOf = (claim: PersistentVolumeClaim): string =>
  claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName ?? '';

export const isBound = (claim: PersistentVolumeClaim): boolean =>
  Boolean(claim.spec?.volumeName) && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;

export const bindsLate = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === 'WaitForFirstConsumer';

const storage = (list: Record<string, string> | undefined) => (list?.['storage'] ? amountOf('storage', list['storage']) : 0);

export function isClaimedBy(volume: PersistentVolume, claim: Live<PersistentVolumeClaim>): boolean {
  const reference = volume.spec?.claimRef;
  return (
    reference?.name === claim.metadata.name && reference.namespace === claim.metadata.namespace &&
    (!reference.uid || reference.uid === claim.metadata.uid)
  );
}

export function volumeFitsClaim(volume: Live<PersistentVolume>, claim: Live<PersistentVolumeClaim>): boolean {
  const { spec = {}, metadata, status } = volume;
  const selector = claim.spec?.selector;
  if (metadata.deletionTimestamp) return false;
  if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return false;
  if (storage(spec.capacity) < storage(claim.spec?.resources?.requests)) return false;
  if (!(claim.spec?.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode))) return false;
  if (isClaimedBy(volume, claim)) return true;
  if (spec.claimRef || (status?.phase !== undefined && status.phase !== 'Available')) return false;
  if ((spec.storageClassName ?? '') !== classOf(claim)) return false;
  return !selector || selectorFromLabelSelector(selector).matches(metadata.labels ?? {});
}

/** The smallest volume that satisfies the claim; one that is reserved for it by name goes first. */
export function matchVolume(
  claim: Live<PersistentVolumeClaim>, volumes: readonly Live<PersistentVolume>[], node?: Live<Node>,
): Live<PersistentVolume> | undefined {
  let found: Live<PersistentVolume> | undefined;
  for (const volume of volumes) {
    const required = volume.spec?.nodeAffinity?.required;
    if (node && required && !nodeSelectorMatches(required, node)) continue;
    if (!volumeFitsClaim(volume, claim)) continue;
    if (isClaimedBy(volume, claim)) return volume;
    if (!found || storage(volume.spec?.capacity) < storage(found.spec?.capacity)) found = volume;
  }
  return found;
}
