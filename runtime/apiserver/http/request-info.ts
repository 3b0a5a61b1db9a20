import type { RequestInfo } from '../request';
import { parseQuery, queryBoolean, queryString } from './query';
import type { Query } from './query';

/** A request's path and query, taken apart. Shared between requests with the same method and URL. */
export interface ParsedRequest {
  readonly info: RequestInfo;
  readonly query: Query;
  /** The path below a subresource: `/index.html` of `pods/web/proxy/index.html`. Empty without one. */
  readonly rest: string;
  /** `name` was in the path (a field selector can also give `info.name`, for authorization alone). */
  readonly named: boolean;
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete',
};
const namespaceSubresources = new Set(['status', 'finalize']);

/** Follows apiserver/pkg/endpoints/request/requestinfo.go; `url` is path and query as they came. */
export function parseRequest(method: string, url: string): ParsedRequest {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  return parseRequestParts(method, path, parseQuery(question < 0 ? '' : url.slice(question + 1)));
}

export function parseRequestParts(method: string, rawPath: string, query: Query): ParsedRequest {
  const path = decodePath(rawPath);
  const nonResource = (): ParsedRequest => ({
    info: {
      isResourceRequest: false, path, verb: method.toLowerCase(),
      group: '', version: '', namespace: '', resource: '', subresource: '', name: '',
    },
    query, rest: '', named: false,
  });
  const all = path.split('/').filter((part) => part !== '');
  const groupless = all[0] === 'api';
  if ((!groupless && all[0] !== 'apis') || all.length < (groupless ? 3 : 4)) return nonResource();
  const group = groupless ? '' : all[1]!;
  const version = groupless ? all[1]! : all[2]!;
  return parseResource(method, path, query, group, version, all.slice(groupless ? 2 : 3));
}

function parseResource(
  method: string, path: string, query: Query, group: string, version: string, given: readonly string[],
): ParsedRequest {
  let parts = given;
  let verb = verbs[method] ?? '';
  if (parts.length > 1 && (parts[0] === 'watch' || parts[0] === 'proxy')) {
    verb = parts[0];
    parts = parts.slice(1);
  }
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!;
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2);
  }
  const resource = parts[0]!;
  const subresource = verb === 'watch' || verb === 'proxy' ? '' : (parts[2] ?? '');
  let name = parts[1] ?? '';
  const named = name !== '';
  if (!named && verb === 'get') {
    verb = queryBoolean(query, 'watch') ? 'watch' : 'list';
    name = exactName(queryString(query, 'fieldSelector'));
  }
  if (!named && verb === 'watch') name = exactName(queryString(query, 'fieldSelector'));
  if (!named && verb === 'delete') verb = 'deletecollection';
  const rest = parts.length > 3 ? `/${parts.slice(3).join('/')}${path.endsWith('/') ? '/' : ''}` : path.endsWith('/') ? '/' : '';
  return {
    info: { isResourceRequest: true, path, verb, group, version, namespace, resource, subresource, name },
    query, rest: subresource ? rest : '', named,
  };
}

function exactName(fieldSelector: string): string {
  if (!fieldSelector.includes('metadata.name')) return '';
  for (const term of fieldSelector.split(',')) {
    const match = /^metadata\.name==?([^=!].*)$/.exec(term);
    if (match && !/[/%]/.test(match[1]!) && match[1] !== '.' && match[1] !== '..') return match[1]!;
  }
  return '';
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Remembers how recent URLs parse: clients ask for the same ones again and again. */
export class RequestParser {
  private readonly parsed = new Map<string, ParsedRequest>();

  constructor(private readonly capacity = 4096) {}

  parse(method: string, url: string): ParsedRequest {
    const key = method + url;
    const known = this.parsed.get(key);
    if (known) return known;
    const parsed = parseRequest(method, url);
    if (url.length > 512) return parsed;
    if (this.parsed.size >= this.capacity) this.parsed.clear();
    this.parsed.set(key, parsed);
    return parsed;
  }
}
