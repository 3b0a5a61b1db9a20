import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Larger files are no manifests that a person works on. */
export const maxFileBytes = 4 * 1024 * 1024;

const skippedFolders = new Set(['node_modules', '.git', '.hg', '.svn', 'vendor', '.terraform', '.venv', 'dist', 'target']);
const manifestName = /\.(ya?ml|json)$/i;

/**
 * The paths of files below a folder that may be manifests. Links to folders aren't followed, so none is met twice; a folder
 * that can't be read is passed over.
 */
export async function* manifestPaths(folder: string): AsyncGenerator<string> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) yield* manifestPaths(path);
    else if (isManifestName(entry.name) && (entry.isFile() || entry.isSymbolicLink())) yield path;
  }
}

export function isManifestName(name: string): boolean {
  return manifestName.test(name) || name === 'Kustomization';
}

/** Whether a path below a workspace folder is in none of the folders that are passed over. */
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

/** A file's text; undefined if it is too large, binary, not a file or can't be read. */
export async function readManifest(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path).then((stats) => (stats.isFile() ? stats : { size: Infinity }));
    if (size > maxFileBytes) return undefined;
    const text = await readFile(path, 'utf8');
    return isBinary(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

export function isBinary(text: string): boolean {
  return text.slice(0, 8000).includes('\0');
}
