import type { Container, EphemeralContainer, Pod, Volume } from '../../api/kinds';

/** Names of the objects in a pod's namespace that its node needs in order to run it. */
export interface PodReferences {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
  readonly resourceClaims: ReadonlySet<string>;
  readonly serviceAccount: string;
}

const known = new WeakMap<Pod, PodReferences>();

/** Read once a state of the pod: stored objects never change. */
export function referencesOf(pod: Pod): PodReferences {
  let references = known.get(pod);
  if (!references) known.set(pod, (references = collect(pod)));
  return references;
}

class Names {
  readonly secrets = new Set<string>();
  readonly configMaps = new Set<string>();
  readonly claims = new Set<string>();

  secret(...names: (string | undefined)[]): void {
    for (const name of names) if (name) this.secrets.add(name);
  }

  configMap(...names: (string | undefined)[]): void {
    for (const name of names) if (name) this.configMaps.add(name);
  }
}

function collect(pod: Pod): PodReferences {
  const { spec, status } = pod;
  const names = new Names();
  for (const { name } of spec?.imagePullSecrets ?? []) names.secret(name);
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  for (const container of containers) fromContainer(container, names);
  for (const volume of spec?.volumes ?? []) fromVolume(volume, pod, names);
  const resourceClaims = new Set<string>();
  for (const { resourceClaimName } of spec?.resourceClaims ?? [])
    if (resourceClaimName) resourceClaims.add(resourceClaimName);
  for (const { resourceClaimName } of status?.resourceClaimStatuses ?? [])
    if (resourceClaimName) resourceClaims.add(resourceClaimName);
  const { secrets, configMaps, claims } = names;
  return { secrets, configMaps, claims, resourceClaims, serviceAccount: spec?.serviceAccountName ?? '' };
}

function fromContainer({ env = [], envFrom = [] }: Container | EphemeralContainer, names: Names): void {
  for (const { valueFrom } of env) {
    names.secret(valueFrom?.secretKeyRef?.name);
    names.configMap(valueFrom?.configMapKeyRef?.name);
  }
  for (const { secretRef, configMapRef } of envFrom) {
    names.secret(secretRef?.name);
    names.configMap(configMapRef?.name);
  }
}

function fromVolume(volume: Volume, pod: Pod, names: Names): void {
  names.secret(
    volume.secret?.secretName,
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.storageos?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
  );
  names.configMap(volume.configMap?.name);
  for (const source of volume.projected?.sources ?? []) {
    names.secret(source.secret?.name);
    names.configMap(source.configMap?.name);
  }
  if (volume.persistentVolumeClaim) names.claims.add(volume.persistentVolumeClaim.claimName);
  if (volume.ephemeral) names.claims.add(`${pod.metadata.name}-${volume.name}`);
}
