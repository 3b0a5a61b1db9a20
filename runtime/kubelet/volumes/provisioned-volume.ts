import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isProvisionedPath, provisionedPath } from '../../api/provisioned-volumes';
import type { VolumeHost } from './volume-host';

const localFolder = (host: VolumeHost, path: string): string => join(host.localPath, 'host', path);

/** Makes the folder of a volume that the cluster provisioned, for any user: pods needn't run as root to use it. */
export async function makeProvisionedFolder(host: VolumeHost, path: string): Promise<void> {
  if (!isProvisionedPath(path)) return;
  const folder = localFolder(host, path);
  if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o777);
}

/** Removes a provisioned volume's data. Succeeds when there is none. Throws RangeError for what can't be a volume's name. */
export async function removeProvisionedVolume(host: VolumeHost | undefined, name: string): Promise<void> {
  const path = provisionedPath(name);
  if (host) await rm(localFolder(host, path), { recursive: true, force: true });
}
