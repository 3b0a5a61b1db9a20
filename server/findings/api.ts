import { catalogue } from '../../runtime/api/catalogue';
import { applyDefaults } from '../../runtime/api/defaults';
import type { UntypedObject } from '../../runtime/api/kinds';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import { decodeObject } from '../../runtime/api/structure';
import { validateCreate, warningsFor } from '../../runtime/api/validation';
import { type ParsedDocument, parseManifests } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import { manifestsIn, type ManifestObject } from '../manifests/manifest-objects';
import { keyRange, valueRange } from '../manifests/ranges';
import { builtInTypes, type TypeRegistry } from '../manifests/types';
import type { DocumentFinding, Severity } from './finding';
import { perDocument } from './findings';

export interface ObjectFinding {
  path: string;
  severity: Severity;
  message: string;
  code: string;
  /** What is wrong is that the field is there, so its name is underlined. */
  atKey?: boolean;
}

/** What the API server would say of a file that is applied. */
export function registerApiFindings(context: FindingContext): void {
  const provider = perDocument((document, { text }, { types }) => documentFindings(document, text, types));
  context.addFindings('api', provider);
}

/**
 * What the API server would say of the manifests in a text, from the functions that it says it with: structure,
 * defaults, semantics. Documents that are not Kubernetes objects are left alone. Pure; never throws.
 */
export function findingsOf(text: string, types: TypeRegistry = builtInTypes): DocumentFinding[] {
  return parseManifests(text).flatMap((document) => documentFindings(document, text, types));
}

function documentFindings(document: ParsedDocument, text: string, types: TypeRegistry): DocumentFinding[] {
  const objects = manifestsIn(document.value, types);
  if (objects.length === 0) return incompleteType(document);
  if (document.errors.length > 0) return syntaxFindings(document, text);
  return [...duplicateFindings(document), ...objects.flatMap((object) => writtenFindings(object, document))];
}

/** A template isn't a manifest yet: what its braces make of the YAML around them is no mistake. */
function syntaxFindings({ errors, range }: ParsedDocument, text: string): DocumentFinding[] {
  if (text.slice(...range).includes('{{')) return [];
  return errors.map(({ message, offset }) => syntaxFinding(text, offset, message));
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
export function objectFindings(value: UntypedObject, types: TypeRegistry): ObjectFinding[] {
  const type = types.typeOf(value.apiVersion, value.kind);
  return type ? findingsOfType(value, type) : unknownType(value);
}

function writtenFindings({ value, path, type }: ManifestObject, document: ParsedDocument): DocumentFinding[] {
  const prefix = path === '' ? '' : `${path}.`;
  return (type ? findingsOfType(value, type) : unknownType(value)).map(
    ({ path: field, atKey, severity, message, code }) => {
      const at = prefix + field;
      const { start, end, exact } = atKey ? keyRange(document, at) : valueRange(document, at, message);
      return { start, end, severity, message: exact || field === '' ? message : `${field}: ${message}`, code };
    },
  );
}

function findingsOfType(value: UntypedObject, info: ResourceInfo): ObjectFinding[] {
  const { object, errors, unknown } = decodeObject(value, info.schema, catalogue);
  const structure: ObjectFinding[] = [
    ...errors.map(({ path, message, reason }) => ({ path, severity: 'error' as const, message, code: reason })),
    ...unknown.map(({ path, message }) => ({
      path,
      severity: 'error' as const,
      message,
      code: 'UnknownField',
      atKey: true,
    })),
  ];
  // As in the API server, an object that can't be decoded is looked into no further.
  return errors.length > 0 ? structure : [...structure, ...semanticFindings(object, info)];
}

function semanticFindings(object: UntypedObject, info: ResourceInfo): ObjectFinding[] {
  object.metadata ??= {};
  applyDefaults(object, info);
  prepare(object, info);
  return [
    ...validateCreate(object, info).map(({ path, message, reason }) => ({
      path,
      severity: 'error' as const,
      message,
      code: reason,
      atKey: reason === 'FieldValueForbidden',
    })),
    ...warningsFor(object, info).map(warning),
  ];
}

/** What a request would have brought along: its namespace, and a name where one is generated. */
function prepare({ metadata }: UntypedObject, info: ResourceInfo): void {
  if (info.namespaced) metadata.namespace ??= 'default';
  else delete metadata.namespace;
  if (metadata.generateName && !metadata.name) metadata.name = `${metadata.generateName.slice(0, 58)}xxxxx`;
}

/** A warning is one line of text that begins with the field's path, if it is about a field. */
function warning(message: string): ObjectFinding {
  const path = /^([a-zA-Z][\w.[\]/-]*): /.exec(message)?.[1];
  return {
    path: path ?? 'kind',
    severity: 'warning',
    message: path ? message.slice(path.length + 2) : message,
    code: 'Warning',
    atKey: true,
  };
}

/**
 * A kind that isn't built in may be a custom resource of the cluster, unless its group can't be one: a built-in group,
 * or one without a dot, which no CRD may have.
 */
function unknownType({ apiVersion = '', kind = '' }: UntypedObject): ObjectFinding[] {
  const { group } = parseApiVersion(apiVersion);
  if (group.includes('.') && !catalogue.allResources().some((info) => info.group === group)) return [];
  const message = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
  const known = catalogue.resources().some((info) => info.kind === kind);
  return [{ path: known ? 'apiVersion' : 'kind', severity: 'error', message, code: 'UnknownKind' }];
}
