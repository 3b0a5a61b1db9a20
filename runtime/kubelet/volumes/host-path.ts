import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { VolumeError } from './payloads';
import type { VolumeHost } from './volume-host';

/**
 * Paths of the engine's machine that a hostPath shows as they are. Any other lies below the node's own volume: nodes
 * are machines of their own, and don't share files with each other or with the person's computer.
 */
export const sharedHostPaths: readonly string[] = [
  '/proc',
  '/sys',
  '/dev',
  '/lib/modules',
  '/etc/localtime',
  '/usr/share/zoneinfo',
  '/etc/ssl/certs',
  '/run/udev',
  '/var/run/docker.sock',
  '/run/docker.sock',
];

/** Files that a machine has and pods look for: those of the node are put into its volume, where they may then be changed. */
const nodeFiles = ['/etc/hostname', '/etc/hosts', '/etc/machine-id', '/etc/os-release', '/etc/resolv.conf'];

export interface PathVolume {
  kind: 'path';
  /** As this process sees it; undefined for paths that only the engine has. */
  local?: string;
  engine: string;
  readOnly?: boolean;
}

/** What a hostPath of this path and type is. Throws VolumeError when the type doesn't fit. */
export async function hostPathVolume(host: VolumeHost, path: string, type: string): Promise<PathVolume> {
  const clean = normalize(`/${path}`).replace(/(.)\/$/, '$1');
  if (sharedHostPaths.some((shared) => isWithin(clean, shared)))
    return { kind: 'path', engine: clean };
  const root = join(host.localPath, 'host');
  const local = join(root, clean);
  await Promise.all(nodeFiles.filter((file) => isWithin(file, clean)).map((file) => copyOnce(file, join(root, file))));
  await checkType(local, path, type);
  return { kind: 'path', local, engine: join(host.enginePath, 'host', clean) };
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);

async function copyOnce(source: string, target: string): Promise<void> {
  try {
    if (!existsSync(source)) return;
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, target, constants.COPYFILE_EXCL);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function checkType(local: string, path: string, type: string): Promise<void> {
  const found = await stat(local).catch(() => undefined);
  const fail = (what: string): never => {
    throw new VolumeError(`hostPath type check failed: ${path} is not ${what}`);
  };
  switch (type) {
    case 'Directory':
      return found?.isDirectory() ? undefined : fail('a directory');
    case 'File':
      return found?.isFile() ? undefined : fail('a file');
    case 'Socket':
      return found?.isSocket() ? undefined : fail('a socket file');
    case 'CharDevice':
      return found?.isCharacterDevice() ? undefined : fail('a character device');
    case 'BlockDevice':
      return found?.isBlockDevice() ? undefined : fail('a block device');
    case 'FileOrCreate':
      if (found && !found.isFile()) fail('a file');
      if (found) return undefined;
      await mkdir(dirname(local), { recursive: true });
      return writeFile(local, '', { mode: 0o644 });
    case 'DirectoryOrCreate':
      if (found && !found.isDirectory()) fail('a directory');
      if (!found) await mkdir(local, { recursive: true, mode: 0o755 });
      return undefined;
    default:
      if (!(await lstat(local).catch(() => undefined))) await mkdir(local, { recursive: true, mode: 0o755 });
      return undefined;
  }
}
