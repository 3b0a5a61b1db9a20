import { isObject } from '../patch/json';
import { loadDocuments } from './documents';
import { KustomizeError } from './errors';
import { slotsAt, splitFieldPath } from './field-paths';
import type { Slot } from './field-paths';
import type { FolderFiles } from './files';
import { effectiveNamespace, isSelected } from './ids';
import type { ResourceId } from './ids';
import type { FieldOptions, ReplacementEntry, TargetSelector } from './kustomization';
import type { Resource } from './resource';
import { idMatcher } from './resource-list';
import type { ResourceList } from './resource-list';
import { attribute, copyWithSources } from './sources';
import type { Source } from './sources';

type At = (...path: (string | number)[]) => Source;

/** The replacements of an entry, which may name a file of them. */
export function loadReplacements(
  entry: ReplacementEntry,
  files: FolderFiles,
  at: At,
): { entry: ReplacementEntry; at: At }[] {
  if (!entry.path) return [{ entry, at }];
  if (entry.source || entry.targets)
    throw new KustomizeError('a replacement has either a path or a source and targets', at());
  const text = files.text(entry.path, at('path'));
  return loadDocuments(files.path(entry.path), text).flatMap(({ value, source }) =>
    (Array.isArray(value) ? value : [value])
      .filter(isObject)
      .map((item) => ({ entry: item as ReplacementEntry, at: () => source })),
  );
}

/** Copies a value to the fields that are to have it. */
export function applyReplacement(list: ResourceList, { source, sourceValue, targets }: ReplacementEntry, at: At): void {
  if ((!source && sourceValue === undefined) || !targets)
    throw new KustomizeError('replacements must specify a source and at least one target', at());
  const value = source ? valueOf(list, source, at) : sourceValue;
  targets.forEach((target, i) => {
    const place = (...path: (string | number)[]) => at('targets', i, ...path);
    if (!target.select) throw new KustomizeError('target must specify resources to select', place());
    const paths = target.fieldPaths?.length ? target.fieldPaths : ['metadata.name'];
    const isTarget = targetMatcher(target.select, target.reject ?? [], place('select'));
    for (const resource of list.items) {
      if (!isTarget(resource)) continue;
      paths.forEach((path, k) => setAt(resource, path, value, target.options, place('fieldPaths', k)));
    }
  });
}

function valueOf(list: ResourceList, source: NonNullable<ReplacementEntry['source']>, at: At): unknown {
  const found = list.items.filter((resource) => resource.ids().some((id) => isNamed(id, source)));
  const named = [source.kind, source.name].filter(Boolean).join(' ') || 'the source';
  if (found.length > 1) throw new KustomizeError(`several resources match the source ${named}`, at('source'));
  const [resource] = found;
  if (!resource) throw new KustomizeError(`no resource matches the source ${named}`, at('source'));
  const path = source.fieldPath || 'metadata.name';
  const [slot] = slotsAt(resource.value, splitFieldPath(path));
  if (!slot || slot.value === null || slot.value === '')
    throw new KustomizeError(
      `fieldPath \`${path}\` is missing for replacement source ${named}`,
      at('source', 'fieldPath'),
    );
  return refined(slot.value, source.options, at('source', 'options'));
}

function refined(value: unknown, options: FieldOptions | undefined, place: Source): unknown {
  if (!options?.delimiter) return value;
  if (typeof value === 'object') throw new KustomizeError('delimiter option can only be used with scalar nodes', place);
  const parts = String(value).split(options.delimiter);
  const index = options.index ?? 0;
  if (index < 0 || index >= parts.length)
    throw new KustomizeError(`options.index ${index} is out of bounds for value ${String(value)}`, place);
  return parts[index];
}

function isNamed(id: ResourceId, selector: TargetSelector): boolean {
  return (
    isSelected(id, selector) &&
    (!selector.name || selector.name === id.name) &&
    (!selector.namespace || effectiveNamespace({ ...id, namespace: selector.namespace }) === effectiveNamespace(id))
  );
}

/** What a target means: its parts are regular expressions, unlike those of a source. */
function targetMatcher(
  select: TargetSelector,
  reject: readonly TargetSelector[],
  place: Source,
): (resource: Resource) => boolean {
  const byLabels = reject.filter(({ labelSelector, annotationSelector }) => labelSelector || annotationSelector);
  const selects = idMatcher(select, place);
  const rejects = reject
    .filter(({ group, version, kind, name, namespace }) => group || version || kind || name || namespace)
    .map((selector) => idMatcher(selector, place));
  return (resource) => {
    if (!resource.matchesSelectors(select.labelSelector, select.annotationSelector)) return false;
    if (byLabels.some((other) => resource.matchesSelectors(other.labelSelector, other.annotationSelector)))
      return false;
    const ids = resource.ids();
    return ids.some(selects) && !ids.some((id) => rejects.some((other) => other(id)));
  };
}

function setAt(
  resource: Resource,
  path: string,
  value: unknown,
  options: FieldOptions | undefined,
  place: Source,
): void {
  const steps = splitFieldPath(path);
  if (options?.create && steps.includes('*'))
    throw new KustomizeError('cannot support create option in a multi-value target', place);
  const slots = slotsAt(resource.value, steps, options?.create);
  const many = steps.some((step) => step === '*' || step.startsWith('['));
  if (slots.length === 0 && !many && !options?.create) {
    throw new KustomizeError(`unable to find field "${path}" in replacement target`, place);
  }
  for (const slot of slots) setSlot(slot, value, options, place);
}

function setSlot(slot: Slot, value: unknown, options: FieldOptions | undefined, place: Source): void {
  if (options?.delimiter && typeof slot.value === 'object')
    throw new KustomizeError('delimiter option can only be used with scalar nodes', place);
  const next = options?.delimiter
    ? joined(String(slot.value), String(value), options.delimiter, options.index ?? 0)
    : value;
  const copy = typeof next === 'object' ? copyWithSources(next) : likeType(next, slot.value);
  attribute(copy, place);
  slot.set(copy, place);
}

function joined(old: string, value: string, delimiter: string, index: number): string {
  const parts = old.split(delimiter);
  if (index < 0) parts.unshift(value);
  else if (index >= parts.length) parts.push(value);
  else parts[index] = value;
  return parts.join(delimiter);
}

/** A scalar keeps the type that the field has. */
function likeType(value: unknown, old: unknown): unknown {
  if (typeof old === 'string') return String(value);
  if (typeof old !== 'number' && typeof old !== 'bigint')
    return typeof old === 'boolean' ? value === 'true' || value === true : value;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}
