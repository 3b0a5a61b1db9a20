import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface PayloadFile {
  content: Buffer;
  /** Permission bits. */
  mode: number;
  /** Owner of this file alone (service account tokens). */
  uid?: number;
}

export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';
const newDataLink = '..data_tmp';

/**
 * Writes the files of a volume so that a reader sees all of the old ones or all of the new: they stand in a folder of
 * their own, `..data` points to it and is replaced by rename, and each top-level name is a link through `..data`
 * (volume/util.AtomicWriter). False: the files were so already.
 */
export async function writePayload(
  folder: string,
  payload: Payload,
  gid: number | undefined,
  now: Date,
): Promise<boolean> {
  const current = await readlink(join(folder, dataLink)).catch(() => undefined);
  if (current && (await isUpToDate(join(folder, current), payload))) return false;
  const stamp = now.toISOString().replace(/[-:]/g, '_').replace('T', '_').slice(0, 19);
  const name = `..${stamp}.${String(process.hrtime.bigint() % 1_000_000_000n).padStart(9, '0')}`;
  const target = join(folder, name);
  await mkdir(target, { mode: 0o755 });
  await chmod(target, gid === undefined ? 0o755 : 0o2775);
  if (gid !== undefined) await chown(target, 0, gid);
  for (const [path, file] of payload) await writeOne(target, path, file, gid);
  await symlink(name, join(folder, newDataLink));
  await rename(join(folder, newDataLink), join(folder, dataLink));
  await linkNames(folder, payload);
  if (current) await rm(join(folder, current), { recursive: true, force: true });
  return true;
}

async function writeOne(
  folder: string,
  path: string,
  { content, mode, uid }: PayloadFile,
  gid: number | undefined,
): Promise<void> {
  const file = join(folder, path);
  const parent = dirname(file);
  if (parent !== folder) {
    await mkdir(parent, { recursive: true, mode: 0o755 });
    if (gid !== undefined) await chown(parent, 0, gid);
  }
  await writeFile(file, content, { mode });
  // The process's umask must not decide.
  await chmod(file, mode);
  if (gid !== undefined || uid !== undefined) await chown(file, uid ?? 0, gid ?? 0);
}

async function linkNames(folder: string, payload: Payload): Promise<void> {
  const names = new Set([...payload.keys()].map((path) => path.split('/')[0] as string));
  for (const name of names) {
    const link = join(folder, name);
    if (!(await lstat(link).catch(() => undefined))) await symlink(join(dataLink, name), link);
  }
  for (const name of await readdir(folder)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function isUpToDate(folder: string, payload: Payload): Promise<boolean> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (found.filter((entry) => entry.isFile()).length !== payload.size) return false;
  for (const [path, { content, mode }] of payload) {
    const file = join(folder, path);
    const [bytes, stat] = await Promise.all([
      readFile(file).catch(() => undefined),
      lstat(file).catch(() => undefined),
    ]);
    if (!bytes?.equals(content) || !stat || (stat.mode & 0o777) !== (mode & 0o777)) return false;
  }
  return true;
}
