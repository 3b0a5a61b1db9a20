import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from '../../api/discovery';
import { OpenApi, openApiV2Protobuf } from '../../api/openapi';
import { notServed } from '../registry/dispatch';
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

/** The documents that tell clients what is served. Each is built when first asked for, anew after resources came or went. */
export class Discovery {
  private generation = -1;
  private documents = new Map<string, Document>();
  private openApi: OpenApi | undefined;

  constructor(private readonly registry: Registry, private readonly serverAddress: () => string) {}

  /** Undefined for paths that aren't discovery's. */
  answer(path: string, query: Query, accepted: readonly Representation[], request: IncomingMessage): ApiResult | undefined {
    const clean = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    if (clean === '/openapi/v2') return this.openApiV2(request);
    if (clean === '/openapi/v3' || clean.startsWith('/openapi/v3/')) return this.openApiV3(clean, query, request);
    const parts = clean.split('/').slice(1);
    if ((parts[0] !== 'api' && parts[0] !== 'apis') || parts.length > (parts[0] === 'api' ? 2 : 3)) return undefined;
    const representation = accepted.find(({ as }) => as === '' || (as === 'APIGroupDiscoveryList' && parts.length === 1));
    if (!representation) throw notAcceptable();
    if (representation.as !== '') return this.aggregated(parts[0], representation, request);
    return { type: 'object', code: 200, object: this.plain(parts) };
  }

  private plain(parts: readonly string[]): object {
    const resources = this.registry.resources();
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
      JSON.stringify(aggregatedDiscovery(this.registry.resources(), half, version as 'v2' | 'v2beta1'))));
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
    if (this.generation === this.registry.generation) return;
    this.generation = this.registry.generation;
    this.documents = new Map();
    this.openApi = undefined;
  }
}

function conditional(request: IncomingMessage, { contentType, body, etag }: Document): ApiResult {
  const headers = { ETag: etag, Vary: 'Accept' };
  const known = request.headers['if-none-match'];
  return known?.includes(etag)
    ? { type: 'raw', code: 304, contentType, body: '', headers }
    : { type: 'raw', code: 200, contentType, body, headers };
}
