import { catalogue } from '../catalogue';
import { applyJsonPatch } from '../patch/json-patch';
import { PatchError } from '../patch/patch-error';
import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { Schema, TypeResolver } from '../schema';
import { isJson, parseManifests } from '../yaml';
import type { ParsedDocument, Range } from '../yaml';
import { loadDocuments } from './documents';
import type { LoadedDocument, Placing } from './documents';
import { KustomizeError } from './errors';
import type { FolderFiles } from './files';
import { gvkOf, idText } from './ids';
import type { Gvk } from './ids';
import type { PatchEntry } from './kustomization';
import { MergeError, mergePatch } from './merge';
import { Resource } from './resource';
import type { ResourceList } from './resource-list';
import { attribute, copyWithSources, inheritSources } from './sources';
import type { Source } from './sources';

/** The types that lists are merged by. */
export interface PatchSchemas {
  schemaOf(gvk: Gvk): Schema | undefined;
  resolver: TypeResolver;
}

export const builtInSchemas: PatchSchemas = {
  schemaOf: (gvk) =>
    (
      catalogue.byKind(gvk) ??
      catalogue
        .allResources()
        .find((info) => info.kind === gvk.kind && info.group === gvk.group && info.version === gvk.version)
    )?.schema,
  resolver: catalogue,
};

export type LoadedPatch =
  | { kind: 'merge'; documents: { value: JsonObject; source: Source }[]; file: string | undefined }
  | { kind: 'json'; operations: { operation: unknown; source: Source }[]; file: string | undefined };

type At = (...path: (string | number)[]) => Source;

/** The text of a patch: a file, or a part of the kustomization. */
export interface PatchText {
  readonly text: string;
  /** Where the patch, or the name of its file, is written. */
  readonly place: Source;
  readonly file?: string;
  /** Where parts of a patch that is written in the kustomization are, if that can be told. */
  readonly placing?: Placing | undefined;
}

/** Reads what an entry of `patches` has, and tells from it what it is. */
export function loadPatch(entry: PatchEntry, files: FolderFiles, at: At, placing: Placing | undefined): LoadedPatch {
  const inline = entry.patch?.trim() ? entry.patch : undefined;
  if (!inline && !entry.path) throw new KustomizeError('a patch needs one of patch and path', at());
  if (inline && entry.path) throw new KustomizeError("patch and path can't be set at the same time", at());
  if (inline) return patchOf({ text: inline, place: at('patch'), placing });
  const place = at('path');
  return patchOf({ text: files.text(entry.path!, place), place, file: files.path(entry.path!) });
}

export function patchOf(patch: PatchText): LoadedPatch {
  const { text, place, file } = patch;
  const placing = file ? (offset: number) => offset : patch.placing;
  const sourceOf = ({ start, end }: Range): Source | undefined =>
    placing && { file: file ?? place.file, start: placing(start), end: placing(end) };
  const operations = jsonOperations(text, (range) => (range && sourceOf(range)) ?? place);
  if (operations) return { kind: 'json', operations, file };
  const written = documentsOf(patch, placing);
  if (written.some(({ value }) => !isObject(value) && value !== null))
    throw new KustomizeError('unable to parse a strategic merge or JSON patch from this', place);
  const documents = written.filter(({ value }) => isObject(value) && Object.keys(value).length > 0);
  return {
    kind: 'merge',
    file,
    documents: documents.map(({ value, source }) => {
      checkKind(value as JsonObject, placing ? source : place);
      return placing
        ? { value: value as JsonObject, source }
        : { value: attributed(value as JsonObject, place), source: place };
    }),
  };
}

/** Of nothing but comments. */
export const isEmpty = (patch: LoadedPatch): boolean => patch.kind === 'merge' && patch.documents.length === 0;

function documentsOf({ text, place, file }: PatchText, placing: Placing | undefined): LoadedDocument[] {
  try {
    return loadDocuments(file ?? place.file, text, placing);
  } catch (error) {
    // Without a way to place them, offsets are those of the patch's text.
    throw error instanceof KustomizeError && !placing ? new KustomizeError(error.problem, place) : error;
  }
}

function attributed(value: JsonObject, place: Source): JsonObject {
  const copy = structuredClone(value);
  attribute(copy, place);
  return copy;
}

function checkKind({ kind, metadata }: JsonObject, source: Source): void {
  const name = isObject(metadata) ? metadata['name'] : undefined;
  const lacking = !kind ? 'kind' : !name ? 'metadata.name' : undefined;
  if (lacking) throw new KustomizeError(`missing ${lacking} in a strategic merge patch`, source);
}

function jsonOperations(
  text: string,
  place: (range: Range | undefined) => Source,
): { operation: unknown; source: Source }[] | undefined {
  // What begins like JSON has to be JSON.
  if (text.startsWith('[') && !isJson(text)) return undefined;
  const [document] = parseManifests(text);
  const value = document?.errors.length === 0 ? document.value : undefined;
  if (!Array.isArray(value) || !value.every((item) => isObject(item) && 'op' in item)) return undefined;
  return value.map((operation, i) => ({ operation, source: place(document && operationRange(document, i)) }));
}

/** The value that an operation brings, or else where it is applied. */
function operationRange(document: ParsedDocument, i: number): Range | undefined {
  const range = (field: string) => document.pathRange([String(i), field]);
  return range('value') ?? range('path') ?? range('op');
}

/** Changes the resources that the patch is for; returns how many there are. */
export function applyPatch(
  list: ResourceList,
  entry: PatchEntry,
  patch: LoadedPatch,
  schemas: PatchSchemas,
  at: At,
): number {
  const { target } = entry;
  if (patch.kind === 'json') {
    if (!target) throw new KustomizeError('a JSON patch must have a target', at());
    const selected = list.select(target, at('target'));
    for (const resource of selected) applyOperations(resource, patch);
    return selected.length;
  }
  let count = 0;
  for (const document of patch.documents) {
    const selected = target ? list.select(target, at('target')) : [named(list, document)];
    for (const resource of selected) applyDocument(resource, document, entry, Boolean(target), schemas);
    count += selected.length;
  }
  list.dropEmpty();
  return count;
}

function named(list: ResourceList, { value, source }: { value: JsonObject; source: Source }): Resource {
  const { id } = new Resource(value, source);
  const [found, other] = list.find(id);
  if (!found) throw new KustomizeError(`no resource matches this patch: ${idText(id)}`, source);
  if (other) throw new KustomizeError(`several resources match this patch: ${idText(id)}`, source);
  return found;
}

function applyOperations(resource: Resource, { operations }: LoadedPatch & { kind: 'json' }): void {
  resource.storeId();
  for (const { operation, source } of operations) {
    const before = resource.value;
    try {
      resource.value = applyJsonPatch(before, [operation]);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw new KustomizeError(`${idText(resource.id)}: ${error.detail}`, source);
    }
    inheritSources(before, resource.value, source);
  }
}

function applyDocument(
  resource: Resource,
  { value, source }: { value: JsonObject; source: Source },
  { options = {} }: PatchEntry,
  targeted: boolean,
  schemas: PatchSchemas,
): void {
  const { name, namespace } = resource;
  const { kind, apiVersion } = resource.value;
  if (options['allowNameChange'] || options['allowKindChange']) resource.storeId();
  const patch = copyWithSources(value);
  if (targeted && apiVersion !== undefined) patch['apiVersion'] = apiVersion;
  const schema = schemas.schemaOf(gvkOf(apiVersion, kind));
  try {
    resource.value = mergePatch(resource.value, patch, schema, schemas.resolver) ?? {};
  } catch (error) {
    if (error instanceof MergeError) throw new KustomizeError(`${idText(resource.id)}: ${error.message}`, source);
    throw error;
  }
  if (resource.empty) return;
  if (!options['allowKindChange']) resource.value['kind'] = kind;
  if (!options['allowNameChange'] && name) resource.setMeta('name', name);
  if (namespace) resource.setMeta('namespace', namespace);
  else delete resource.metadata['namespace'];
}
