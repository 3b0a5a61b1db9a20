import { splitProxyName } from '../http/connect';
import { API_MINOR, deprecationWarning } from '../../api/lifecycle';
import { apiVersionOf } from '../../api/object';
import type { KubeObject, UntypedObject } from '../../api/object';
import { errors, statusError } from '../../api/status';
import type { ApiRequest, ApiResult } from '../http/api-request';
import { objectKey } from '../storage/keys';
import type { UserInfo } from '../request';
import { admissionAttributes } from './admission';
import type { Core } from './core';
import { handleCreate } from './create';
import { decodeRequest, ensureNamespace } from './decode';
import { handleDelete, handleDeleteCollection } from './delete';
import { resourceSubject } from './endpoint';
import type { Endpoint } from './endpoint';
import { parseWriteOptions } from './options';
import { handlePatch } from './patch';
import { handleGet, handleList, handleWatch } from './read';
import { bind } from './subresources/binding';
import { doorOf } from './subresources/doors';
import { evict } from './subresources/eviction';
import { spokenKind } from './subresources/kinds';
import { getScale, patchScale, updateScale } from './subresources/scale';
import { handleUpdate, mainDoor } from './update';
import { answerReader } from './virtual-reader';
import type { VirtualReader } from './virtual-reader';

/** What a handler of a kind that isn't stored gets: TokenReview, SubjectAccessReview, TokenRequest and the like. */
export interface VirtualRequest {
  readonly object: KubeObject;
  readonly user: UserInfo;
  readonly namespace: string;
  /** Name of the object whose subresource is asked for; empty for a kind of its own. */
  readonly name: string;
  /** The object whose subresource is asked for. */
  readonly parent?: KubeObject;
  readonly dryRun: boolean;
  warn(text: string): void;
}

export type VirtualHandler = (request: VirtualRequest) => KubeObject | Promise<KubeObject>;

export interface Handlers {
  /** Kinds that are answered and not stored, by `group/resource`: `authorization.k8s.io/subjectaccessreviews`. */
  readonly virtualResources: ReadonlyMap<string, VirtualHandler>;
  /** POST of subresources, by `group/resource/subresource`: `/serviceaccounts/token`. */
  readonly subresourceHandlers: ReadonlyMap<string, VirtualHandler>;
  /** Resources that can only be read, and are made up when somebody does: by group, then by `version/resource`. */
  readonly readers: ReadonlyMap<string, ReadonlyMap<string, VirtualReader>>;
}

/** Answers an authorized resource request; synchronously where nothing has to be waited for. */
export function dispatch(core: Core, handlers: Handlers, given: ApiRequest): ApiResult | Promise<ApiResult> {
  const result = answered(core, handlers, given);
  return result instanceof Promise ? result.then(readable) : readable(result);
}

/** The result once its objects can be read in the version that was asked for. */
function readable(result: ApiResult): ApiResult | Promise<ApiResult> {
  if (result.type !== 'entry' && result.type !== 'list') return result;
  const waiting = result.view.prepare?.(result.type === 'entry' ? [result.entry] : result.list.entries);
  return waiting ? waiting.then(() => result) : result;
}

function answered(core: Core, handlers: Handlers, given: ApiRequest): ApiResult | Promise<ApiResult> {
  const { info } = given;
  const reader = handlers.readers.get(info.group)?.get(`${info.version}/${info.resource}`);
  if (reader) return answerReader(reader, given);
  const endpoint = core.registry.find(info.group, info.version, info.resource);
  if (!endpoint) throw notServed();
  warnOfDeprecation(endpoint, given);
  const outOfPlace = !endpoint.info.namespaced && info.namespace !== '';
  if (outOfPlace && info.resource !== 'namespaces') throw notServed();
  // Authorization takes a namespace's own requests as being inside of it; to the rest of the server it is a cluster's object.
  const request = outOfPlace ? { ...given, info: { ...info, namespace: '' } } : given;
  if (info.subresource) return subresource(core, handlers, endpoint, request);
  const verb = info.verb === 'watch' || request.method !== 'HEAD' ? info.verb : 'get';
  if (verb === 'get' && request.named) return handleGet(endpoint, request);
  return collection(core, handlers, endpoint, request, verb);
}

/** What upstream says with every answer about a kind that is on its way out. */
function warnOfDeprecation({ info, custom }: Endpoint, { warnings }: ApiRequest): void {
  const text = custom ? undefined : deprecationWarning(apiVersionOf(info), info.kind, API_MINOR);
  if (text !== undefined) warnings.push(text);
}

function collection(core: Core, handlers: Handlers, endpoint: Endpoint, request: ApiRequest, verb: string): ApiResult | Promise<ApiResult> {
  const { info } = endpoint;
  const virtual = handlers.virtualResources.get(`${info.group}/${info.resource}`);
  if (virtual) return verb === 'create' && !request.named ? answerVirtual(core, endpoint, request, virtual) : refuse();
  if (info.group === '' && info.resource === 'bindings') return verb === 'create' ? bindCollection(core, request) : refuse();
  // A kind that is only ever answered, and nobody here who could.
  if (!info.verbs.includes('get')) throw notServed();
  if (!info.verbs.includes(verb as never)) return refuse();
  // Objects of namespaces are written inside of one.
  const outside = info.namespaced && request.info.namespace === '';
  switch (verb) {
    case 'list': return handleList(endpoint, request);
    case 'watch': return handleWatch(core, endpoint, request);
    case 'create': return outside || request.named ? refuse() : handleCreate(core, endpoint, request);
    case 'update': return outside || !request.named ? refuse() : handleUpdate(core, endpoint, request, mainDoor(endpoint));
    case 'patch': return outside || !request.named ? refuse() : handlePatch(core, endpoint, request, mainDoor(endpoint));
    case 'delete': return outside ? refuse() : handleDelete(core, endpoint, request);
    case 'deletecollection': return outside ? refuse() : handleDeleteCollection(core, endpoint, request);
    default: return refuse();
  }
}

function bindCollection(core: Core, request: ApiRequest): Promise<ApiResult> {
  return bind(core, core.registry.find('', 'v1', 'pods')!, request);
}

function subresource(core: Core, handlers: Handlers, endpoint: Endpoint, request: ApiRequest): ApiResult | Promise<ApiResult> {
  const { info } = endpoint;
  const { subresource: name } = request.info;
  const served = info.subresources.find((candidate) => candidate.name === name);
  if (!served) throw notServed();
  const post = request.method === 'POST';
  const handler = handlers.subresourceHandlers.get(`${info.group}/${info.resource}/${name}`);
  if (handler) return post ? answerSubresource(core, endpoint, request, handler, served.kind) : refuse();
  if (name === 'scale') return scale(core, endpoint, request);
  if (info.group === '' && info.resource === 'pods' && name === 'binding') return post ? bind(core, endpoint, request) : refuse();
  if (info.group === '' && info.resource === 'pods' && name === 'eviction') return post ? evict(core, endpoint, request) : refuse();
  const door = doorOf(endpoint, name);
  if (!door) throw notServed();
  switch (request.info.verb) {
    case 'get': return served.verbs.includes('get') ? handleGet(endpoint, request) : refuse();
    case 'update': return served.verbs.includes('update') ? handleUpdate(core, endpoint, request, door) : refuse();
    case 'patch': return served.verbs.includes('patch') ? handlePatch(core, endpoint, request, door) : refuse();
    default: return refuse();
  }
}

function scale(core: Core, endpoint: Endpoint, request: ApiRequest): ApiResult | Promise<ApiResult> {
  switch (request.info.verb) {
    case 'get': return getScale(endpoint, request);
    case 'update': return updateScale(core, endpoint, request);
    case 'patch': return patchScale(core, endpoint, request);
    default: return refuse();
  }
}

async function answerVirtual(core: Core, endpoint: Endpoint, request: ApiRequest, handler: VirtualHandler): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'CreateOptions');
  const object = decodeRequest(endpoint, request, options.fieldValidation);
  ensureNamespace(object, request.info.namespace);
  await admitAnswer(core, endpoint, request, object, '', options.dryRun);
  const result = await handler({ ...virtualRequest(request, options.dryRun), object, name: '' });
  return { type: 'object', code: 201, object: result };
}

async function answerSubresource(
  core: Core, endpoint: Endpoint, request: ApiRequest, handler: VirtualHandler, kind: Parameters<typeof spokenKind>[0],
): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'CreateOptions');
  const { namespace, name } = request.info;
  const parent = endpoint.storage.get(objectKey(namespace, name));
  const object = decodeRequest(spokenKind(kind), request, options.fieldValidation);
  ensureNamespace(object, namespace);
  if (!parent) throw endpoint.storage.notFound(name);
  await admitAnswer(core, endpoint, request, object, name, options.dryRun);
  const result = await handler({ ...virtualRequest(request, options.dryRun), object, name, parent: endpoint.view.object(parent) });
  return { type: 'object', code: 201, object: result };
}

/** What is only ever answered is a create all the same: a kubelet asks for tokens of its own pods alone. */
async function admitAnswer(
  core: Core, endpoint: Endpoint, request: ApiRequest, object: UntypedObject, name: string, dryRun: boolean,
): Promise<void> {
  const attributes = admissionAttributes(endpoint, request, 'CREATE', name, dryRun, { object });
  await core.admission.mutate(attributes);
  await core.admission.validate(attributes);
}

const virtualRequest = ({ user, info, warnings }: ApiRequest, dryRun: boolean) => ({
  user, namespace: info.namespace, dryRun, warn: (text: string) => void warnings.push(text),
});

export function notServed(): Error {
  return statusError('NotFound', 'the server could not find the requested resource', {});
}

function refuse(): never {
  throw statusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

/** For the streaming subresources, whose object must exist before anything is opened. */
export function connectObject(core: Core, request: ApiRequest): { endpoint: Endpoint; object: KubeObject } {
  const { group, version, resource, namespace, subresource } = request.info;
  const name = subresource === 'proxy' ? splitProxyName(request.info.name).name : request.info.name;
  const endpoint = core.registry.find(group, version, resource);
  if (!endpoint) throw notServed();
  const entry = endpoint.storage.get(objectKey(namespace, name));
  if (!entry) throw errors.notFound(resourceSubject(endpoint, name));
  return { endpoint, object: entry.object };
}
