import type {
  AzureDiskVolumeSource,
  DownwardAPIVolumeFile,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  ProjectedVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  Volume,
} from '../generated/types';
import { ensure, fill, fillEmpty } from './fill';
import { defaultPullPolicy } from './image';

/** 0644. */
const fileMode = 420;
const oneHour = 3600;

export function defaultDownwardFiles(files: DownwardAPIVolumeFile[] | undefined): void {
  for (const file of files ?? []) {
    if (file.fieldRef) fillEmpty(file.fieldRef, 'apiVersion', 'v1');
    if (file.resourceFieldRef) fill(file.resourceFieldRef, 'divisor', '0');
  }
}

function defaultProjected(projected: ProjectedVolumeSource): void {
  fill(projected, 'defaultMode', fileMode);
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken) fill(source.serviceAccountToken, 'expirationSeconds', oneHour);
    if (source.podCertificate) fill(source.podCertificate, 'maxExpirationSeconds', 86400);
    defaultDownwardFiles(source.downwardAPI?.items);
  }
}

function defaultRbd(rbd: Pick<RBDVolumeSource, 'pool' | 'user' | 'keyring'>): void {
  fillEmpty(rbd, 'pool', 'rbd');
  fillEmpty(rbd, 'user', 'admin');
  fillEmpty(rbd, 'keyring', '/etc/ceph/keyring');
}

function defaultScaleIO(scaleIO: Pick<ScaleIOVolumeSource, 'storageMode' | 'fsType'>): void {
  fillEmpty(scaleIO, 'storageMode', 'ThinProvisioned');
  fillEmpty(scaleIO, 'fsType', 'xfs');
}

function defaultAzureDisk(disk: AzureDiskVolumeSource): void {
  fill(disk, 'cachingMode', 'ReadWrite');
  fill(disk, 'kind', 'Shared');
  fill(disk, 'fsType', 'ext4');
  fill(disk, 'readOnly', false);
}

export function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.secret) fill(volume.secret, 'defaultMode', fileMode);
  if (volume.configMap) fill(volume.configMap, 'defaultMode', fileMode);
  if (volume.projected) defaultProjected(volume.projected);
  if (volume.downwardAPI) {
    fill(volume.downwardAPI, 'defaultMode', fileMode);
    defaultDownwardFiles(volume.downwardAPI.items);
  }
  if (volume.hostPath) fill(volume.hostPath, 'type', '');
  if (volume.image) fillEmpty(volume.image, 'pullPolicy', defaultPullPolicy(volume.image.reference ?? ''));
  if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  if (volume.iscsi) fillEmpty(volume.iscsi, 'iscsiInterface', 'default');
  if (volume.rbd) defaultRbd(volume.rbd);
  if (volume.azureDisk) defaultAzureDisk(volume.azureDisk);
  if (volume.scaleIO) defaultScaleIO(volume.scaleIO);
}

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  fill(spec, 'volumeMode', 'Filesystem');
}

export function defaultPersistentVolumeClaim(claim: PersistentVolumeClaim): void {
  fillEmpty(
    ensure(claim, 'status', () => ({})),
    'phase',
    'Pending',
  );
  defaultClaimSpec(ensure(claim, 'spec', () => ({})));
}

export function defaultPersistentVolume(volume: PersistentVolume): void {
  fillEmpty(
    ensure(volume, 'status', () => ({})),
    'phase',
    'Pending',
  );
  const spec = ensure(volume, 'spec', () => ({}));
  fillEmpty(spec, 'persistentVolumeReclaimPolicy', 'Retain');
  fill(spec, 'volumeMode', 'Filesystem');
  if (spec.hostPath) fill(spec.hostPath, 'type', '');
  if (spec.iscsi) fillEmpty(spec.iscsi, 'iscsiInterface', 'default');
  if (spec.rbd) defaultRbd(spec.rbd);
  if (spec.azureDisk) defaultAzureDisk(spec.azureDisk);
  if (spec.scaleIO) defaultScaleIO(spec.scaleIO);
}
