import type { UntypedObject } from '../../runtime/api/kinds';
import { API_MINOR, minorOf } from '../../runtime/api/lifecycle';
import { type ParsedDocument, parseManifests } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import { manifestsIn, type ManifestObject } from '../manifests/manifest-objects';
import { keyRange, valueRange } from '../manifests/ranges';
import { builtInTypes, type TypeRegistry } from '../manifests/types';
import type { DocumentFinding } from './finding';
import { perDocument } from './findings';
import { type ObjectFinding, saidOfObject } from './object-findings';
import { lifecycleFindings, versionFixes } from './versions';
import { writtenPath } from './written-path';

/** What the API server would say of a file that is applied. */
export function registerApiFindings(context: FindingContext): void {
  const provider = perDocument((document, { text }, at) => documentFindings(document, text, apiOptions(at)));
  context.addFindings('api', provider);
  let { minor } = apiOptions(context);
  context.cluster.onDidChange(() => {
    const before = minor;
    ({ minor } = apiOptions(context));
    if (minor !== before) context.refreshFindings();
  });
}

/** The version is that of the settings, else the connected cluster's, else the newest known. */
export function apiOptions({ types, settings, cluster }: FindingContext): ApiOptions {
  return { types, minor: minorOf(settings().kubernetesVersion) ?? minorOf(cluster.version ?? '') ?? API_MINOR };
}

/**
 * What the API server would say of the manifests in a text, from the functions that it says it with: structure,
 * defaults, semantics. Documents that are not Kubernetes objects are left alone. Pure; never throws.
 */
export function findingsOf(text: string, given: Partial<ApiOptions> = {}): DocumentFinding[] {
  const options = { types: builtInTypes, minor: API_MINOR, ...given };
  return parseManifests(text).flatMap((document) => documentFindings(document, text, options));
}

export interface ApiOptions {
  types: TypeRegistry;
  /** Of the Kubernetes version that is meant: 36 for v1.36. */
  minor: number;
}

function documentFindings(document: ParsedDocument, text: string, options: ApiOptions): DocumentFinding[] {
  const objects = manifestsIn(document.value, options.types);
  if (objects.length === 0) return incompleteType(document);
  if (document.errors.length > 0) return syntaxFindings(document, text);
  return [...duplicateFindings(document), ...objects.flatMap((object) => writtenFindings(object, document, options))];
}

/**
 * One where several overlap: the parser says of one mistake what it misses and what it found instead. A template isn't
 * a manifest yet: what its braces make of the YAML around them is no mistake.
 */
function syntaxFindings({ errors, range }: ParsedDocument, text: string): DocumentFinding[] {
  if (text.slice(...range).includes('{{')) return [];
  const found = errors.map(({ message, offset }) => syntaxFinding(text, offset, message));
  return found.filter(({ start, end }, i) => !found.slice(0, i).some((one) => one.start < end && start < one.end));
}

/** A syntax error has a place and no extent: the rest of its line is underlined. */
export function syntaxFinding(text: string, offset: number, message: string): DocumentFinding {
  const start = Math.max(0, Math.min(offset, text.length - 1));
  const rest = /^[^\r\n]*/.exec(text.slice(start))?.[0].trimEnd() ?? '';
  return { start, end: start + Math.max(1, rest.length), severity: 'error', message, code: 'Syntax' };
}

/** kubectl sends the last of two equal keys, so the API server takes it; who wrote it twice meant something else. */
function duplicateFindings(document: ParsedDocument): DocumentFinding[] {
  return document.duplicates.map(({ path, offset }) => {
    const { start, end } = keyRange(document, path);
    const message = `duplicate field ${JSON.stringify(path)}`;
    return {
      start: offset,
      end: offset + Math.max(1, end - start),
      severity: 'warning',
      message,
      code: 'DuplicateField',
    };
  });
}

/** Half of what names a kind: kubectl refuses the other half's absence. Without metadata it may be anything else. */
function incompleteType(document: ParsedDocument): DocumentFinding[] {
  const { apiVersion, kind, metadata } = (document.value ?? {}) as Partial<UntypedObject>;
  if (typeof metadata !== 'object' || metadata === null || document.errors.length > 0) return [];
  const at = (path: string, message: string): DocumentFinding[] => {
    const { start, end } = keyRange(document, path);
    return [
      { start, end, severity: 'error', message: `error validating data: ${message}`, code: 'FieldValueRequired' },
    ];
  };
  if (typeof kind === 'string' && apiVersion === undefined) return at('kind', '[apiVersion not set]');
  return typeof apiVersion === 'string' && kind === undefined ? at('apiVersion', '[kind not set]') : [];
}

/** What the API server would say of an object, by the paths of its fields. */
export function objectFindings(value: UntypedObject, { types, minor }: ApiOptions): ObjectFinding[] {
  const type = types.typeOf(value.apiVersion, value.kind);
  const ofVersion = lifecycleFindings(value, type, minor);
  const said = new Set(ofVersion.map(({ message }) => message));
  const ofObject = type ? saidOfObject(value, type).filter(({ message }) => !said.has(message)) : [];
  return [...ofVersion, ...ofObject];
}

function writtenFindings(object: ManifestObject, document: ParsedDocument, options: ApiOptions): DocumentFinding[] {
  return objectFindings(object.value, options).map((said) => placed(said, object, document));
}

function placed(said: ObjectFinding, object: ManifestObject, document: ParsedDocument): DocumentFinding {
  const prefix = object.path === '' ? '' : `${object.path}.`;
  const { path: field, atKey, severity, message, code, replacement, tags } = said;
  const at = prefix + writtenPath(field, object.type);
  const { start, end, exact } = atKey ? keyRange(document, at) : valueRange(document, at, message);
  const fixes = replacement ? versionFixes(object.value, replacement, { start, end }, exact) : [];
  return {
    start, end, severity, code,
    message: exact || field === '' ? message : `${field}: ${message}`,
    ...(tags && { tags }),
    ...(fixes.length > 0 && { fixes }),
  };
}
