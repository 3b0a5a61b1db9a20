import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { parseManifests } from '../yaml';
import type { ParsedDocument } from '../yaml';
import type { Placing } from './documents';
import { KustomizeError } from './errors';
import { fileNames } from './files';
import type { FolderFiles } from './files';
import { fieldName, kustomizationProblems } from './problems';
import { kustomizationSchema } from './schema';
import type { Schema } from '../schema';
import type { Source } from './sources';

/** What a patch or a replacement is for. */
export interface TargetSelector {
  group?: string;
  version?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  labelSelector?: string;
  annotationSelector?: string;
}

export interface PatchEntry {
  path?: string;
  patch?: string;
  target?: TargetSelector;
  options?: Record<string, boolean>;
}

export interface GeneratorOptions {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  disableNameSuffixHash?: boolean;
  immutable?: boolean;
}

export interface GeneratorEntry {
  name?: string;
  namespace?: string;
  behavior?: string;
  literals?: string[];
  files?: string[];
  envs?: string[];
  env?: string;
  type?: string;
  options?: GeneratorOptions;
}

export interface LabelEntry {
  pairs?: Record<string, string>;
  includeSelectors?: boolean;
  includeTemplates?: boolean;
  fields?: { path: string; create?: boolean; group?: string; version?: string; kind?: string }[];
}

export interface ImageEntry {
  name?: string;
  newName?: string;
  newTag?: string;
  tagSuffix?: string;
  digest?: string;
}

export interface FieldOptions {
  delimiter?: string;
  index?: number;
  create?: boolean;
}

export interface ReplacementEntry {
  path?: string;
  source?: TargetSelector & { fieldPath?: string; options?: FieldOptions };
  sourceValue?: string;
  targets?: { select?: TargetSelector; reject?: TargetSelector[]; fieldPaths?: string[]; options?: FieldOptions }[];
}

export interface VarEntry {
  name?: string;
  objref?: { apiVersion?: string; group?: string; version?: string; kind?: string; name?: string; namespace?: string };
  fieldref?: { fieldpath?: string; fieldPath?: string };
}

export interface SortOptions {
  order?: string;
  legacySortOptions?: { orderFirst?: string[]; orderLast?: string[] };
}

/** A kustomization as it is written, deprecated fields moved to those that took their place. */
export interface Kustomization {
  kind?: string;
  resources?: string[];
  components?: string[];
  crds?: string[];
  configurations?: string[];
  generators?: string[];
  transformers?: string[];
  validators?: string[];
  namePrefix?: string;
  nameSuffix?: string;
  namespace?: string;
  commonLabels?: Record<string, string>;
  commonAnnotations?: Record<string, string>;
  labels?: LabelEntry[];
  patches?: PatchEntry[];
  patchesStrategicMerge?: string[];
  patchesJson6902?: PatchEntry[];
  images?: ImageEntry[];
  replicas?: { name?: string; count?: number }[];
  replacements?: ReplacementEntry[];
  vars?: VarEntry[];
  configMapGenerator?: GeneratorEntry[];
  secretGenerator?: GeneratorEntry[];
  generatorOptions?: GeneratorOptions;
  sortOptions?: SortOptions;
  buildMetadata?: string[];
  openapi?: { version?: string; path?: string };
  helmCharts?: JsonObject[];
  helmChartInflationGenerator?: JsonObject[];
}

/** A kustomization with where it is from. */
export interface LoadedKustomization {
  readonly file: string;
  readonly fileName: string;
  readonly spec: Kustomization;
  readonly document: ParsedDocument | undefined;
  readonly deprecations: readonly string[];
  /** Where an entry is written: `at('patches', 0, 'path')`. */
  at(...path: (string | number)[]): Source;
  /** Where the parts of a text are that is written as a block. */
  placing(...path: (string | number)[]): Placing | undefined;
}

const warning = (field: string, instead: string, experimental = '') =>
  `# Warning: '${field}' is deprecated. Please use '${instead}' instead. ` +
  `${experimental}Run 'kustomize edit fix' to update your Kustomization automatically.`;

/** In the order in which kustomize warns. */
const deprecated: [field: string, message: string][] = [
  ['bases', warning('bases', 'resources')],
  ['imageTags', warning('imageTags', 'images')],
  ['patchesJson6902', warning('patchesJson6902', 'patches')],
  ['patchesStrategicMerge', warning('patchesStrategicMerge', 'patches')],
  ['vars', warning('vars', 'replacements', '[EXPERIMENTAL] ')],
  ['commonLabels', warning('commonLabels', 'labels')],
];

/** The kustomization of a folder. Throws `KustomizeError` where it has none or several, or one that can't be read. */
export function loadKustomization(files: FolderFiles, asked?: Source): LoadedKustomization {
  const found = fileNames.filter((name) => files.kind(name) === 'file');
  for (const name of fileNames) files.used.add(files.path(name));
  const [fileName] = found;
  if (!fileName) {
    throw new KustomizeError(`'${files.root}' has no kustomization file (${fileNames.join(', ')})`, asked);
  }
  if (found.length > 1) {
    throw new KustomizeError(`'${files.root}' has several kustomization files: ${found.join(', ')}`, asked);
  }
  const file = files.path(fileName);
  return parseKustomization(file, fileName, new TextDecoder().decode(files.files.read(file) ?? new Uint8Array()));
}

function parseKustomization(file: string, fileName: string, text: string): LoadedKustomization {
  const documents = parseManifests(text);
  const [document] = documents;
  const at = (...path: (string | number)[]): Source => placeOf(document, file, path.map(String));
  if (!document || !isObject(document.value) || Object.keys(document.value).length === 0) {
    throw documents[0]?.errors[0]
      ? syntax(file, documents[0])
      : new KustomizeError('the kustomization is empty', { file });
  }
  if (document.errors[0]) throw syntax(file, document);
  const [problem] = kustomizationProblems(document.value);
  if (problem) throw new KustomizeError(problem.message, at(...problem.path));
  const given = withoutNulls(document.value, kustomizationSchema) as JsonObject & Kustomization;
  const deprecations = deprecated
    .filter(([field]) => given[field as keyof Kustomization])
    .map(([, message]) => message);
  const placing = (...path: (string | number)[]) => blockPlacing(text, document, path.map(String));
  return { file, fileName, document, deprecations, at, placing, spec: modernized(given) };
}

function syntax(file: string, { errors }: ParsedDocument): KustomizeError {
  const [{ message, offset, line }] = errors as [ParsedDocument['errors'][0]];
  return new KustomizeError(message, { file, start: offset, end: offset + 1 }, line);
}

/** Offsets of a literal block's content in the text around it; undefined of a scalar of another style. */
function blockPlacing(text: string, document: ParsedDocument, path: readonly string[]): Placing | undefined {
  const range = document.pathRange(path)?.value;
  const value = path.reduce<unknown>((at, step) => (at as JsonObject | undefined)?.[step], document.value);
  if (!range || typeof value !== 'string' || text[range.start] !== '|') return undefined;
  const places: number[] = [];
  let at = text.indexOf('\n', range.start) + 1;
  for (const line of value.split('\n')) {
    const end = text.indexOf('\n', at);
    const whole = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '');
    if (line !== '' && !whole.endsWith(line)) return undefined;
    const indent = line === '' ? 0 : whole.length - line.length;
    for (let i = 0; i <= line.length; i++) places.push(at + indent + i);
    at = end < 0 ? text.length : end + 1;
  }
  return (offset) => places[offset] ?? range.end;
}

function placeOf(document: ParsedDocument | undefined, file: string, path: readonly string[]): Source {
  for (let length = path.length; length > 0; length--) {
    const range = document?.pathRange(path.slice(0, length));
    if (range) return { file, start: range.start, end: range.end };
  }
  return { file, start: 0, end: 0 };
}

/** Go takes a null for nothing (a field is left out, an item is empty), and a key in whatever case. */
function withoutNulls(value: unknown, schema: Schema): unknown {
  const { items, properties, additionalProperties } = schema;
  if (Array.isArray(value)) {
    const empty = () => (items?.type === 'object' ? {} : '');
    return value.map((item) => (item === null ? empty() : withoutNulls(item, items ?? {})));
  }
  if (!isObject(value)) return value;
  const other = typeof additionalProperties === 'object' ? additionalProperties : {};
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  const named = kept.map(([key, field]) => [(properties && fieldName(properties, key)) ?? key, field] as const);
  return Object.fromEntries(named.map(([name, field]) => [name, withoutNulls(field, properties?.[name] ?? other)]));
}

function modernized(given: JsonObject & Kustomization & { bases?: string[]; imageTags?: ImageEntry[] }): Kustomization {
  const { bases, imageTags, ...spec } = given;
  const envs = (entries: GeneratorEntry[] | undefined) =>
    entries?.map(({ env, ...entry }) => (env ? { ...entry, envs: [...(entry.envs ?? []), env] } : entry));
  return {
    ...spec,
    ...(bases && { resources: [...(spec.resources ?? []), ...bases] }),
    ...(imageTags && { images: [...(spec.images ?? []), ...imageTags] }),
    ...(spec.configMapGenerator && { configMapGenerator: envs(spec.configMapGenerator)! }),
    ...(spec.secretGenerator && { secretGenerator: envs(spec.secretGenerator)! }),
  };
}
