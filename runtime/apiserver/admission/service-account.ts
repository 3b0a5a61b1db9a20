import type { Clock } from '../../clock';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../api/kinds';
import { generatedName } from '../registry/create';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, isFor, isMirrorPod, kinds, quote, sleep } from './kit';
import { containersOf } from '../../api/pod-containers';
import { secretNames } from './pod-references';

const defaultName = 'default';
const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenVolumePrefix = 'kube-api-access-';
/** Milliseconds: as long as upstream looks for a default account, but more often, as looking costs nothing here. */
const longestWait = 1500;
const lookEvery = 20;
const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets';

/**
 * Gives a pod its service account, that account's pull secrets and a token (plugin/pkg/admission/serviceaccount).
 * A new namespace gets its default account a moment later, so that one is waited for.
 */
export function serviceAccount(lister: ApiLister, clock: Clock): AdmissionPlugin {
  const find = (namespace: string, name: string) => lister.get<ServiceAccount>(kinds.serviceAccounts, namespace, name);

  const admit = (attributes: AdmissionAttributes, account: ServiceAccount): void => {
    const spec = (attributes.object as Pod).spec!;
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
    const pullSecrets = account.imagePullSecrets ?? [];
    if ((spec.imagePullSecrets ?? []).length === 0 && pullSecrets.length > 0) {
      spec.imagePullSecrets = pullSecrets.map(({ name }) => ({ name: name! }));
    }
    limitSecrets(attributes, account);
  };

  const appear = async (namespace: string, name: string): Promise<ServiceAccount | undefined> => {
    for (let waited = 0; waited < longestWait; waited += lookEvery) {
      await sleep(clock, lookEvery);
      const account = find(namespace, name);
      if (account) return account;
    }
    return undefined;
  };

  const missing = (attributes: AdmissionAttributes, name: string) =>
    forbidden(
      attributes,
      `error looking up service account ${attributes.namespace}/${name}: serviceaccount ${quote(name)} not found`,
    );

  return {
    name: 'ServiceAccount',

    mutate(attributes) {
      if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.pods)) return;
      const pod = attributes.object as Pod;
      if (isMirrorPod(pod)) return limitMirrorPod(attributes, pod.spec!);
      const spec = pod.spec!;
      const name = (spec.serviceAccountName ||= defaultName);
      spec.serviceAccount = name;
      const account = find(attributes.namespace, name);
      if (account) return admit(attributes, account);
      if (name !== defaultName) throw missing(attributes, name);
      return appear(attributes.namespace, name).then((found) => {
        if (!found) throw missing(attributes, name);
        admit(attributes, found);
      });
    },

    validate(attributes) {
      if (attributes.operation === 'UPDATE' && isFor(attributes, kinds.pods, 'ephemeralcontainers')) {
        const account = find(attributes.namespace, (attributes.object as Pod).spec?.serviceAccountName ?? '');
        if (account) limitSecrets(attributes, account);
        return;
      }
      if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.pods)) return;
      const { metadata, spec } = attributes.object as Pod;
      if (isMirrorPod({ metadata })) return limitMirrorPod(attributes, spec!);
      const name = spec!.serviceAccountName ?? '';
      if (!name)
        throw forbidden(
          attributes,
          `no service account specified for pod ${attributes.namespace}/${metadata.name ?? ''}`,
        );
      const account = find(attributes.namespace, name);
      if (!account) throw missing(attributes, name);
      limitSecrets(attributes, account);
    },
  };
}

/** The kubelet makes mirror pods of static ones, which run without the API and so can't use its objects. */
function limitMirrorPod(attributes: AdmissionAttributes, spec: PodSpec): void {
  if (spec.serviceAccountName) throw forbidden(attributes, 'a mirror pod may not reference service accounts');
  if (secretNames(spec).length > 0) throw forbidden(attributes, 'a mirror pod may not reference secrets');
  const projected = (spec.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  if (projected.some((source) => source.serviceAccountToken)) {
    throw forbidden(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

/** Containers that mount something at the token's path themselves go without it. */
function mountToken(spec: PodSpec): void {
  const existing = (spec.volumes ?? []).find(({ name }) => name.startsWith(tokenVolumePrefix));
  const name = existing?.name ?? generatedName(tokenVolumePrefix);
  let needed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (mountsTokenPath(container)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenMountPath }];
    needed = true;
  }
  if (needed && !existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

const mountsTokenPath = ({ volumeMounts }: Container) =>
  (volumeMounts ?? []).some(({ mountPath }) => mountPath === tokenMountPath);

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        // An hour, and the seconds that the kubelet may be late with its renewal.
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** An account may say that its pods use no secrets but those that it lists. */
function limitSecrets(attributes: AdmissionAttributes, account: ServiceAccount): void {
  if (!truths.has(account.metadata.annotations?.[enforceAnnotation] ?? '')) return;
  const spec = (attributes.object as Pod).spec!;
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const accountName = account.metadata.name ?? '';
  const refuse = (what: string) =>
    forbidden(
      attributes,
      `${what} is not allowed because service account ${accountName} does not reference that secret`,
    );
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName))
      throw refuse(`volume with secret.secretName=${quote(secret.secretName ?? '')}`);
  }
  for (const container of containersOf(spec)) {
    const what = `${containerWord(spec, container)} ${container.name}`;
    for (const { name, valueFrom } of container.env ?? []) {
      const secret = valueFrom?.secretKeyRef?.name;
      if (secret !== undefined && !mountable.has(secret))
        throw refuse(`${what} with envVar ${name} referencing secret.secretName=${quote(secret)}`);
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (secretRef && !mountable.has(secretRef.name))
        throw refuse(`${what} with envFrom referencing secret.secretName=${quote(secretRef.name ?? '')}`);
    }
  }
  limitPullSecrets(attributes, spec, account);
}

function limitPullSecrets(attributes: AdmissionAttributes, spec: PodSpec, account: ServiceAccount): void {
  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  const stranger = (spec.imagePullSecrets ?? []).find(({ name }) => !pullable.has(name));
  if (!stranger) return;
  throw forbidden(
    attributes,
    `imagePullSecret with name=${quote(stranger.name ?? '')} is not allowed because service account ${account.metadata.name ?? ''} ` +
      'does not reference that imagePullSecret',
  );
}

function containerWord(spec: PodSpec, container: Container): string {
  if ((spec.initContainers ?? []).includes(container)) return 'init container';
  return spec.containers.includes(container) ? 'container' : 'ephemeral container';
}
