import { finding, Path } from '../../api/finding';
import { applyServerSide } from '../../api/managed-fields';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, PatchError } from '../../api/patch';
import type { KubeObject, UntypedObject } from '../../api/object';
import { errors, isStatusError, statusError } from '../../api/status';
import type { ApiRequest, ApiResult } from '../http/api-request';
import { objectKey } from '../storage/keys';
import { BodySyntaxError, mediaType, parseJson, parseYaml } from './body';
import type { ParsedBody } from './body';
import { timestamp } from './core';
import type { Core } from './core';
import { createObject } from './create';
import { decodeValue, ensureNamespace } from './decode';
import { kindSubject } from './endpoint';
import type { Endpoint } from './endpoint';
import { managerName, tracking } from './field-manager';
import { parseWriteOptions } from './options';
import type { FieldValidation, WriteOptions } from './options';
import { updateObject } from './update';
import type { UpdateDoor } from './update';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

const kinds: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export function patchKind(contentType: string, strategic: boolean): PatchKind {
  const kind = kinds[mediaType(contentType)];
  if (kind && (strategic || kind !== 'strategic')) return kind;
  const accepted = Object.keys(kinds).filter((type) => strategic || kinds[type] !== 'strategic');
  throw statusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}


export function readPatch(request: ApiRequest, kind: PatchKind, strict: boolean): ParsedBody {
  const { body } = request;
  if (body && !Buffer.isBuffer(body)) return { value: body.value, repeated: { errors: [], warnings: [] } };
  const text = body?.toString() ?? '';
  try {
    return kind === 'apply' ? parseYaml(text) : parseJson(text, strict);
  } catch (error) {
    if (!(error instanceof BodySyntaxError)) throw error;
    throw errors.badRequest(kind === 'apply' ? `error decoding YAML: ${error.message}` : error.message);
  }
}

/** Applies a patch that isn't an apply configuration. The object isn't changed. */
export function patched(endpoint: Endpoint, kind: PatchKind, object: KubeObject, patch: unknown): UntypedObject {
  try {
    if (kind === 'json') return applyJsonPatch(object, patch) as UntypedObject;
    if (kind === 'merge') return applyMergePatch(object, patch) as UntypedObject;
    return applyStrategicMergePatch(object, patch, endpoint.schema, endpoint.resolver) as UntypedObject;
  } catch (error) {
    if (error instanceof PatchError) throw patchFailure(endpoint, error, object.metadata.name);
    throw error;
  }
}

function patchFailure(endpoint: Endpoint, error: PatchError, name: string | undefined): Error {
  if (error.reason === 'Invalid') {
    const { kind, group } = kindSubject(endpoint);
    const causes = [{ message: error.detail }];
    return statusError('Invalid', error.message, { ...(name && { name }), ...(group && { group }), kind, causes });
  }
  return error.reason === 'InternalError' ? errors.internal(error.message) : statusError(error.reason, error.message);
}

export async function handlePatch(core: Core, endpoint: Endpoint, request: ApiRequest, door: UpdateDoor): Promise<ApiResult> {
  const kind = patchKind(request.contentType, !endpoint.custom);
  const options = parseWriteOptions(request.query, 'PatchOptions', kind === 'apply');
  const body = readPatch(request, kind, options.fieldValidation !== 'Ignore');
  if (kind === 'apply') return apply(core, endpoint, request, door, options, body);
  const { name, subresource } = request.info;
  const manager = managerName(request, options.fieldManager);
  const entry = await retryConflicts(() =>
    updateObject(core, endpoint, request, {
      name, dryRun: options.dryRun, door, manager,
      produce: (old) => {
        const value = patched(endpoint, kind, old, body.value);
        return decodePatched(endpoint, request, kind, value, options.fieldValidation, body);
      },
    }),
    subresource === '' && namesVersion(kind, body.value),
  );
  return { type: 'entry', code: 200, entry, view: endpoint.view };
}

const conflictAttempts = 5;

/** Upstream tries a patch again when another write came between; not when the patch itself demands a version. */
async function retryConflicts<T>(run: () => Promise<T>, demandsVersion: boolean): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (demandsVersion || attempt >= conflictAttempts || !isStatusError(error, 'Conflict')) throw error;
    }
  }
}

function namesVersion(kind: PatchKind, patch: unknown): boolean {
  return kind === 'json' || (patch as { metadata?: { resourceVersion?: string } } | null)?.metadata?.resourceVersion !== undefined;
}

function decodePatched(
  endpoint: Endpoint, request: ApiRequest, kind: PatchKind, value: UntypedObject, validation: FieldValidation,
  { value: patch, repeated }: ParsedBody,
): UntypedObject {
  const { info } = request;
  const { object, unknown } = decodeValue(endpoint, value, info.name, (message) => unfit(kind, value, patch, message));
  const strict = [...repeated.errors, ...unknown];
  if (strict.length > 0 && validation === 'Strict') {
    throw unfit(kind, value, patch, `strict decoding error: ${strict.join(', ')}`);
  }
  if (validation === 'Warn') request.warnings.push(...repeated.warnings, ...unknown);
  ensureNamespace(object, info.namespace);
  if (object.metadata.name !== info.name) {
    throw errors.badRequest(`the name of the object (${object.metadata.name ?? ''}) does not match the name on the URL (${info.name})`);
  }
  return object;
}

/** What a patch makes isn't an object of the kind: quoted is the result, or of a strategic merge patch the patch. */
function unfit(kind: PatchKind, value: UntypedObject, patch: unknown, message: string): Error {
  const quoted = kind === 'strategic' ? goText(patch) : JSON.stringify(value);
  const causes = [finding.invalid(Path.of('patch'), quoted, message)];
  const { status } = errors.invalid({ kind: '' }, causes);
  return statusError('Invalid', status.message!, { causes: status.details!.causes! });
}

/** A value as Go's `%+v` prints it: `map[spec:map[replicas:1]]`. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (value === null || value === undefined) return '<nil>';
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
}

async function apply(
  core: Core, endpoint: Endpoint, request: ApiRequest, door: UpdateDoor, options: WriteOptions, body: ParsedBody,
): Promise<ApiResult> {
  const { name, namespace, subresource } = request.info;
  const configuration = applyConfiguration(endpoint, request, body, options);
  const key = objectKey(namespace, name);
  for (;;) {
    if (!endpoint.storage.get(key)) {
      if (subresource) throw endpoint.storage.notFound(name);
      const object = applied(core, endpoint, request, configuration, options, undefined);
      if (object.metadata.uid) throw endpoint.storage.notFound(name);
      try {
        const entry = await createObject(core, endpoint, request, object, options.dryRun, undefined);
        return { type: 'entry', code: 201, entry, view: endpoint.view };
      } catch (error) {
        if (!isStatusError(error, 'AlreadyExists')) throw error;
        continue;
      }
    }
    const entry = await retryConflicts(() =>
      updateObject(core, endpoint, request, {
        name, dryRun: options.dryRun, door,
        produce: (old) => applied(core, endpoint, request, configuration, options, old),
      }),
      configuration.metadata.resourceVersion !== undefined,
    );
    return { type: 'entry', code: 200, entry, view: endpoint.view };
  }
}

export function applyConfiguration(
  endpoint: Endpoint, request: ApiRequest, body: ParsedBody, options: WriteOptions,
): UntypedObject {
  const { value } = body;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw errors.badRequest('error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}');
  }
  const { errors: repeated, warnings } = body.repeated;
  if (repeated.length > 0 && options.fieldValidation === 'Strict') {
    throw errors.badRequest(`error strict decoding YAML: error converting YAML to JSON: ${repeated.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') request.warnings.push(...warnings);
  const given = value as UntypedObject;
  const object: UntypedObject = { ...given, metadata: { ...given.metadata } };
  const { info } = request;
  if (object.metadata.name && object.metadata.name !== info.name) {
    throw errors.badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${info.name})`);
  }
  object.metadata.name = info.name;
  ensureNamespace(object, info.namespace);
  return object;
}

export function applied(
  core: Core, endpoint: Endpoint, request: ApiRequest, configuration: UntypedObject, options: WriteOptions,
  live: UntypedObject | undefined,
): UntypedObject {
  const { object } = applyServerSide({
    ...tracking(endpoint, request.info.subresource, timestamp(core.clock)),
    kind: endpoint.info.kind, applied: configuration, manager: options.fieldManager, force: options.force ?? false,
    ...(live && { live }),
  });
  const managedFields = object.metadata.managedFields;
  const { object: decoded } = decodeValue(endpoint, object as UntypedObject, request.info.name);
  if (managedFields) decoded.metadata.managedFields = managedFields;
  return decoded;
}
