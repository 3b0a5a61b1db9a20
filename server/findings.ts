import { catalogue } from '../runtime/api/catalogue';
import { applyDefaults } from '../runtime/api/defaults';
import type { UntypedObject } from '../runtime/api/kinds';
import { parseApiVersion } from '../runtime/api/object';
import type { ResourceInfo } from '../runtime/api/resource';
import { decodeObject } from '../runtime/api/structure';
import { validateCreate, warningsFor } from '../runtime/api/validation';
import { type ParsedDocument, parseManifests } from '../runtime/api/yaml';

export type Severity = 'error' | 'warning' | 'information';

/** Something that applying the document would bring to light, where it is written. Offsets are UTF-16 units of the text. */
export interface DocumentFinding {
  start: number;
  end: number;
  severity: Severity;
  /** As the API server words it, less the path. */
  message: string;
  /** `FieldValueInvalid`, `UnknownField`, … */
  code: string;
}

/**
 * What the API server would say of the manifests in a text, from the functions that it says it with: structure, defaults,
 * semantics. Documents that are not Kubernetes objects are left alone. Pure; never throws.
 */
export function findingsOf(text: string): DocumentFinding[] {
  return parseManifests(text).flatMap((document) => (looksLikeKubernetes(document.value) ? documentFindings(document) : []));
}

function documentFindings(document: ParsedDocument): DocumentFinding[] {
  const syntax = document.errors.map(({ message, offset }): DocumentFinding => ({ start: offset, end: offset + 1, severity: 'error', message, code: 'Syntax' }));
  if (syntax.length > 0) return syntax;
  const value = document.value as UntypedObject;
  if (value.kind === 'List' && Array.isArray(value.items)) {
    return value.items.flatMap((item, i) => (looksLikeKubernetes(item) ? objectFindings(item, document, `items[${i}].`) : []));
  }
  return [...duplicateFindings(document), ...objectFindings(value, document, '')];
}

function objectFindings(value: UntypedObject, document: ParsedDocument, prefix: string): DocumentFinding[] {
  const at = (path: string, severity: Severity, message: string, code: string): DocumentFinding => ({ ...rangeOf(document, prefix + path), severity, message, code });
  const { group, version } = parseApiVersion(value.apiVersion ?? '');
  const info = catalogue.byKind({ group, version, kind: value.kind ?? '' });
  if (!info) return unknownKind(value, group).map(({ path, severity, message }) => at(path, severity, message, 'UnknownKind'));
  const { object, errors, unknown } = decodeObject(value, info.schema, catalogue);
  const structure = [
    ...errors.map((finding) => at(finding.path, 'error', finding.message, finding.reason)),
    ...unknown.map((field) => at(field.path, 'error', field.message, 'UnknownField')),
  ];
  // As in the API server, an object that can't be decoded is looked into no further.
  if (errors.length > 0) return structure;
  return [...structure, ...semanticFindings(object, info).map(({ path, severity, message, code }) => at(path, severity, message, code))];
}

function semanticFindings(object: UntypedObject, info: ResourceInfo): { path: string; severity: Severity; message: string; code: string }[] {
  applyDefaults(object, info);
  // The namespace is the request's where the manifest names none.
  if (info.namespaced) object.metadata.namespace ??= 'default';
  return [
    ...validateCreate(object, info).map(({ path, message, reason }) => ({ path, severity: 'error' as const, message, code: reason })),
    ...warningsFor(object, info).map((message) => ({ path: /^([\w.[\]/-]+): /.exec(message)?.[1] ?? 'kind', severity: 'warning' as const, message, code: 'Warning' })),
  ];
}

function duplicateFindings(document: ParsedDocument): DocumentFinding[] {
  return document.duplicates.map(({ path }) => ({ ...rangeOf(document, path), severity: 'error', message: `duplicate field ${JSON.stringify(path)}`, code: 'DuplicateField' }));
}

/** A kind of an unknown group may be a custom resource of the cluster; one of a built-in group is a mistake. */
function unknownKind(value: UntypedObject, group: string): { path: string; severity: Severity; message: string }[] {
  const builtIn = group === '' || catalogue.allResources().some((info) => info.group === group);
  const message = `no matches for kind ${JSON.stringify(value.kind)} in version ${JSON.stringify(value.apiVersion)}`;
  return [{ path: builtIn ? 'apiVersion' : 'kind', severity: builtIn ? 'error' : 'information', message }];
}

function looksLikeKubernetes(value: unknown): value is UntypedObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind } = value as Partial<UntypedObject>;
  return typeof apiVersion === 'string' && typeof kind === 'string';
}

/** The value at a path or, where it isn't written, the nearest thing around it that is. */
function rangeOf(document: ParsedDocument, path: string): { start: number; end: number } {
  for (let candidate = path; candidate !== ''; candidate = parentPath(candidate)) {
    const range = document.pathRange(candidate);
    if (range) return { start: range.start, end: range.end };
  }
  const kind = document.pathRange('kind');
  return kind ? { start: kind.start, end: kind.end } : { start: document.range[0], end: document.range[1] };
}

function parentPath(path: string): string {
  return path.replace(/(\.?[^.[\]]+|\[[^\]]*\])$/, '');
}
