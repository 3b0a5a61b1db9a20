import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { parseManifests } from '../yaml';
import { defaultConfig } from './default-config';
import type { FieldSpec, NameReference, TransformerConfig } from './default-config';
import { KustomizeError } from './errors';
import type { FolderFiles } from './files';
import { isSelected } from './ids';
import type { LoadedKustomization } from './kustomization';
import type { Source } from './sources';
import { mergeSpecs } from './transformers';

const lists = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'templateLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
] as const;

export function emptyConfig(): TransformerConfig {
  const none = Object.fromEntries(lists.map((name) => [name, [] as FieldSpec[]])) as Record<
    (typeof lists)[number],
    FieldSpec[]
  >;
  return { ...none, nameReference: [] };
}

export function mergeConfigs(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  const merged = emptyConfig();
  for (const name of lists) merged[name] = withoutCovered(mergeSpecs(a[name], b[name]));
  merged.nameReference = b.nameReference.reduce(mergeReference, [...a.nameReference]);
  return merged;
}

/** As in kustomize, one for all kinds gives way to those that are for some at the same path. */
function withoutCovered(specs: readonly FieldSpec[]): FieldSpec[] {
  const covered = (spec: FieldSpec) =>
    specs.some((other) => other !== spec && other.path === spec.path && isSelected(selectorOf(other), spec));
  return specs.filter((spec) => !covered(spec));
}

const selectorOf = ({ group = '', version = '', kind = '' }: FieldSpec) => ({ group, version, kind });

function mergeReference(references: NameReference[], more: NameReference): NameReference[] {
  const same = ({ group = '', version = '', kind = '' }: NameReference) =>
    group === (more.group ?? '') && version === (more.version ?? '') && kind === (more.kind ?? '');
  if (!references.some(same)) return [...references, more];
  return references.map((known) =>
    same(known) ? { ...known, fieldSpecs: mergeSpecs(known.fieldSpecs, more.fieldSpecs) } : known,
  );
}

/** The built-in configuration with that of a kustomization's `configurations` and `crds`. */
export function configOf({ spec, at }: LoadedKustomization, files: FolderFiles): TransformerConfig {
  let config = defaultConfig;
  spec.configurations?.forEach((entry, i) => {
    config = mergeConfigs(config, readConfig(objectOf(files, entry, at('configurations', i))));
  });
  spec.crds?.forEach((entry, i) => {
    config = mergeConfigs(config, crdConfig(objectOf(files, entry, at('crds', i))));
  });
  return config;
}

function objectOf(files: FolderFiles, entry: string, source: Source): JsonObject {
  const [document] = parseManifests(files.text(entry, source));
  const error = document?.errors[0];
  if (error) {
    const file = files.path(entry);
    throw new KustomizeError(error.message, { file, start: error.offset, end: error.offset + 1 }, error.line);
  }
  return isObject(document?.value) ? document.value : {};
}

function readConfig(value: JsonObject): TransformerConfig {
  const config = emptyConfig();
  for (const name of lists) config[name] = specsOf(value[name]);
  const references = Array.isArray(value['nameReference']) ? value['nameReference'] : [];
  config.nameReference = references
    .filter(isObject)
    .map((reference) => ({ ...gvkOf(reference), fieldSpecs: specsOf(reference['fieldSpecs']) }));
  return config;
}

function specsOf(value: unknown): FieldSpec[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isObject)
    .map((spec) => ({ ...gvkOf(spec), path: String(spec['path'] ?? ''), create: spec['create'] === true }));
}

function gvkOf(value: JsonObject): { group?: string; version?: string; kind?: string } {
  const text = (key: 'group' | 'version' | 'kind') => (typeof value[key] === 'string' ? { [key]: value[key] } : {});
  return { ...text('group'), ...text('version'), ...text('kind') };
}

/** What OpenAPI definitions say about custom kinds by `x-kubernetes-…` extensions. */
function crdConfig(definitions: JsonObject): TransformerConfig {
  let config = emptyConfig();
  for (const [name, definition] of Object.entries(definitions)) {
    const properties = propertiesOf(definition);
    if (!['apiVersion', 'kind', 'metadata'].every((field) => Object.hasOwn(properties, field))) continue;
    const kind = name.slice(name.lastIndexOf('.') + 1);
    config = mergeConfigs(config, typeConfig(definitions, name, kind, [], new Set()));
  }
  return config;
}

function propertiesOf(definition: unknown): JsonObject {
  const schema = isObject(definition) ? definition['Schema'] : undefined;
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? properties : {};
}

function typeConfig(all: JsonObject, name: string, kind: string, path: string[], seen: Set<string>): TransformerConfig {
  let config = emptyConfig();
  if (seen.has(name)) return config;
  for (const [field, property] of Object.entries(propertiesOf(all[name]))) {
    if (!isObject(property)) continue;
    const spec = (...more: string[]) => ({ kind, path: [...path, field, ...more].join('/') });
    if ('x-kubernetes-annotation' in property) config.commonAnnotations.push(spec());
    if ('x-kubernetes-label-selector' in property) config.commonLabels.push(spec());
    if ('x-kubernetes-identity' in property) config.namePrefix.push(spec());
    const version = property['x-kubernetes-object-ref-api-version'];
    const target = property['x-kubernetes-object-ref-kind'];
    if (typeof version === 'string' && typeof target === 'string') {
      const key = String(property['x-kubernetes-object-ref-name-key'] ?? 'name');
      config.nameReference.push({ kind: target, version, fieldSpecs: [spec(key)] });
    }
    if (typeof property['$ref'] === 'string')
      config = mergeConfigs(
        config,
        typeConfig(all, property['$ref'], kind, [...path, field], new Set([...seen, name])),
      );
  }
  return config;
}
