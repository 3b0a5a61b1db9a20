import type { KubeObject, PersistentVolumeClaim, StorageClass } from '../../api/kinds';
import { Quantity } from '../../api/quantity';
import type { AdmissionPlugin, ApiLister } from '../request';
import { forbidden, isFor, kinds } from './kit';
import { newestDefault } from './default-class';
import { amountsOf } from '../../api/limits/pod-resources';

const betaClass = 'volume.beta.kubernetes.io/storage-class';
const defaultMarks = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** A claim that names no class gets the default one (plugin/pkg/admission/storage/storageclass/setdefault). */
export function defaultStorageClass(lister: ApiLister): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    mutate(attributes) {
      if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.persistentVolumeClaims)) return;
      const claim = attributes.object as PersistentVolumeClaim;
      // An empty name is a choice too: of no class at all.
      if (claim.metadata.annotations?.[betaClass] !== undefined || claim.spec?.storageClassName !== undefined) return;
      const found = newestDefault(lister.list<StorageClass>(kinds.storageClasses), defaultMarks);
      if (found) claim.spec = { ...claim.spec, storageClassName: found.metadata.name! };
    },
  };
}

const protections = [
  { kind: kinds.persistentVolumeClaims, finalizer: 'kubernetes.io/pvc-protection' },
  { kind: kinds.persistentVolumes, finalizer: 'kubernetes.io/pv-protection' },
  { kind: kinds.volumeAttributesClasses, finalizer: 'kubernetes.io/vac-protection' },
];

/** Claims and volumes that are in use don't go: a controller takes the finalizer off when they aren't any more. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate(attributes) {
    if (attributes.operation !== 'CREATE') return;
    const protection = protections.find(({ kind }) => isFor(attributes, kind));
    if (!protection) return;
    const { metadata } = attributes.object as KubeObject;
    const finalizers = metadata.finalizers ?? [];
    if (!finalizers.includes(protection.finalizer)) metadata.finalizers = [...finalizers, protection.finalizer];
  },
};

const classOf = ({ metadata, spec }: PersistentVolumeClaim) =>
  metadata.annotations?.[betaClass] ?? spec?.storageClassName ?? '';

/** A claim grows where its class allows it (plugin/pkg/admission/storage/persistentvolume/resize). */
export function persistentVolumeClaimResize(lister: ApiLister): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isFor(attributes, kinds.persistentVolumeClaims)) return;
      const claim = attributes.object as PersistentVolumeClaim;
      const old = attributes.oldObject as PersistentVolumeClaim;
      if (!grows(claim, old)) return;
      if (old.status?.phase !== 'Bound')
        throw forbidden(attributes, 'Only bound persistent volume claims can be expanded');
      const name = classOf(claim);
      const found =
        name && name === classOf(old) ? lister.get<StorageClass>(kinds.storageClasses, undefined, name) : undefined;
      if (found?.allowVolumeExpansion) return;
      throw forbidden(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    },
  };
}

function grows(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const [size, before] = [claim, old].map(
    ({ spec }) => amountsOf(spec?.resources?.requests).get('storage') ?? Quantity.zero,
  );
  return size!.compare(before!) > 0;
}
