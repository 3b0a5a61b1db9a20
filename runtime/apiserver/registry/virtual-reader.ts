import { parseFieldSelector } from '../../api/fields';
import { parseSelector, SelectorError } from '../../api/labels';
import type { KubeObject } from '../../api/object';
import type { ResourceInfo } from '../../api/resource';
import { errors, statusError } from '../../api/status';
import type { ApiRequest, ApiResult } from '../http/api-request';
import { Entry, unstored } from '../storage/entry';
import { parseListOptions } from '../storage/list-options';
import { storedView } from './endpoint';

/** A resource that nobody stores: its objects are made up when they are read. */
export interface VirtualReader {
  readonly info: ResourceInfo;
  /** Throws StatusError 404 for what isn't there. */
  get(namespace: string, name: string): Promise<KubeObject>;
  /** Of one namespace, or of all when it is empty. */
  list(namespace: string): Promise<readonly KubeObject[]>;
}

export function readersByGroup(
  readers: readonly VirtualReader[],
): ReadonlyMap<string, ReadonlyMap<string, VirtualReader>> {
  const groups = new Map<string, Map<string, VirtualReader>>();
  for (const reader of readers) {
    const { group, version, resource } = reader.info;
    const found = groups.get(group) ?? new Map<string, VirtualReader>();
    groups.set(group, found.set(`${version}/${resource}`, reader));
  }
  return groups;
}

export async function answerReader(reader: VirtualReader, request: ApiRequest): Promise<ApiResult> {
  const { info, named } = request;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads || info.verb === 'watch' || info.subresource || (named && reader.info.namespaced && !info.namespace)) {
    throw info.subresource
      ? statusError('NotFound', 'the server could not find the requested resource', {})
      : statusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }
  const view = storedView(reader.info);
  if (named) return { type: 'entry', code: 200, entry: entryOf(await reader.get(info.namespace, info.name)), view };
  const matches = filter(request);
  const objects = (await reader.list(info.namespace)).filter(matches);
  return { type: 'list', list: { entries: objects.map(entryOf), revision: unstored }, view };
}

function entryOf(object: KubeObject): Entry {
  const { namespace, name } = object.metadata;
  return new Entry(`${namespace ?? ''}/${name}`, Buffer.from(JSON.stringify(object)), unstored);
}

function filter({ query }: ApiRequest): (object: KubeObject) => boolean {
  const options = parseListOptions(query, false);
  try {
    const labels = parseSelector(options.labelSelector);
    const fields = parseFieldSelector(options.fieldSelector);
    const unknown = fields.requirements.find(({ field }) => !Object.hasOwn(selectable, field));
    if (unknown) throw errors.badRequest(`field label not supported: ${unknown.field}`);
    return (object) =>
      labels.matches(object.metadata.labels ?? {}) && fields.matches((field) => selectable[field]!(object) ?? '');
  } catch (error) {
    if (error instanceof SelectorError) throw errors.badRequest(error.message);
    throw error;
  }
}

const selectable: Readonly<Record<string, (object: KubeObject) => string | undefined>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
};
