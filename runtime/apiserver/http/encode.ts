import type { KubeObject } from '../../api/object';
import { partialObjectMetadata, tableFor } from '../../api/table';
import { toYaml } from '../../api/yaml';
import type { Clock } from '../../clock';
import type { ListResult } from '../storage/resource-storage';
import type { ResourceCache } from '../storage/resource-cache';
import type { ApiResult, View } from './api-request';
import { notAcceptable } from './negotiate';
import type { Representation } from './negotiate';
import { apiVersionOf } from '../../api/object';
import { errors } from '../../api/status';
import { queryString } from './query';
import type { Query } from './query';

export interface Encoded {
  contentType: string;
  body: Buffer;
  /** Where a compressed form of the same bytes can be kept. */
  shared?: EncodedList;
}

/** An encoded list, kept as long as nothing of its resource changes. */
export interface EncodedList {
  items: Buffer;
  whole?: { revision: number; body: Buffer; gzip?: Buffer };
}

type Presentable = Extract<ApiResult, { type: 'entry' | 'list' | 'object' }>;

/** The first representation that this result has, of those that the client accepts. */
export function chooseRepresentation(result: Presentable, accepted: readonly Representation[]): Representation {
  const fits = accepted.find(({ as }) => as === '' || (result.type !== 'object' && fitting(result.type).includes(as)));
  if (!fits) throw notAcceptable();
  return fits;
}

const fitting = (type: 'entry' | 'list'): readonly string[] =>
  type === 'entry' ? ['Table', 'PartialObjectMetadata'] : ['Table', 'PartialObjectMetadataList'];

export function encodeResult(
  result: Presentable, representation: Representation, query: Query, clock: Clock, cacheOf: (view: View) => ResourceCache | undefined,
): Encoded {
  const plain = representation.as === '' && representation.mediaType === 'application/json';
  if (plain && result.type === 'entry') return { contentType: 'application/json', body: result.view.bytes(result.entry) };
  if (plain && result.type === 'list') return encodeList(result, cacheOf(result.view));
  const value = presented(result, representation, query, clock);
  if (representation.mediaType === 'application/yaml') {
    return { contentType: 'application/yaml', body: Buffer.from(toYaml(value as KubeObject)) };
  }
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

/** The result as a value, in the form asked for. */
export function presented(result: Presentable, { as, version }: Representation, query: Query, clock: Clock): object {
  if (result.type === 'object') return result.object;
  const { view } = result;
  const objects = result.type === 'entry' ? [view.object(result.entry)] : result.list.entries.map((entry) => view.object(entry));
  const metadata = result.type === 'entry' ? { resourceVersion: objects[0]!.metadata.resourceVersion! } : listMetadata(result.list);
  if (as === 'Table') {
    return {
      ...tableFor(view.info, objects, clock.now(), {
        metadata, ...(view.columns && { customColumns: view.columns }), ...rowObject(query),
      }),
      apiVersion: `meta.k8s.io/${version}`,
    };
  }
  const partial = (object: KubeObject) => ({ ...partialObjectMetadata(object), apiVersion: `meta.k8s.io/${version}` });
  if (as === 'PartialObjectMetadata') return partial(objects[0]!);
  if (as === 'PartialObjectMetadataList') {
    return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata, items: objects.map(partial) };
  }
  if (result.type === 'entry') return objects[0]!;
  return { kind: view.info.listKind, apiVersion: apiVersionOf(view.info), metadata, items: objects };
}

export function rowObject(query: Query): { rowObject?: (object: KubeObject) => unknown } {
  const include = queryString(query, 'includeObject');
  if (include === 'None') return { rowObject: () => undefined };
  if (include === 'Object') return { rowObject: (object) => object };
  if (include === '' || include === 'Metadata') return {};
  throw errors.badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
}

export function listMetadata(list: ListResult) {
  return {
    resourceVersion: String(list.revision),
    ...(list.continue !== undefined && { continue: list.continue }),
    ...(list.remaining !== undefined && { remainingItemCount: list.remaining }),
  };
}

const comma = 0x2c;
const listEnd = Buffer.from(']}');

function encodeList({ list, view, cacheKey }: Extract<Presentable, { type: 'list' }>, cache: ResourceCache | undefined): Encoded {
  const known = cacheKey === undefined ? undefined : (cache?.listCache.get(cacheKey) as EncodedList | undefined);
  if (known?.whole?.revision === list.revision) {
    return { contentType: 'application/json', body: known.whole.body, shared: known };
  }
  const { kind, apiVersion } = { kind: view.info.listKind, apiVersion: apiVersionOf(view.info) };
  const head = Buffer.from(
    `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(listMetadata(list))},"items":[`,
  );
  const items = known?.items ?? joined(list, view);
  const body = Buffer.concat([head, items, listEnd]);
  if (cacheKey === undefined || !cache) return { contentType: 'application/json', body };
  const shared: EncodedList = { items, whole: { revision: list.revision, body } };
  if (cache.listCache.size >= maxCachedLists) cache.listCache.clear();
  cache.listCache.set(cacheKey, shared);
  return { contentType: 'application/json', body, shared };
}

const maxCachedLists = 16;

function joined({ entries }: ListResult, view: View): Buffer {
  if (entries.length === 0) return Buffer.alloc(0);
  const parts = entries.map((entry) => view.bytes(entry));
  const result = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + part.length + 1, -1));
  let at = 0;
  parts.forEach((part, index) => {
    if (index > 0) result[at++] = comma;
    at += part.copy(result, at);
  });
  return result;
}
