import { link, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isAlive, ownIdentity, parseIdentity } from '../../process-identity';
import { StoreLockedError } from './errors';

/**
 * Takes a folder's lock for this process; a lock whose process is gone is taken over. Returns the release.
 *
 * Locks are numbered files, of which the highest counts. Who finds its owner gone makes the next number, which of
 * several can only one (link, which also makes the file appear complete), and removes lower ones then. The highest is
 * never removed, only emptied: so who was slow, and made a number that others have passed, sees theirs and steps back.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const own = join(folder, `locking-${randomUUID()}`);
  await writeFile(own, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    const path = await takeLock(folder, own);
    return () => truncate(path);
  } finally {
    await rm(own, { force: true });
  }
}

async function takeLock(folder: string, own: string): Promise<string> {
  for (;;) {
    const highest = Math.max(0, ...(await lockNumbers(folder)));
    const owner = highest > 0 ? parseIdentity(await readLock(lockPath(folder, highest))) : undefined;
    if (owner && isAlive(owner)) throw new StoreLockedError(folder, owner.pid);
    const path = lockPath(folder, highest + 1);
    if (!(await linked(own, path))) continue;
    const numbers = await lockNumbers(folder);
    if (Math.max(...numbers) === highest + 1) {
      for (const lower of numbers) if (lower <= highest) await rm(lockPath(folder, lower), { force: true });
      return path;
    }
    await rm(path, { force: true });
  }
}

function lockPath(folder: string, number: number): string {
  return join(folder, `lock-${number}`);
}

async function lockNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => /^lock-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
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

/** Empty when the owner has released it, or a later one has removed it. */
async function readLock(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
