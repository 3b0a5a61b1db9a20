import { catalogue } from '../../runtime/api/catalogue';
import { customFindings, schemaProblems } from '../../runtime/api/custom/findings';
import { applyDefaults, applySchemaDefaults } from '../../runtime/api/defaults';
import type { Finding } from '../../runtime/api/finding';
import type { UntypedObject } from '../../runtime/api/kinds';
import { prepareForCreate } from '../../runtime/api/preparation';
import type { ResourceInfo } from '../../runtime/api/resource';
import { decodeObject } from '../../runtime/api/structure';
import { isAnswered, validateCreate, warningsFor } from '../../runtime/api/validation';
import type { DocumentFinding, Severity } from './finding';

/** Something about an object, before its place in the text is known. */
export interface ObjectFinding {
  /** As the API server has it. */
  path: string;
  severity: Severity;
  message: string;
  code: string;
  /** What is wrong is that the field is there, so its name is underlined. */
  atKey?: boolean;
  tags?: DocumentFinding['tags'];
  /** The `apiVersion` that would do instead. */
  replacement?: string;
}

/** What the API server would say to the creation of an object of a known kind: structure, defaults, semantics. */
export function saidOfObject(value: UntypedObject, info: ResourceInfo): ObjectFinding[] {
  const { object, errors, unknown } = decodeObject(value, info.schema, catalogue);
  const isCustom = info.schema.$ref === undefined;
  const unknownFields = unknown.map(
    ({ path, message }): ObjectFinding => ({ path, severity: 'error', message, code: 'UnknownField', atKey: true }),
  );
  if (errors.length === 0) return [...unknownFields, ...semanticFindings(object, info, isCustom)];
  // As in the API server, an object that can't be decoded is looked into no further.
  const more = isCustom ? schemaProblems(info.schema, value) : [];
  return [...[...errors, ...more].map(asError), ...unknownFields];
}

function semanticFindings(object: UntypedObject, info: ResourceInfo, isCustom: boolean): ObjectFinding[] {
  object.metadata ??= {};
  if (isCustom) applySchemaDefaults(object, info.schema, catalogue);
  else applyDefaults(object, info);
  prepare(object, info);
  if (!isCustom) prepareForCreate(object, info);
  const found = isCustom ? customFindings(info, object, undefined) : validateCreate(object, info);
  return [...found.map(asError), ...(isCustom ? [] : warningsFor(object, info).map(asWarning))];
}

const someUid = '00000000-0000-0000-0000-000000000000';

/** What a request would have brought along: its namespace, a uid, and a name where one is generated. */
function prepare({ metadata }: UntypedObject, info: ResourceInfo): void {
  if (info.namespaced) metadata.namespace ??= 'default';
  else delete metadata.namespace;
  if (isAnswered(info)) return;
  metadata.uid = someUid;
  if (metadata.generateName && !metadata.name) metadata.name = `${metadata.generateName.slice(0, 58)}xxxxx`;
}

/** Path of what is said of no field: that rules weren't looked at. */
const noField = '<nil>';

const asError = ({ path, place, message, reason }: Finding): ObjectFinding => ({
  path: place ?? (path === noField ? '' : path),
  severity: path === noField && place === undefined ? 'information' : 'error',
  message,
  code: reason,
  atKey: reason === 'FieldValueForbidden',
});

/** A warning is one line of text that begins with the field's path, if it is about a field. */
function asWarning(message: string): ObjectFinding {
  const path = /^([a-zA-Z][\w.[\]/-]*): /.exec(message)?.[1];
  return {
    path: path ?? 'kind',
    severity: 'warning',
    message: path ? message.slice(path.length + 2) : message,
    code: 'Warning',
    atKey: true,
  };
}
