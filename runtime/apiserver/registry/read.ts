import { errors } from '../../api/status';
import type { ApiRequest, ApiResult } from '../http/api-request';
import { queryString } from '../http/query';
import { objectKey } from '../storage/keys';
import { parseListOptions } from '../storage/list-options';
import type { ListOptions } from '../storage/list-options';
import type { EntryFilter } from '../storage/resource-storage';
import { invalidRevision, parseRevision } from '../storage/revisions';
import { PreparingConsumer } from '../watch/preparing-consumer';
import { Watcher } from '../watch/watcher';
import type { WatchConsumer, WatcherOptions } from '../watch/watcher';
import type { Core } from './core';
import { resourceSubject } from './endpoint';
import type { Endpoint } from './endpoint';
import { filterOf } from './selectors';

/** Synchronous unless the client asks for a revision that hasn't come yet. */
export function handleGet(endpoint: Endpoint, request: ApiRequest): ApiResult | Promise<ApiResult> {
  const { namespace, name } = request.info;
  const version = request.query.size === 0 ? '' : queryString(request.query, 'resourceVersion');
  if (version !== '' && version !== '0') return getFresh(endpoint, request, version);
  const entry = endpoint.storage.get(objectKey(namespace, name));
  if (!entry) throw endpoint.storage.notFound(name);
  return { type: 'entry', code: 200, entry, view: endpoint.view };
}

async function getFresh(endpoint: Endpoint, request: ApiRequest, version: string): Promise<ApiResult> {
  const revision = parseRevision(version);
  if (revision === undefined) throw badRevision(version);
  await endpoint.storage.waitFresh(revision);
  const { namespace, name } = request.info;
  const entry = endpoint.storage.get(objectKey(namespace, name));
  if (!entry) throw endpoint.storage.notFound(name);
  return { type: 'entry', code: 200, entry, view: endpoint.view };
}

function badRevision(version: string): Error {
  const { path, message } = invalidRevision(version);
  return errors.badRequest(`invalid resource version: ${path}: ${message}`);
}

export async function handleList(endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseListOptions(request.query, false);
  const start = request.info.namespace ? `${request.info.namespace}/` : '';
  const list = await endpoint.storage.list(start, options, filterOf(endpoint, options));
  const fresh = list.revision >= endpoint.storage.cache.generation && !list.continue && !options.continue;
  const cacheKey = `${endpoint.info.version}|${endpoint.custom?.generation ?? ''}|${start}|${options.labelSelector}|${options.fieldSelector}`;
  return { type: 'list', list, view: endpoint.view, ...(fresh && { cacheKey }) };
}

const minimumTimeoutSeconds = 1800;

export async function handleWatch(core: Core, endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseListOptions(request.query, true);
  const single = request.named ? exactly(options, request.info.name) : options;
  const filter = filterOf(endpoint, single);
  const revision = parseRevision(options.resourceVersion);
  if (revision === undefined) {
    throw errors.invalid(resourceSubject(endpoint), [invalidRevision(options.resourceVersion)]);
  }
  if (options.sendInitialEvents && revision > 0) await endpoint.storage.waitFresh(revision);
  const start = request.info.namespace ? `${request.info.namespace}/` : '';
  const { storage } = endpoint;
  return {
    type: 'watch', view: endpoint.view,
    start(consumer: WatchConsumer) {
      const settings = watchSettings(endpoint, options, revision, start, filter);
      const reader = endpoint.view.prepare ? new PreparingConsumer(endpoint.view, consumer) : consumer;
      return new Watcher(storage.cache, settings, reader, core.clock, () => storage.revision);
    },
  };
}

/** The legacy `/watch/…/NAME` form. */
function exactly(options: ListOptions, name: string): ListOptions {
  const byName = `metadata.name=${name}`;
  return { ...options, fieldSelector: options.fieldSelector ? `${options.fieldSelector},${byName}` : byName };
}

function watchSettings(
  endpoint: Endpoint, options: ListOptions, revision: number, start: string, filter: EntryFilter,
): WatcherOptions {
  const { storage } = endpoint;
  const wantsInitial = options.sendInitialEvents ?? revision === 0;
  const { matches } = filter;
  const inScope = start === '' ? matches : scoped(start, matches);
  const candidates = () => (filter.candidates ? [...filter.candidates()] : storage.cache.range(start));
  const seconds = options.timeoutSeconds ? options.timeoutSeconds : minimumTimeoutSeconds * (1 + Math.random());
  return {
    from: wantsInitial || revision === 0 ? storage.revision : revision,
    ...(wantsInitial && { initial: inScope ? candidates().filter(inScope) : candidates() }),
    ...(inScope && { matches: inScope }),
    bookmarks: options.allowWatchBookmarks,
    initialEventsEnd: (options.sendInitialEvents ?? false) && options.allowWatchBookmarks,
    timeoutMilliseconds: seconds * 1000,
  };
}

type Matches = NonNullable<EntryFilter['matches']>;

function scoped(start: string, matches: Matches | undefined): Matches {
  return matches ? (entry) => entry.key.startsWith(start) && matches(entry) : (entry) => entry.key.startsWith(start);
}
