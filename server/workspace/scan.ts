import { type Dirent, readFileSync, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Larger files are not read: they are no manifests that a person works on. */
export const maxFileBytes = 4 * 1024 * 1024;

const skippedFolders = new Set(['node_modules', '.git', '.hg', '.svn', '.terraform', '.venv']);
const manifestName = /\.(ya?ml|json)$/i;

/**
 * The folders at and below one, each with the paths of the files in it that may be manifests. Links to folders aren't followed, so
 * none is met twice; a folder that can't be read is passed over.
 */
export async function* manifestFolders(folder: string): AsyncGenerator<{ folder: string; files: string[] }> {
  const entries = await entriesOf(folder);
  const files = entries.filter((entry) => isManifestName(entry.name) && (entry.isFile() || entry.isSymbolicLink()));
  yield { folder, files: files.map(({ name }) => join(folder, name)) };
  for (const entry of entries) {
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) yield* manifestFolders(join(folder, entry.name));
  }
}

/** By a file's name or path. */
export function isManifestName(path: string): boolean {
  return manifestName.test(path) || basename(path) === 'Kustomization';
}

/** Whether a path is in none of the folders that are passed over. */
export function isScanned(path: string): boolean {
  return !path.split(/[\\/]/).some((name) => skippedFolders.has(name));
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** A file's text; undefined if it is too large, binary, no file or can't be read. */
export async function readManifest(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() && stats.size <= maxFileBytes ? textOf(await readFile(path)) : undefined;
  } catch {
    return undefined;
  }
}

/** The same at once. `stamp` is equal as long as the file is. */
export function readManifestNow(path: string): { stamp: string; text(): string | undefined } | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > maxFileBytes) return undefined;
    return { stamp: `${stats.mtimeMs} ${stats.size} ${stats.ino}`, text: () => textOf(readFileSync(path)) };
  } catch {
    return undefined;
  }
}

function textOf(content: Buffer): string | undefined {
  return content.subarray(0, 8192).includes(0) ? undefined : content.toString('utf8');
}
