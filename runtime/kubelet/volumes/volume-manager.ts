import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from '../../api/kinds';
import { parseQuantity } from '../../api/quantity';
import { isStatusError } from '../../api/status';
import type { ResourceClient } from '../../client/client';
import type { Clock } from '../../clock';
import type { TmpfsSource } from '../container-runtime';
import { FieldRefError, type PodFacts } from '../env/field-ref';
import type { KubeletPod } from '../pods/pod-spec';
import { type Payload, type PayloadFile, writePayload } from './atomic-writer';
import { hostPathVolume, type PathVolume } from './host-path';
import { configMapFiles, defaultFileMode, downwardFiles, secretFiles, VolumeError } from './payloads';
import { makeProvisionedFolder } from './provisioned-volume';
import { referencedNames } from './references';
import type { ReferencedObjects } from './referenced-objects';
import type { TokenManager } from './token-manager';
import type { VolumeHost } from './volume-host';

export type MountedVolume = PathVolume | TmpfsSource;

/** One volume of a pod can't be set up. */
export class VolumeSetupError extends Error {
  override readonly name = 'VolumeSetupError';
  constructor(
    readonly volume: string,
    message: string,
  ) {
    super(message);
  }
}

export interface VolumeManagerOptions {
  /** Undefined: no files are written, and only what has to exist is asked for. */
  host: VolumeHost | undefined;
  configMaps: ReferencedObjects<ConfigMap>;
  secrets: ReferencedObjects<Secret>;
  tokens: TokenManager;
  claims: ResourceClient<PersistentVolumeClaim>;
  volumes: ResourceClient<PersistentVolume>;
  clock: Clock;
}

const kindFolders: Record<string, string> = {
  configMap: 'kubernetes.io~configmap',
  secret: 'kubernetes.io~secret',
  downwardAPI: 'kubernetes.io~downward-api',
  projected: 'kubernetes.io~projected',
  emptyDir: 'kubernetes.io~empty-dir',
};

/** Sets up pods' volumes below the node's data folder, and takes them down. */
export class VolumeManager {
  constructor(private readonly options: VolumeManagerOptions) {}

  podFolder(uid: string): string | undefined {
    return this.options.host && join(this.options.host.localPath, 'pods', uid);
  }

  toEngine(local: string): string {
    const { host } = this.options;
    if (!host || !local.startsWith(host.localPath)) return local;
    return `${host.enginePath}${local.slice(host.localPath.length)}`;
  }

  /** Watches what the pod refers to. */
  register(pod: KubeletPod): void {
    const names = referencedNames(pod);
    const namespace = pod.metadata.namespace ?? 'default';
    this.options.configMaps.retain(pod.metadata.uid, namespace, names.configMaps);
    this.options.secrets.retain(pod.metadata.uid, namespace, names.secrets);
  }

  /** Sets up all volumes, or brings their files up to date. Throws VolumeSetupError. */
  async setUp(pod: KubeletPod, facts: PodFacts): Promise<Map<string, MountedVolume>> {
    const mounted = new Map<string, MountedVolume>();
    for (const volume of pod.spec.volumes ?? []) {
      try {
        const result = await this.setUpOne(pod, volume, facts);
        // Where no files are written the runtime carries no mounts out either; it only has to find the volume.
        mounted.set(volume.name, result ?? { kind: 'path', engine: `/${volume.name}` });
      } catch (error) {
        if (error instanceof VolumeError || error instanceof FieldRefError || isStatusError(error))
          throw new VolumeSetupError(volume.name, error.message);
        throw error;
      }
    }
    return mounted;
  }

  /** Removes the pod's files; its memory volumes are the runtime's. */
  async tearDown(uid: string): Promise<void> {
    this.options.configMaps.release(uid);
    this.options.secrets.release(uid);
    this.options.tokens.forget(uid);
    const folder = this.podFolder(uid);
    if (folder) await rm(folder, { recursive: true, force: true });
  }

  /** Pods that left files. */
  async leftovers(): Promise<string[]> {
    const { host } = this.options;
    return host ? readdir(join(host.localPath, 'pods')).catch(() => []) : [];
  }

  private async setUpOne(pod: KubeletPod, volume: Volume, facts: PodFacts): Promise<MountedVolume | undefined> {
    if (volume.emptyDir) return this.emptyDir(pod, volume);
    if (volume.hostPath)
      return this.options.host && hostPathVolume(this.options.host, volume.hostPath.path, volume.hostPath.type ?? '');
    if (volume.persistentVolumeClaim) {
      return this.claim(pod, volume.persistentVolumeClaim.claimName, volume.persistentVolumeClaim.readOnly);
    }
    if (volume.ephemeral) return this.claim(pod, `${pod.metadata.name}-${volume.name}`, false);
    const kind = Object.keys(kindFolders).find((name) => volume[name as keyof Volume] !== undefined);
    if (!kind)
      throw new VolumeError(`no volume plugin matched: ${Object.keys(volume).find((key) => key !== 'name') ?? 'none'}`);
    const payload = await this.payload(pod, volume, facts);
    return this.writeFiles(pod, volume.name, kind, payload);
  }

  private async writeFiles(
    pod: KubeletPod,
    name: string,
    kind: string,
    payload: Payload,
  ): Promise<MountedVolume | undefined> {
    const folder = this.podFolder(pod.metadata.uid);
    if (!folder) return undefined;
    const gid = pod.spec.securityContext?.fsGroup;
    const local = join(folder, 'volumes', kindFolders[kind] as string, name);
    await mkdir(local, { recursive: true });
    await ownFolder(local, gid);
    const owned =
      gid === undefined
        ? payload
        : new Map([...payload].map(([path, file]) => [path, { ...file, mode: file.mode | 0o440 }]));
    await writePayload(local, owned, gid, new Date(this.options.clock.now()));
    return { kind: 'path', local, engine: this.toEngine(local), readOnly: true };
  }

  private async payload(
    pod: KubeletPod,
    { configMap, secret, downwardAPI, projected }: Volume,
    facts: PodFacts,
  ): Promise<Payload> {
    const namespace = pod.metadata.namespace ?? 'default';
    const { configMaps, secrets } = this.options;
    if (configMap)
      return configMapFiles(await configMaps.get(namespace, configMap.name ?? ''), configMap.name ?? '', configMap);
    if (secret)
      return secretFiles(await secrets.get(namespace, secret.secretName ?? ''), secret.secretName ?? '', secret);
    if (downwardAPI) return downwardFiles(pod, downwardAPI.items ?? [], downwardAPI.defaultMode, facts);
    const files = new Map<string, PayloadFile>();
    for (const source of projected?.sources ?? []) {
      for (const [path, file] of await this.projection(pod, source, projected?.defaultMode ?? defaultFileMode, facts))
        files.set(path, file);
    }
    return files;
  }

  private async projection(
    pod: KubeletPod,
    source: VolumeProjection,
    defaultMode: number,
    facts: PodFacts,
  ): Promise<Payload> {
    const namespace = pod.metadata.namespace ?? 'default';
    const { configMaps, secrets } = this.options;
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap)
      return configMapFiles(await configMaps.get(namespace, configMap.name ?? ''), configMap.name ?? '', {
        ...configMap,
        defaultMode,
      });
    if (secret)
      return secretFiles(await secrets.get(namespace, secret.name ?? ''), secret.name ?? '', {
        ...secret,
        defaultMode,
      });
    if (downwardAPI) return downwardFiles(pod, downwardAPI.items ?? [], defaultMode, facts);
    if (!serviceAccountToken)
      throw new VolumeError(`no volume plugin matched: projected ${Object.keys(source).join(', ')}`);
    if (!this.options.host) return new Map();
    const { path, audience, expirationSeconds = 3600 } = serviceAccountToken;
    const token = await this.options.tokens.token(pod, audience, expirationSeconds);
    const uid = commonUser(pod);
    const restricted = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
    return new Map([
      [
        path,
        { content: Buffer.from(token), mode: restricted ? 0o600 : defaultMode, ...(uid !== undefined && { uid }) },
      ],
    ]);
  }

  private async emptyDir(pod: KubeletPod, { name, emptyDir }: Volume): Promise<MountedVolume | undefined> {
    const gid = pod.spec.securityContext?.fsGroup;
    if (emptyDir?.medium === 'Memory') {
      const limit = emptyDir.sizeLimit;
      const sizeBytes = limit && parseQuantity(limit).sign() > 0 ? Number(parseQuantity(limit).value()) : undefined;
      return {
        kind: 'tmpfs',
        name: `${pod.metadata.uid}-${name}`,
        ...(sizeBytes !== undefined && { sizeBytes }),
        ...(gid !== undefined && { gid }),
      };
    }
    const folder = this.podFolder(pod.metadata.uid);
    if (!folder) return undefined;
    const local = join(folder, 'volumes', kindFolders.emptyDir as string, name);
    if ((await mkdir(local, { recursive: true })) !== undefined) {
      if (gid !== undefined) await chown(local, 0, gid);
      await chmod(local, gid === undefined ? 0o777 : 0o2777);
    }
    return { kind: 'path', local, engine: this.toEngine(local) };
  }

  private async claim(pod: Pod, name: string, readOnly: boolean | undefined): Promise<MountedVolume | undefined> {
    const namespace = pod.metadata.namespace ?? 'default';
    const claim = await this.options.claims.get(name, namespace);
    const volumeName = claim.spec?.volumeName;
    if (claim.status?.phase !== 'Bound' || !volumeName)
      throw new VolumeError(`error processing PVC ${namespace}/${name}: PVC is not bound`);
    const { spec } = await this.options.volumes.get(volumeName);
    const path = spec?.hostPath?.path ?? spec?.local?.path;
    if (!path) throw new VolumeError(`no volume plugin matched for PersistentVolume ${JSON.stringify(volumeName)}`);
    if (!this.options.host) return undefined;
    await makeProvisionedFolder(this.options.host, path);
    const found = await hostPathVolume(this.options.host, path, spec?.hostPath?.type ?? 'DirectoryOrCreate');
    const gid = pod.spec?.securityContext?.fsGroup;
    if (found.local && gid !== undefined) await ownFolder(found.local, gid);
    return { ...found, ...(readOnly && { readOnly }) };
  }
}

async function ownFolder(folder: string, gid: number | undefined): Promise<void> {
  await chmod(folder, gid === undefined ? 0o777 : 0o2777);
  if (gid !== undefined) await chown(folder, 0, gid);
}

/** The user that all containers run as, who then owns the pod's tokens. */
function commonUser(pod: Pod): number | undefined {
  const users = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map(
    ({ securityContext }) => securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser,
  );
  return new Set(users).size === 1 ? users[0] : undefined;
}
