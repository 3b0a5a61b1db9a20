import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, VolumeMount } from '../../api/kinds';
import type { Mount } from '../container-runtime';
import { ConfigError } from '../env/environment';
import { expand } from '../env/expand';
import type { MountedVolume } from './volume-manager';

/** The mounts of a container's volumeMounts; `engine` maps a local path to the engine's. Throws ConfigError. */
export async function containerMounts(
  container: Container,
  volumes: ReadonlyMap<string, MountedVolume>,
  environment: ReadonlyMap<string, string>,
  engine: (local: string) => string,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (!volume)
      throw new ConfigError(
        `cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`,
      );
    const subPath = mount.subPathExpr ? expandSubPath(mount, environment) : mount.subPath;
    mounts.push({
      source: await sourceOf(volume, subPath, mount, engine),
      containerPath: mount.mountPath,
      readOnly: Boolean(mount.readOnly) || (volume.kind === 'path' && Boolean(volume.readOnly)),
      propagation:
        mount.mountPropagation === 'Bidirectional'
          ? 'rshared'
          : mount.mountPropagation === 'HostToContainer'
            ? 'rslave'
            : 'private',
    });
  }
  return mounts;
}

function expandSubPath(mount: VolumeMount, environment: ReadonlyMap<string, string>): string {
  let missing: string | undefined;
  const path = expand(mount.subPathExpr ?? '', (name) => {
    const value = environment.get(name);
    if (value === undefined) missing = name;
    return value;
  });
  if (missing !== undefined) throw new ConfigError(`missing value for ${JSON.stringify(missing)}`);
  return path;
}

async function sourceOf(
  volume: MountedVolume,
  subPath: string | undefined,
  mount: VolumeMount,
  engine: (local: string) => string,
): Promise<Mount['source']> {
  if (subPath && (subPath.startsWith('/') || subPath.split('/').includes('..'))) {
    throw new ConfigError(`subPath ${JSON.stringify(subPath)} must be a relative path inside of the volume`);
  }
  if (volume.kind === 'tmpfs') return subPath ? { ...volume, subPath } : volume;
  if (!subPath) return { kind: 'path', path: volume.engine };
  if (!volume.local) return { kind: 'path', path: join(volume.engine, subPath) };
  return { kind: 'path', path: engine(await inside(volume.local, subPath, mount)) };
}

/** The file or folder of a subPath, made when it isn't there. A link that leads out of the volume is refused. */
async function inside(folder: string, subPath: string, mount: VolumeMount): Promise<string> {
  const wanted = join(folder, subPath);
  const root = await realpath(folder);
  let found = await realpath(wanted).catch(() => undefined);
  if (!found) {
    await mkdir(wanted, { recursive: true, mode: 0o777 });
    found = await realpath(wanted);
  }
  if (found !== root && !found.startsWith(`${root}/`)) {
    throw new ConfigError(
      `failed to prepare subPath for volumeMount ${JSON.stringify(mount.name)} of container: ` +
        `subpath ${JSON.stringify(wanted)} not within volume path ${JSON.stringify(folder)}`,
    );
  }
  return `${folder}${found.slice(root.length)}`;
}
