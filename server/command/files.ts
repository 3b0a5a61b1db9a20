import { readFile, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { manifestFolders, readManifest } from '../workspace/scan';
import type { FixedFile } from './fixed-workspace';

/** A path that was named and can't be read. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const standardInput = '<stdin>';

/** The files that paths name: a file itself, a folder all manifests below it, `-` the standard input. Each file once. */
export async function readFiles(paths: readonly string[], input: AsyncIterable<Buffer | string>): Promise<FixedFile[]> {
  const files = new Map<string, FixedFile>();
  for (const path of paths) {
    for (const file of await readPath(path, input)) files.set(file.uri, file);
  }
  return [...files.values()];
}

async function readPath(path: string, input: AsyncIterable<Buffer | string>): Promise<FixedFile[]> {
  if (path === '-') return [{ uri: uriOf(standardInput), text: await readAll(input) }];
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: ${error.code === 'ENOENT' ? 'no such file or folder' : error.message}`);
  });
  if (!kind.isDirectory()) return [{ uri: uriOf(path), text: await readNamed(path) }];
  const files: FixedFile[] = [];
  for await (const folder of manifestFolders(path)) {
    for (const found of folder.files) {
      const text = await readManifest(found);
      if (text !== undefined) files.push({ uri: uriOf(found), text });
    }
  }
  return files;
}

async function readNamed(path: string): Promise<string> {
  const text = await readManifest(path);
  if (text !== undefined) return text;
  // Say why, where there is more to say than that it is no text.
  await readFile(path).catch((error: Error) => {
    throw new InputError(`${path}: ${error.message}`);
  });
  throw new InputError(`${path}: binary, or too large for a manifest`);
}

async function readAll(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

const uriOf = (path: string): string => pathToFileURL(resolve(path)).href;

/** A file's path as a person in the working folder would write it. */
export function displayName(uri: string): string {
  const path = fileURLToPath(uri);
  if (path === join(process.cwd(), standardInput)) return standardInput;
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

/** A configuration file beside what was named. */
export function readConfigFile(uri: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(uri), 'utf8');
  } catch {
    return undefined;
  }
}
