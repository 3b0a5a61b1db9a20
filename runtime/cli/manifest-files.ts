import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { UntypedObject } from '../api/kinds';
import { parseManifests } from '../api/yaml';
import { UserError } from './output';

/** The objects of files, folders (not below them) and `-` for standard input, in order; lists are taken apart. */
export async function readManifests(paths: readonly string[]): Promise<UntypedObject[]> {
  const texts = await Promise.all(paths.map(textsOf));
  const objects = texts.flat().flatMap(({ file, text }) => parseFile(file, text));
  if (objects.length === 0) throw new UserError(`no objects passed to apply: ${paths.join(', ')} has none`);
  return objects;
}

async function textsOf(path: string): Promise<{ file: string; text: string }[]> {
  if (path === '-') return [{ file: 'standard input', text: await readStandardInput() }];
  let files: string[];
  try {
    files = statSync(path).isDirectory() ? readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name)).sort().map((name) => join(path, name)) : [path];
    return files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new UserError(`the path "${path}" does not exist`);
    throw new UserError((error as Error).message);
  }
}

function parseFile(file: string, text: string): UntypedObject[] {
  return parseManifests(text).flatMap(({ value, errors }) => {
    if (errors[0]) throw new UserError(`error parsing ${file}: ${errors[0].message}`);
    if (!isObject(value)) throw new UserError(`error parsing ${file}: a manifest has to be an object with apiVersion and kind`);
    const { apiVersion, kind, metadata } = value as Partial<UntypedObject>;
    if (!apiVersion || !kind) throw new UserError(`error validating ${file}: ${!apiVersion ? 'apiVersion' : 'kind'} not set`);
    if (kind === 'List' && Array.isArray(value.items)) return value.items as UntypedObject[];
    if (!metadata?.name && !metadata?.generateName) throw new UserError(`error validating ${file}: ${kind} has no metadata.name`);
    return [value as UntypedObject];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
