import { posix } from 'node:path';
import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { FieldSpec } from './default-config';
import { KustomizeError } from './errors';
import { splitPath } from './field-specs';
import type { FolderFiles } from './files';
import { generate } from './generators';
import { contentHash } from './hash';
import { setImage } from './images';
import type { GeneratorEntry, ImageEntry, PatchEntry, ReplacementEntry, TargetSelector } from './kustomization';
import { applyPatch, loadPatch, patchOf } from './patches';
import type { PatchSchemas } from './patches';
import { applyReplacement, loadReplacements } from './replacements';
import { Resource, text } from './resource';
import type { ResourceList } from './resource-list';
import { attribute, setFieldSource } from './sources';
import type { Source } from './sources';
import { addAffix, addEntries, addHashes, setNamespace, setReplicas } from './transformers';

/** What an entry of `generators` or `transformers` describes, and what it works with. */
interface Plugin {
  readonly spec: JsonObject;
  readonly files: FolderFiles;
  readonly schemas: PatchSchemas;
  /** Where its own fields are written; without a field, where it is. */
  at(...path: (string | number)[]): Source;
}

type Generator = (plugin: Plugin) => Resource;
type Transformer = (list: ResourceList, plugin: Plugin) => void;

const generators: Record<string, Generator> = {
  ConfigMapGenerator: (plugin) => generated('ConfigMap', plugin),
  SecretGenerator: (plugin) => generated('Secret', plugin),
  IAMPolicyGenerator: serviceAccount,
};

const transformers: Record<string, Transformer> = {
  AnnotationsTransformer: (list, plugin) => addMap(list, plugin, 'annotations'),
  LabelTransformer: (list, plugin) => addMap(list, plugin, 'labels'),
  HashTransformer: (list) => addHashes(list, contentHash),
  PrefixTransformer: (list, plugin) => affix(list, plugin, 'prefix'),
  SuffixTransformer: (list, plugin) => affix(list, plugin, 'suffix'),
  PrefixSuffixTransformer(list, plugin) {
    affix(list, plugin, 'prefix');
    affix(list, plugin, 'suffix');
  },
  NamespaceTransformer(list, plugin) {
    const namespace = text(objectAt(plugin.spec, 'metadata')['namespace']);
    if (namespace) setNamespace(list, namespace, fieldSpecs(plugin), plugin.at('metadata', 'namespace'));
  },
  ImageTagTransformer(list, plugin) {
    setImage(list, objectAt(plugin.spec, 'imageTag') as ImageEntry, fieldSpecs(plugin), plugin.at('imageTag'));
  },
  ReplicaCountTransformer(list, plugin) {
    const { name, count } = objectAt(plugin.spec, 'replica');
    setReplicas(list, text(name), Number(count ?? 0), fieldSpecs(plugin), plugin.at('replica'));
  },
  ReplacementTransformer(list, plugin) {
    listAt(plugin.spec, 'replacements').forEach((entry, i) => {
      const at: Plugin['at'] = (...path) => plugin.at('replacements', i, ...path);
      for (const loaded of loadReplacements(entry as ReplacementEntry, plugin.files, at))
        applyReplacement(list, loaded.entry, loaded.at);
    });
  },
  PatchTransformer: (list, plugin) => patchWith(list, plugin, plugin.spec),
  PatchJson6902Transformer: (list, plugin) =>
    patchWith(list, plugin, { ...plugin.spec, patch: text(plugin.spec['jsonOp']) }),
  PatchStrategicMergeTransformer: mergePatches,
  ValueAddTransformer: addValue,
};

/** Runs a generator that kustomize has built in. Throws `KustomizeError` for a program, which is not run here. */
export function runGenerator(resource: Resource, files: FolderFiles, schemas: PatchSchemas): Resource {
  return builtIn(generators, 'generators', resource)(pluginOf(resource, files, schemas));
}

/** Runs a transformer that kustomize has built in; else as `runGenerator`. */
export function runTransformer(
  list: ResourceList,
  resource: Resource,
  files: FolderFiles,
  schemas: PatchSchemas,
): void {
  builtIn(transformers, 'transformers', resource)(list, pluginOf(resource, files, schemas));
}

function builtIn<T>(known: Record<string, T>, field: string, { value, gvk, source }: Resource): T {
  if (value['apiVersion'] === 'builtin' && Object.hasOwn(known, gvk.kind)) return known[gvk.kind]!;
  throw new KustomizeError(`${gvk.kind} is no plugin of kustomize itself: no program of ${field} is run here`, source);
}

function pluginOf({ value, source }: Resource, files: FolderFiles, schemas: PatchSchemas): Plugin {
  return { spec: value, files, schemas, at: () => source };
}

const objectAt = (value: JsonObject, field: string): JsonObject => {
  const found = value[field];
  return isObject(found) ? found : {};
};

const listAt = (value: JsonObject, field: string): unknown[] => {
  const found = value[field];
  return Array.isArray(found) ? found : [];
};

const fieldSpecs = ({ spec }: Plugin): FieldSpec[] =>
  listAt(spec, 'fieldSpecs').filter(isObject) as unknown as FieldSpec[];

function generated(kind: 'ConfigMap' | 'Secret', { spec, files, at }: Plugin): Resource {
  const { name, namespace } = objectAt(spec, 'metadata');
  const entry = { name, namespace, ...spec } as GeneratorEntry;
  const envs = [...(entry.envs ?? []), ...(entry.env ? [entry.env] : [])];
  return generate(kind, { ...entry, envs }, undefined, files, at);
}

/** The service account of a Google Cloud workload. */
function serviceAccount({ spec, at }: Plugin): Resource {
  if (spec['cloud'] !== 'gke')
    throw new KustomizeError(`cloud provider ${text(spec['cloud'])} not supported yet`, at());
  const account = objectAt(spec, 'serviceAccount');
  const email = `${text(account['name'])}@${text(account['projectId'])}.iam.gserviceaccount.com`;
  const { name, namespace } = objectAt(spec, 'kubernetesService');
  const value: JsonObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      annotations: { 'iam.gke.io/gcp-service-account': email },
      name,
      ...(namespace ? { namespace } : {}),
    },
  };
  attribute(value, at());
  return new Resource(value, at());
}

function addMap(list: ResourceList, plugin: Plugin, field: 'labels' | 'annotations'): void {
  addEntries(list, objectAt(plugin.spec, field) as Record<string, string>, fieldSpecs(plugin), (key) =>
    plugin.at(field, key),
  );
}

function affix(list: ResourceList, plugin: Plugin, kind: 'prefix' | 'suffix'): void {
  if (!Array.isArray(plugin.spec['fieldSpecs']))
    throw new KustomizeError('fieldSpecs is not expected to be nil', plugin.at());
  const value = text(plugin.spec[kind]);
  if (value) addAffix(list, kind, value, fieldSpecs(plugin), plugin.at(kind));
}

function patchWith(list: ResourceList, { files, schemas, at }: Plugin, entry: PatchEntry): void {
  applyPatch(list, entry, loadPatch(entry, files, at, undefined), schemas, at);
}

function mergePatches(list: ResourceList, { spec, files, schemas, at }: Plugin): void {
  const named = listAt(spec, 'paths').map((entry, i) => mergePatch(text(entry), files, at('paths', i)));
  const inline = text(spec['patches']);
  const patches = [...named, ...(inline ? [patchOf({ text: inline, place: at('patches') })] : [])];
  for (const patch of patches) applyPatch(list, {}, patch, schemas, at);
}

/** An entry is a file's name or the patch itself. */
export function mergePatch(
  entry: string,
  files: FolderFiles,
  place: Source,
  placing?: (offset: number) => number,
): ReturnType<typeof patchOf> {
  const isFile = files.kind(entry) === 'file' || !/\n|:\s/.test(entry);
  return isFile
    ? patchOf({ text: files.text(entry, place), file: files.path(entry), place })
    : patchOf({ text: entry, place, placing });
}

function addValue(list: ResourceList, plugin: Plugin): void {
  const { spec, files, at } = plugin;
  const value = text(spec['value']).trim() || posix.basename(files.root);
  for (const target of listAt(spec, 'targets').filter(isObject)) {
    const { selector, fieldPath, filePathPosition } = target;
    const selected = isObject(selector) ? list.select(selector as TargetSelector, at('targets')) : list.items;
    for (const resource of selected)
      setValue(resource.value, splitPath(text(fieldPath)), at(), (old) =>
        inPath(old, value, Number(filePathPosition ?? 0)),
      );
  }
}

function setValue(map: JsonObject, path: readonly string[], source: Source, change: (old: string) => string): void {
  const [step = '', ...rest] = path;
  if (rest.length === 0) {
    map[step] = change(text(map[step]));
    setFieldSource(map, step, source);
  } else if (isObject((map[step] ??= {}))) setValue(map[step] as JsonObject, rest, source, change);
}

/** Puts a part into a path of files before the part at a position, which counts from 1; 0 replaces the whole. */
function inPath(old: string, part: string, position: number): string {
  if (position < 1) return part;
  const parts = old.split('/').filter(Boolean);
  parts.splice(position - 1, 0, part);
  return `${old.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}
