import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { toYaml } from '../yaml';
import { KustomizeError } from './errors';
import type { KustomizeFiles } from './files';
import { FolderFiles } from './files';
import { addHashes } from './transformers';
import { contentHash } from './hash';
import { fixReferences } from './name-references';
import type { BuildNote } from './notes';
import { openApiSchemas } from './openapi';
import { builtInSchemas } from './patches';
import type { Origin, Resource } from './resource';
import { ResourceList } from './resource-list';
import { sorted } from './sort';
import { sourceAt } from './sources';
import type { Source } from './sources';
import { Target } from './target';
import type { BuildContext } from './target';
import { resolveVariables } from './vars';

/** An object that a kustomization makes. */
export interface BuiltObject {
  readonly value: JsonObject;
  /** The document or generator that it comes from. */
  readonly source: Source;
  /** Where the value at a path (steps; indices as text) comes from: base, patch, generator or transformer. */
  sourceOf(path: readonly string[]): Source;
}

export interface Build {
  readonly objects: readonly BuiltObject[];
  /** What kubectl says on standard error. */
  readonly warnings: readonly string[];
  readonly notes: readonly BuildNote[];
  /** All files that were read or looked for. */
  readonly files: ReadonlySet<string>;
}

/**
 * Builds a folder as `kubectl kustomize` (kustomize 5) does. Nothing is fetched and no plugin or program is run. Throws
 * `KustomizeError`; `files` collects what was read, also of a build that fails.
 */
export function buildKustomization(files: KustomizeFiles, folder: string, used = new Set<string>()): Build {
  const root = new FolderFiles(files, folder, used);
  const context: BuildContext = { files, used, warnings: [], notes: [], types: { schemas: builtInSchemas }, stack: [] };
  const target = Target.load(root, context);
  const { spec, at } = target.kustomization;
  if (spec.kind === 'Component')
    throw new KustomizeError('a Component is built by a kustomization that has it', at('kind'));
  context.types.schemas = openApiSchemas(spec, root, at) ?? builtInSchemas;
  const list = new ResourceList();
  const { config, variables } = target.accumulate(list);
  addHashes(list, contentHash);
  fixReferences(list, config.nameReference);
  const unused = resolveVariables(list, variables, config.varReference);
  list.items = sorted(list.items.filter(isKept), spec.sortOptions, at('sortOptions'));
  noteMetadata(list.items, spec.buildMetadata ?? [], at('buildMetadata'));
  const warnings = [...context.warnings];
  if (unused.length > 0) warnings.push(`well-defined vars that were never replaced: ${unused.join(',')}`);
  return { objects: list.items.map(built), warnings, notes: context.notes, files: used };
}

/** What is only there for the build, or for no build at all. */
function isKept(resource: Resource): boolean {
  const local = resource.stringMap('annotations')['config.kubernetes.io/local-config'];
  return !resource.empty && (local === undefined || local === 'false');
}

function built({ value, source }: Resource): BuiltObject {
  return { value, source, sourceOf: (path) => sourceAt(value, path) ?? source };
}

function noteMetadata(items: readonly Resource[], options: readonly string[], source: Source): void {
  for (const resource of items) {
    const annotations = resource.stringMap('annotations');
    if (options.includes('originAnnotations') && resource.origin)
      annotations['config.kubernetes.io/origin'] = originText(resource.origin);
    if (options.includes('transformerAnnotations') && resource.transformations.length > 0)
      annotations['alpha.config.kubernetes.io/transformations'] = transformationsText(resource.transformations);
    if (Object.keys(annotations).length > 0 || isObject(resource.metadata['annotations']))
      resource.setStringMap('annotations', annotations, source);
    if (!options.includes('managedByLabel')) continue;
    const labels = resource.stringMap('labels');
    labels['app.kubernetes.io/managed-by'] = 'kustomize-(devel)';
    resource.setStringMap('labels', labels, source);
  }
}

/** In the order of fields that kustomize has. */
function originText({ path, configuredIn, configuredBy }: Origin): string {
  if (!configuredBy) return `path: ${path}\n`;
  const { apiVersion, kind, name, namespace } = configuredBy;
  const named = (name ? `  name: ${name}\n` : '') + (namespace ? `  namespace: ${namespace}\n` : '');
  return `configuredIn: ${configuredIn}\nconfiguredBy:\n  apiVersion: ${apiVersion}\n  kind: ${kind}\n${named}`;
}

const transformationsText = (transformations: readonly Origin[]): string =>
  transformations.map((origin) => `- ${originText(origin).trimEnd().replaceAll('\n', '\n  ')}\n`).join('');

/** What `kubectl kustomize` prints. */
export function printBuild({ objects }: Build): string {
  return objects.map(({ value }) => toYaml(value)).join('---\n');
}
