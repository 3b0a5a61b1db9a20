import { posix } from 'node:path';
import { configMapKeyProblems, envVarNameProblems } from '../names';
import type { JsonObject } from '../patch/json';
import { KustomizeError } from './errors';
import type { FolderFiles } from './files';
import type { GeneratorEntry, GeneratorOptions } from './kustomization';
import { Resource } from './resource';
import type { Behavior } from './resource';
import { attribute, setFieldSource } from './sources';
import type { Source } from './sources';

interface Entry {
  key: string;
  bytes: Uint8Array;
  source: Source;
}

type At = (...path: (string | number)[]) => Source;

/** Makes a ConfigMap or Secret of literals and files. `at` says where the parts of the entry are written. */
export function generate(
  kind: 'ConfigMap' | 'Secret',
  entry: GeneratorEntry,
  global: GeneratorOptions | undefined,
  files: FolderFiles,
  at: At,
): Resource {
  const options = mergedOptions(entry.options, global);
  if (!entry.name) throw new KustomizeError(`a ${kind} to generate must have a name`, at());
  const entries = [...fromEnvs(entry, files, at), ...fromLiterals(entry, at), ...fromFiles(entry, files, at)];
  checkKeys(entries, entry.name);
  const value: JsonObject = {
    apiVersion: 'v1',
    kind,
    metadata: metadata(entry, options),
    ...(kind === 'Secret' && { type: entry.type || 'Opaque' }),
    ...(options.immutable && { immutable: true }),
  };
  attribute(value, at());
  setFieldSource(value['metadata'] as JsonObject, 'name', at('name'));
  putData(value, kind, entries);
  const resource = new Resource(value, at());
  resource.needsHash = options.disableNameSuffixHash !== true;
  resource.behavior = behaviorOf(entry.behavior);
  return resource;
}

function behaviorOf(text: string | undefined): Behavior {
  return text === 'merge' || text === 'replace' ? text : 'create';
}

function mergedOptions(own: GeneratorOptions | undefined, global: GeneratorOptions = {}): GeneratorOptions {
  const labels = { ...global.labels, ...own?.labels };
  const annotations = { ...global.annotations, ...own?.annotations };
  return {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    disableNameSuffixHash: Boolean(own?.disableNameSuffixHash || global.disableNameSuffixHash),
    immutable: Boolean(own?.immutable || global.immutable),
  };
}

function metadata({ name, namespace }: GeneratorEntry, { labels, annotations }: GeneratorOptions): JsonObject {
  return {
    name,
    ...(namespace && { namespace }),
    ...(labels && { labels: { ...labels } }),
    ...(annotations && { annotations: { ...annotations } }),
  };
}

function fromLiterals({ literals = [] }: GeneratorEntry, at: At): Entry[] {
  return literals.map((literal, i) => {
    const equals = literal.indexOf('=');
    const source = at('literals', i);
    if (equals < 1) throw new KustomizeError(`invalid literal source ${literal}, expected key=value`, source);
    return { key: literal.slice(0, equals), bytes: utf8(unquoted(literal.slice(equals + 1))), source };
  });
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function unquoted(text: string): string {
  const quoted = text.length > 1 && text[0] === text.at(-1) && (text[0] === '"' || text[0] === "'");
  return quoted ? text.slice(1, -1) : text;
}

function fromFiles({ files: named = [] }: GeneratorEntry, files: FolderFiles, at: At): Entry[] {
  return named.map((entry, i) => {
    const source = at('files', i);
    const { key, path } = fileSource(entry, source);
    return { key, bytes: files.load(path, source), source };
  });
}

/** `path`, whose last part is the key, or `key=path`. */
export function fileSource(entry: string, source: Source): { key: string; path: string } {
  const parts = entry.split('=');
  if (parts.length === 1) return { key: posix.basename(entry), path: entry };
  const [key = '', path = ''] = parts;
  if (!key) throw new KustomizeError(`missing key name for file path '${entry.slice(1)}' in source '${entry}'`, source);
  if (!path) throw new KustomizeError(`missing file path for key name '${key}' in source '${entry}'`, source);
  if (parts.length > 2) throw new KustomizeError(`source '${entry}' key name or file path contains '='`, source);
  return { key, path };
}

function fromEnvs({ envs = [] }: GeneratorEntry, files: FolderFiles, at: At): Entry[] {
  return envs.flatMap((path, i) => {
    const source = at('envs', i);
    const lines = files
      .text(path, source)
      .replace(/^\uFEFF/, '')
      .split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.flatMap((line, number) =>
      envLine(line.replace(/\r$/, ''), { path: files.path(path), number, source }),
    );
  });
}

function envLine(line: string, { path, number, source }: { path: string; number: number; source: Source }): Entry[] {
  const trimmed = line.trimStart();
  if (trimmed === '' || trimmed.startsWith('#')) return [];
  const equals = trimmed.indexOf('=');
  const key = equals < 0 ? trimmed : trimmed.slice(0, equals);
  const [problem] = envVarNameProblems(key);
  if (problem) throw new KustomizeError(`${path}:${number + 1}: "${key}" is not a valid key name: ${problem}`, source);
  return [{ key, bytes: utf8(equals < 0 ? '' : trimmed.slice(equals + 1)), source }];
}

function checkKeys(entries: readonly Entry[], name: string): void {
  const known = new Set<string>();
  for (const { key, source } of entries) {
    const [problem] = configMapKeyProblems(key);
    if (problem) throw new KustomizeError(`"${key}" is not a valid key name: ${problem}`, source);
    if (known.has(key)) throw new KustomizeError(`configmap ${name} illegally repeats the key \`${key}\``, source);
    known.add(key);
  }
}

function putData(value: JsonObject, kind: 'ConfigMap' | 'Secret', entries: readonly Entry[]): void {
  for (const { key, bytes, source } of entries) {
    const text = kind === 'ConfigMap' ? validText(bytes) : undefined;
    const field = kind === 'Secret' || text !== undefined ? 'data' : 'binaryData';
    const data = (value[field] ??= {}) as JsonObject;
    data[key] = text ?? base64(bytes);
    setFieldSource(data, key, source);
    setFieldSource(value, field, source);
  }
}

function validText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** In lines of 70 characters, each of them ended, once it is more than one. */
export function base64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64');
  return text.length < 70 ? text : text.replaceAll(/.{1,70}/g, (line) => `${line}\n`);
}
