import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from '../../api/discovery';
import { OpenApi, openApiV2Protobuf } from '../../api/openapi';
import { notServed } from '../registry/dispatch';
import type { ResourceInfo } from '../../api/resource';
import type { Registry } from '../registry/registry';
import type { ApiResult } from '../http/api-request';
import { notAcceptable } from '../http/negotiate';
import type { Representation } from '../http/negotiate';
import { queryString } from '../http/query';
import type { Query } from '../http/query';

interface Document {
  contentType: string;
  body: Buffer | string;
  etag: string;
}

/** What other servers answer in this one's place. */
export interface Elsewhere {
  readonly generation: number;
  merged(own: readonly ResourceInfo[]): readonly ResourceInfo[];
}

/** The documents that tell clients what is served. Each is built when first asked for, anew after resources came or went. */
export class Discovery {
  private generation = '';
  private documents = new Map<string, Document>();
  private openApi: OpenApi | undefined;

  constructor(
    private readonly registry: Registry, private readonly serverAddress: () => string,
    private readonly elsewhere?: Elsewhere,
  ) {}

  /** With what other servers answer; the server's own components, which can't ask those, see its own resources alone. */
  private resources(request: IncomingMessage | undefined): readonly ResourceInfo[] {
    const own = this.registry.resources();
    return (request && this.elsewhere?.merged(own)) ?? own;
  }

  /** A document of its own resources, as a value. */
  own(path: string): object | undefined {
    const parts = path.split('/').slice(1);
    return isDiscovery(parts) ? this.plain(parts, undefined) : undefined;
  }

  /** Undefined for paths that aren't discovery's. */
  answer(path: string, query: Query, accepted: readonly Representation[], request: IncomingMessage): ApiResult | undefined {
    const clean = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    if (clean === '/openapi/v2') return this.openApiV2(request);
    if (clean === '/openapi/v3' || clean.startsWith('/openapi/v3/')) return this.openApiV3(clean, query, request);
    const parts = clean.split('/').slice(1);
    const [half] = parts;
    if ((half !== 'api' && half !== 'apis') || !isDiscovery(parts)) return undefined;
    const representation = accepted.find(({ as }) => as === '' || (as === 'APIGroupDiscoveryList' && parts.length === 1));
    if (!representation) throw notAcceptable();
    if (representation.as !== '') return this.aggregated(half, representation, request);
    return { type: 'object', code: 200, object: this.plain(parts, request) };
  }

  private plain(parts: readonly string[], request: IncomingMessage | undefined): object {
    const resources = this.resources(request);
    const [root, first, second] = parts;
    const document =
      root === 'api'
        ? first === undefined ? apiVersions(this.serverAddress()) : apiResourceList(resources, '', first)
        : first === undefined
          ? apiGroupList(resources)
          : second === undefined ? apiGroup(resources, first) : apiResourceList(resources, first, second);
    if (!document) throw notServed();
    return document;
  }

  private aggregated(half: 'api' | 'apis', { version }: Representation, request: IncomingMessage): ApiResult {
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return conditional(request, this.document(`${half} ${version}`, contentType, () =>
      JSON.stringify(aggregatedDiscovery(this.resources(request), half, version as 'v2' | 'v2beta1'))));
  }

  private openApiV2(request: IncomingMessage): ApiResult {
    const accept = request.headers.accept ?? '';
    if (accept.includes('proto-openapi.spec.v2')) {
      const document = this.document('openapi v2 protobuf', openApiV2Protobuf.contentType, () => this.specification().v2Protobuf());
      return conditional(request, document);
    }
    return conditional(request, this.document('openapi v2', 'application/json', () => this.specification().v2()));
  }

  private openApiV3(path: string, query: Query, request: IncomingMessage): ApiResult {
    const specification = this.specification();
    if (path === '/openapi/v3') {
      return conditional(request, this.document(path, 'application/json', () => specification.v3Index()));
    }
    const groupVersion = path.slice('/openapi/v3/'.length);
    const hash = specification.v3Hash(groupVersion);
    if (hash === undefined) throw notServed();
    const asked = queryString(query, 'hash');
    if (asked !== '' && asked !== hash) {
      const headers = { Location: `${path}?hash=${hash}` };
      return { type: 'raw', code: 301, contentType: 'text/plain', body: '', headers };
    }
    const document = this.document(path, 'application/json', () => specification.v3(groupVersion)!);
    const result = conditional(request, document);
    if (asked === '' || result.type !== 'raw') return result;
    return { ...result, headers: { ...result.headers, 'Cache-Control': 'public, immutable' } };
  }

  private specification(): OpenApi {
    this.refresh();
    return (this.openApi ??= new OpenApi(this.registry.resources()));
  }

  private document(key: string, contentType: string, make: () => Buffer | string): Document {
    this.refresh();
    let document = this.documents.get(key);
    if (!document) {
      const body = make();
      const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
      this.documents.set(key, (document = { contentType, body, etag }));
    }
    return document;
  }

  private refresh(): void {
    const generation = `${this.registry.generation} ${this.elsewhere?.generation ?? 0}`;
    if (this.generation === generation) return;
    this.generation = generation;
    this.documents = new Map();
    this.openApi = undefined;
  }
}

const isDiscovery = (parts: readonly string[]): boolean =>
  parts[0] === 'api' ? parts.length <= 2 : parts[0] === 'apis' && parts.length <= 3;

function conditional(request: IncomingMessage, { contentType, body, etag }: Document): ApiResult {
  const headers = { ETag: etag, Vary: 'Accept' };
  const known = request.headers['if-none-match'];
  return known?.includes(etag)
    ? { type: 'raw', code: 304, contentType, body: '', headers }
    : { type: 'raw', code: 200, contentType, body, headers };
}
