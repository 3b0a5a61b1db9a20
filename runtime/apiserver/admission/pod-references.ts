import { containersOf } from '../../api/pod-containers';
import type { PodSpec, Volume } from '../../api/kinds';

/** Names of the secrets that a pod refers to, wherever it does (pkg/api/v1/pod VisitPodSecretNames). */
export function secretNames(spec: PodSpec): string[] {
  const names: (string | undefined)[] = (spec.imagePullSecrets ?? []).map(({ name }) => name);
  for (const { env, envFrom } of containersOf(spec)) {
    for (const { secretRef } of envFrom ?? []) names.push(secretRef?.name);
    for (const { valueFrom } of env ?? []) names.push(valueFrom?.secretKeyRef?.name);
  }
  for (const volume of spec.volumes ?? []) names.push(...volumeSecrets(volume));
  return names.filter((name) => name !== undefined && name !== '') as string[];
}

function volumeSecrets(volume: Volume): (string | undefined)[] {
  const { azureFile, cephfs, cinder, flexVolume, rbd, secret, scaleIO, iscsi, storageos, csi, projected } = volume;
  return [
    azureFile?.secretName, secret?.secretName,
    ...[cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos].map((source) => source?.secretRef?.name),
    csi?.nodePublishSecretRef?.name,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
  ];
}

/** Names of the config maps that a pod refers to (VisitPodConfigmapNames). */
export function configMapNames(spec: PodSpec): string[] {
  const names: (string | undefined)[] = [];
  for (const { env, envFrom } of containersOf(spec)) {
    for (const { configMapRef } of envFrom ?? []) names.push(configMapRef?.name);
    for (const { valueFrom } of env ?? []) names.push(valueFrom?.configMapKeyRef?.name);
  }
  for (const { configMap, projected } of spec.volumes ?? []) {
    names.push(configMap?.name, ...(projected?.sources ?? []).map((source) => source.configMap?.name));
  }
  return names.filter((name) => name !== undefined && name !== '') as string[];
}
