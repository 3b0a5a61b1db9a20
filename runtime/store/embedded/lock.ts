import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { StoreLockedError } from './errors';

interface Owner {
  pid: number;
  /** When the process started, in the system's own count, to tell it from a later one with its id; Linux only. */
  started: string | undefined;
}

/**
 * Takes a folder's lock for this process; a lock whose process is gone is taken over. Returns the release.
 * Locks appear complete (link) and vanish by rename, so that of two who find a dead one only one gets on.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const own = join(folder, `lock.${randomUUID()}`);
  const content = JSON.stringify({ pid: process.pid, started: await startOf(process.pid), token: randomUUID() });
  await writeFile(own, content, { mode: 0o600 });
  try {
    await takeLock(folder, path, own);
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    if ((await readLock(path)) === content) await rm(path, { force: true });
  };
}

async function takeLock(folder: string, path: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await linked(own, path)) return;
    const found = await readLock(path);
    if (found === undefined) continue;
    const owner = parseOwner(found);
    if (owner && (await isAlive(owner))) throw new StoreLockedError(folder, owner.pid);
    await removeStale(path, found);
  }
  throw new Error(`cannot take the lock ${path}`);
}

async function removeStale(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  // Between our reading and renaming, another process may have made it its own: give it back.
  if ((await readLock(aside)) !== expected) await linked(aside, path);
  await rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return undefined;
    return { pid: value.pid, started: 'started' in value && typeof value.started === 'string' ? value.started : undefined };
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isCode(error, 'EPERM');
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/** Field 22 of /proc/PID/stat, counted after the command's closing parenthesis. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended and holds nothing.
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
