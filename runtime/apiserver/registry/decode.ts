import { applyDefaults, applySchemaDefaults } from '../../api/defaults';
import type { KubeObject, UntypedObject } from '../../api/object';
import { apiVersionOf, parseApiVersion } from '../../api/object';
import { errors } from '../../api/status';
import { decodeObject } from '../../api/structure';
import type { ApiRequest } from '../http/api-request';
import { BodySyntaxError, parseBody, summarize, unreadable } from './body';
import { schemaProblems } from '../../api/custom/findings';
import type { Endpoint } from './endpoint';
import { kindSubject } from './endpoint';
import type { FieldValidation } from './options';

/** What decoding needs to know of a kind; every endpoint is one, and so are kinds that only subresources speak. */
export type KindSource = Pick<Endpoint, 'info' | 'schema' | 'resolver' | 'custom'>;

export interface Decoded {
  object: UntypedObject;
  /** Unknown fields, as strict decoding words them. */
  unknown: readonly string[];
}

/** The object of a POST or PUT: read, checked against its kind's structure and given its defaults. */
export function decodeRequest(endpoint: KindSource, request: ApiRequest, validation: FieldValidation): UntypedObject {
  const { kind } = endpoint.info;
  const { value, repeated } = bodyOf(endpoint, request, validation);
  const given = expectObject(endpoint, request, value);
  const { object, unknown } = decodeValue(endpoint, given, request.info.name);
  if (validation === 'Strict' && unknown.length + repeated.errors.length > 0) {
    const strict = [...repeated.errors, ...unknown].join(', ');
    throw errors.badRequest(`${cannotBeHandled(endpoint, kind)}strict decoding error: ${strict}`);
  }
  if (validation === 'Warn') request.warnings.push(...repeated.warnings, ...unknown);
  return object;
}

const cannotBeHandled = ({ info }: KindSource, kind: string) =>
  `${kind} in version ${JSON.stringify(info.version)} cannot be handled as a ${info.kind}: `;

function bodyOf(endpoint: KindSource, request: ApiRequest, validation: FieldValidation) {
  try {
    return parseBody(request, validation !== 'Ignore');
  } catch (error) {
    if (!(error instanceof BodySyntaxError)) throw error;
    throw unreadable(request, endpoint.info.kind, `couldn't get version/kind; json parse error: ${error.message}`);
  }
}

function expectObject(endpoint: KindSource, request: ApiRequest, value: unknown): UntypedObject {
  const { info } = endpoint;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw unreadable(
      request, info.kind, `couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into Go value of type ` +
        'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
    );
  }
  const object = value as UntypedObject;
  const kind = object.kind ?? '';
  const apiVersion = object.apiVersion ?? '';
  const expected = apiVersionOf(info);
  if (endpoint.custom && (kind === '' || apiVersion === '')) {
    throw unreadable(request, info.kind, `Object '${kind === '' ? 'Kind' : 'apiVersion'}' is missing in '${summarize(request)}'`);
  }
  if (typeof kind !== 'string' || (kind !== '' && kind !== info.kind)) throw otherKind(endpoint, String(kind), String(apiVersion));
  if (apiVersion !== '' && apiVersion !== expected) {
    throw errors.badRequest(`the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`);
  }
  return object;
}

function otherKind(endpoint: KindSource, kind: string, apiVersion: string): Error {
  const { group, version } = parseApiVersion(apiVersion || apiVersionOf(endpoint.info));
  const full = group ? `${group}/${version}` : version;
  if (endpoint.custom) {
    return errors.badRequest(
      `the object provided is unrecognized (must be of type ${endpoint.info.kind}): ${full}, Kind=${kind}`,
    );
  }
  return errors.badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${endpoint.info.kind}: ` +
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(full)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
  );
}

/**
 * Checks a value's structure and sets defaults. Throws 422 where a CRD's schema says so; for a built-in kind's wrong type
 * what `wrongType` makes of it, which is 400 unless told otherwise.
 */
export function decodeValue(
  endpoint: KindSource, value: UntypedObject, name: string,
  wrongType = (message: string): Error => errors.badRequest(`${cannotBeHandled(endpoint, endpoint.info.kind)}${message}`),
): Decoded {
  const { info } = endpoint;
  const decoded = decodeObject(value, endpoint.schema, endpoint.resolver);
  const [first] = decoded.errors;
  if (first) {
    if (!endpoint.custom) throw wrongType(first.message);
    const findings = [...decoded.errors, ...schemaProblems(endpoint.schema, value)];
    throw errors.invalid(kindSubject(endpoint, name || value.metadata?.name), findings);
  }
  const object = decoded.object;
  object.apiVersion = apiVersionOf(info);
  object.kind = info.kind;
  object.metadata ??= {};
  if (endpoint.custom) applySchemaDefaults(object, endpoint.schema, endpoint.resolver);
  else applyDefaults(object, info);
  return { object, unknown: decoded.unknown.map(({ message }) => message) };
}

/** The object's own namespace must be the request's, or be absent. */
export function ensureNamespace(object: KubeObject, namespace: string): void {
  const own = object.metadata.namespace ?? '';
  if (own === namespace) return;
  if (namespace === '') delete object.metadata.namespace;
  else if (own === '') object.metadata.namespace = namespace;
  else throw errors.badRequest('the namespace of the provided object does not match the namespace sent on the request');
}
