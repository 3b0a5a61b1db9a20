import { posix } from 'node:path';
import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { BuildNote } from './notes';
import { configOf, emptyConfig, mergeConfigs } from './config';
import type { TransformerConfig } from './default-config';
import { loadDocuments } from './documents';
import { KustomizeError } from './errors';
import { FolderFiles, isRemote } from './files';
import type { KustomizeFiles } from './files';
import { generate } from './generators';
import { setImage } from './images';
import { loadKustomization } from './kustomization';
import type { GeneratorEntry, LoadedKustomization, PatchEntry } from './kustomization';
import { openApiSchemas } from './openapi';
import { applyPatch, isEmpty, loadPatch } from './patches';
import type { PatchSchemas } from './patches';
import { mergePatch, runGenerator, runTransformer } from './plugins';
import { applyReplacement, loadReplacements } from './replacements';
import { Resource } from './resource';
import type { Origin } from './resource';
import { ResourceList } from './resource-list';
import type { Source } from './sources';
import { addAffix, addEntries, labelFields, setNamespace, setReplicas } from './transformers';
import { bindVariable } from './vars';
import type { Variable } from './vars';

export interface BuildContext {
  readonly files: KustomizeFiles;
  readonly used: Set<string>;
  readonly warnings: string[];
  readonly notes: BuildNote[];
  /** The outermost kustomization may bring types of its own. */
  readonly types: { schemas: PatchSchemas };
  /** Folders that are being built, for cycles. */
  readonly stack: readonly string[];
}

export interface Accumulated {
  config: TransformerConfig;
  variables: Variable[];
}

/** One kustomization or component on its way from resources over generators and components to transformers. */
export class Target {
  private constructor(
    readonly kustomization: LoadedKustomization,
    private readonly files: FolderFiles,
    private readonly context: BuildContext,
    /** The folder as the outermost kustomization would name it. */
    private readonly path: string,
  ) {}

  static load(files: FolderFiles, context: BuildContext, path = '', asked?: Source): Target {
    if (context.stack.includes(files.root)) {
      const cycle = [...context.stack.slice(context.stack.indexOf(files.root)), files.root].join(' → ');
      throw new KustomizeError(`cycle detected: ${cycle}`, asked);
    }
    const kustomization = loadKustomization(files, asked);
    context.warnings.push(...kustomization.deprecations);
    const target = new Target(kustomization, files, { ...context, stack: [...context.stack, files.root] }, path);
    target.noteDeprecations();
    return target;
  }

  private get at(): LoadedKustomization['at'] {
    return this.kustomization.at;
  }

  private noteDeprecations(): void {
    for (const message of this.kustomization.deprecations) {
      const [, field = '', instead = ''] = /'(\w+)' is deprecated\. Please use '(\w+)'/.exec(message) ?? [];
      const range = this.kustomization.document?.pathRange([field])?.key;
      const source = range ? { file: this.kustomization.file, start: range.start, end: range.end } : this.at(field);
      this.context.notes.push({ code: 'Deprecated', message: `'${field}' is deprecated: use '${instead}'`, source });
    }
  }

  /** Adds to a list and changes it; components work on what their kustomization has. */
  accumulate(list: ResourceList, into: Accumulated = { config: emptyConfig(), variables: [] }): Accumulated {
    openApiSchemas(this.kustomization.spec, this.files, this.at);
    this.addResources(list, into);
    into.config = mergeConfigs(into.config, configOf(this.kustomization, this.files));
    this.runGenerators(list);
    this.addComponents(list, into);
    this.runTransformers(list, into.config);
    this.kustomization.spec.vars?.forEach((entry, i) => {
      addVariable(into, bindVariable(list, entry, this.at('vars', i)));
    });
    return into;
  }

  private addResources(list: ResourceList, into: Accumulated): void {
    this.kustomization.spec.resources?.forEach((entry, i) => {
      this.addResource(list, into, entry, this.at('resources', i));
    });
  }

  private addResource(list: ResourceList, into: Accumulated, entry: string, source: Source): void {
      if (this.files.kind(entry) !== 'folder') return this.addFile(list, entry, source);
      const files = this.folder(entry, source);
      const target = Target.load(files, this.context, posix.join(this.path, entry), source);
      if (target.kustomization.spec.kind === 'Component')
        throw new KustomizeError(`'${entry}' is a Component: it belongs under components`, source);
      const own = new ResourceList();
      const { config, variables } = target.accumulate(own);
      for (const resource of own.items) list.append(resource);
      into.config = mergeConfigs(into.config, config);
      for (const variable of variables) addVariable(into, variable);
  }

  private addComponents(list: ResourceList, into: Accumulated): void {
    this.kustomization.spec.components?.forEach((entry, i) => {
      const source = this.at('components', i);
      const target = Target.load(this.folder(entry, source), this.context, posix.join(this.path, entry), source);
      if (target.kustomization.spec.kind !== 'Component')
        throw new KustomizeError(`'${entry}' is not a Component: it belongs under resources`, source);
      target.accumulate(list, into);
    });
  }

  private folder(entry: string, source: Source): FolderFiles {
    if (isRemote(entry)) throw new KustomizeError(`'${entry}' is remote, and nothing is fetched`, source);
    const kind = this.files.kind(entry);
    if (kind !== 'folder') throw new KustomizeError(`no such folder: '${entry}'`, source);
    return new FolderFiles(this.context.files, this.files.path(entry), this.context.used);
  }

  private addFile(list: ResourceList, entry: string, source: Source): void {
    if (!isRemote(entry) && this.files.kind(entry) === undefined) {
      this.context.used.add(this.files.path(entry));
      throw new KustomizeError(`no such file or folder: '${entry}'`, source);
    }
    const file = this.files.path(entry);
    for (const resource of resourcesOf(file, this.files.text(entry, source))) {
      resource.origin = { path: posix.join(this.path, entry) };
      list.append(resource);
    }
  }

  private runGenerators(list: ResourceList): void {
    const { spec } = this.kustomization;
    const run = (
      kind: 'ConfigMap' | 'Secret',
      field: 'configMapGenerator' | 'secretGenerator',
      entries: GeneratorEntry[] = [],
    ) =>
      entries.forEach((entry, i) => {
        const resource = generate(kind, entry, spec.generatorOptions, this.files, (...path) =>
          this.at(field, i, ...path),
        );
        resource.origin = {
          configuredIn: this.configuredIn,
          configuredBy: { apiVersion: 'builtin', kind: `${kind}Generator` },
        };
        list.absorb(resource);
      });
    run('ConfigMap', 'configMapGenerator', spec.configMapGenerator);
    run('Secret', 'secretGenerator', spec.secretGenerator);
    for (const field of ['helmCharts', 'helmChartInflationGenerator'] as const) {
      if (spec[field]?.length)
        throw new KustomizeError(
          `${field} needs helm: render the chart and name the result under resources`,
          this.at(field),
        );
    }
    for (const plugin of this.plugins('generators')) {
      const resource = runGenerator(plugin, this.files, this.context.types.schemas);
      resource.origin ??= this.pluginOrigin(plugin);
      list.absorb(resource);
    }
    if (spec.validators?.length)
      throw new KustomizeError('validators are programs, and none is run here', this.at('validators'));
  }

  /** What `generators` or `transformers` describe: in place first, then in files, or as a kustomization makes it. */
  private plugins(field: 'generators' | 'transformers'): readonly Resource[] {
    const list = new ResourceList();
    const into: Accumulated = { config: emptyConfig(), variables: [] };
    const entries = (this.kustomization.spec[field] ?? []).map((entry, i) => ({ entry, source: this.at(field, i) }));
    const isInline = (entry: string) => /\n|:\s/.test(entry);
    for (const { entry, source } of entries.filter((one) => isInline(one.entry))) {
      for (const { value } of resourcesOf(this.kustomization.file, entry)) {
        const resource = checked(value, source);
        resource.origin = { path: this.configuredIn };
        list.append(resource);
      }
    }
    for (const { entry, source } of entries) if (!isInline(entry)) this.addResource(list, into, entry, source);
    return list.items;
  }

  private pluginOrigin({ origin, gvk, name, namespace }: Resource): Origin {
    const configuredBy = { apiVersion: 'builtin', kind: gvk.kind, name, namespace };
    return { configuredIn: origin?.path ?? this.configuredIn, configuredBy };
  }

  private get configuredIn(): string {
    return posix.join(this.path, this.kustomization.fileName);
  }

  private runTransformers(list: ResourceList, config: TransformerConfig): void {
    const { spec } = this.kustomization;
    this.runPatches(list);
    if (spec.namespace) {
      setNamespace(list, spec.namespace, config.namespace, this.at('namespace'));
      this.noteTransformer(list, 'NamespaceTransformer');
    }
    if (spec.namePrefix) this.affix(list, 'prefix', spec.namePrefix, config);
    if (spec.nameSuffix) this.affix(list, 'suffix', spec.nameSuffix, config);
    this.runLabels(list, config);
    if (spec.commonAnnotations && Object.keys(spec.commonAnnotations).length > 0) {
      addEntries(list, spec.commonAnnotations, config.commonAnnotations, (key) => this.at('commonAnnotations', key));
      this.noteTransformer(list, 'AnnotationsTransformer');
    }
    this.runJsonPatches(list);
    spec.replicas?.forEach(({ name = '', count = 0 }, i) => {
      setReplicas(list, name, count, config.replicas, this.at('replicas', i, 'count'));
      this.noteTransformer(list, 'ReplicaCountTransformer');
    });
    this.runImages(list, config);
    this.runReplacements(list);
    for (const plugin of this.plugins('transformers')) {
      runTransformer(list, plugin, this.files, this.context.types.schemas);
      const note = this.pluginOrigin(plugin);
      for (const resource of list.items) resource.transformations.push(note);
    }
  }

  private affix(list: ResourceList, affix: 'prefix' | 'suffix', value: string, config: TransformerConfig): void {
    const field = affix === 'prefix' ? 'namePrefix' : 'nameSuffix';
    addAffix(list, affix, value, config[field], this.at(field));
    this.noteTransformer(list, affix === 'prefix' ? 'PrefixTransformer' : 'SuffixTransformer');
  }

  private runPatches(list: ResourceList): void {
    const { spec } = this.kustomization;
    if (spec.patchesStrategicMerge?.length) {
      let empty = true;
      spec.patchesStrategicMerge.forEach((entry, i) => {
        const at = () => this.at('patchesStrategicMerge', i);
        const placing = this.kustomization.placing('patchesStrategicMerge', i);
        const patch = mergePatch(entry, this.files, at(), placing);
        if (!isEmpty(patch)) empty = false;
        applyPatch(list, {}, patch, this.context.types.schemas, at);
      });
      if (empty) throw new KustomizeError('all patches appear to be empty', this.at('patchesStrategicMerge'));
      this.noteTransformer(list, 'PatchStrategicMergeTransformer');
    }
    spec.patches?.forEach((entry, i) => {
      this.applyEntry(list, entry, 'patches', i);
      this.noteTransformer(list, 'PatchTransformer');
    });
  }

  private applyEntry(list: ResourceList, entry: PatchEntry, ...field: [name: string, index: number]): void {
    const at: LoadedKustomization['at'] = (...path) => this.at(...field, ...path);
    const patch = loadPatch(entry, this.files, at, this.kustomization.placing(...field, 'patch'));
    const count = applyPatch(list, entry, patch, this.context.types.schemas, at);
    if (count > 0 || !entry.target) return;
    const message = 'this patch changes nothing: its target matches no resource';
    this.context.notes.push({ code: 'UnusedPatch', message, source: at('target') });
  }

  private runJsonPatches(list: ResourceList): void {
    this.kustomization.spec.patchesJson6902?.forEach((entry, i) => {
      this.applyEntry(list, entry, 'patchesJson6902', i);
      this.noteTransformer(list, 'PatchJson6902Transformer');
    });
  }

  private runLabels(list: ResourceList, config: TransformerConfig): void {
    const { labels = [], commonLabels = {} } = this.kustomization.spec;
    labels.forEach((entry, i) => {
      const specs = labelFields(entry, config.commonLabels, config.templateLabels);
      addEntries(list, entry.pairs ?? {}, specs, (key) => this.at('labels', i, 'pairs', key));
      this.noteTransformer(list, 'LabelTransformer');
    });
    if (labels.length === 0 && Object.keys(commonLabels).length === 0) return;
    addEntries(list, commonLabels, config.commonLabels, (key) => this.at('commonLabels', key));
    this.noteTransformer(list, 'LabelTransformer');
  }

  private runImages(list: ResourceList, config: TransformerConfig): void {
    this.kustomization.spec.images?.forEach((entry, i) => {
      const source = this.at('images', i, 'name');
      const place = this.at('images', i, entry.newTag ? 'newTag' : entry.digest ? 'digest' : 'newName');
      if (!setImage(list, entry, config.images, place)) {
        const message = `no container has the image ${entry.name ?? ''}`;
        this.context.notes.push({ code: 'UnusedImage', message, source });
      }
      this.noteTransformer(list, 'ImageTagTransformer');
    });
  }

  private runReplacements(list: ResourceList): void {
    const entries = this.kustomization.spec.replacements ?? [];
    entries.forEach((entry, i) => {
      for (const loaded of loadReplacements(entry, this.files, (...path) => this.at('replacements', i, ...path)))
        applyReplacement(list, loaded.entry, loaded.at);
    });
    if (entries.length > 0) this.noteTransformer(list, 'ReplacementTransformer');
  }

  private noteTransformer(list: ResourceList, kind: string): void {
    const note = { configuredIn: this.configuredIn, configuredBy: { apiVersion: 'builtin', kind } };
    for (const resource of list.items) resource.transformations.push(note);
  }
}

function addVariable({ variables }: Accumulated, variable: Variable): void {
  if (variables.some(({ name }) => name === variable.name))
    throw new KustomizeError(`var '${variable.name}' already encountered`, variable.source);
  variables.push(variable);
}

/** The objects of a file; lists are taken apart. */
function resourcesOf(file: string, text: string): Resource[] {
  const found: Resource[] = [];
  const queue: { value: unknown; source: Source }[] = loadDocuments(file, text);
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { value, source } = next;
    if (value === null || (isObject(value) && Object.keys(value).length === 0)) continue;
    if (!isObject(value)) throw new KustomizeError('a resource has to be a map', source);
    const { kind, items } = value;
    if (typeof kind !== 'string' || !kind.endsWith('List')) found.push(checked(value, source));
    else if (items === undefined) found.push(checked(value, source));
    else if (Array.isArray(items)) queue.push(...items.map((item: unknown) => ({ value: item, source })));
    else if (items !== null) throw new KustomizeError(`expected array in ${kind}/items`, source);
  }
  return found;
}

function checked(value: JsonObject, source: Source): Resource {
  const resource = new Resource(value, source);
  if (!resource.gvk.kind)
    throw new KustomizeError('missing Kind: an object needs apiVersion, kind and metadata.name', source);
  if (!resource.name) throw new KustomizeError(`missing metadata.name in object of kind ${resource.gvk.kind}`, source);
  return resource;
}
