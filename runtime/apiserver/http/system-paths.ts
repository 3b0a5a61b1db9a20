import type { IncomingMessage } from 'node:http';
import type { Discovery } from '../discovery/discovery';
import type { Registry } from '../registry/registry';
import type { ApiRequest, ApiResult } from './api-request';
import type { Representation } from './negotiate';

export const gitVersion = 'v1.36.0';

/** A document that another part serves at a path of its own: the keys of service account tokens, say. */
export interface PathDocument {
  contentType: string;
  body: string;
}

export interface SystemOptions {
  discovery: Discovery;
  registry: Registry;
  /** Undefined while all is well; the reason otherwise. */
  checks: ReadonlyMap<string, () => string | undefined>;
  paths: ReadonlyMap<string, () => PathDocument | Promise<PathDocument>>;
  /** The metrics page; built only if somebody asks. */
  metrics(): Promise<PathDocument>;
}

const fixedPaths = [
  '/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/healthz', '/healthz/etcd', '/healthz/log', '/healthz/ping',
  '/livez', '/livez/etcd', '/livez/log', '/livez/ping', '/metrics', '/openapi/v2', '/openapi/v3', '/openid/v1/jwks',
  '/readyz', '/readyz/etcd', '/readyz/log', '/readyz/ping', '/version',
];

/** Answers every path that isn't a resource's. */
export function systemPaths(options: SystemOptions) {
  return (request: ApiRequest, accepted: readonly Representation[], httpRequest: IncomingMessage): ApiResult | Promise<ApiResult> => {
    const { path } = request.info;
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Method Not Allowed\n');
    const document = options.paths.get(path);
    if (document) return settle(document());
    const [, first = ''] = path.split('/');
    switch (first) {
      case '': return { type: 'object', code: 200, object: { paths: index(options.registry) } };
      case 'version': return { type: 'raw', code: 200, contentType: 'application/json', body: JSON.stringify(version(), null, 2) };
      case 'healthz': case 'livez': case 'readyz': return health(options, first, path, request);
      case 'metrics': return settle(options.metrics());
      default: return options.discovery.answer(path, request.query, accepted, httpRequest) ?? text(404, '404 page not found\n');
    }
  };
}

async function settle(document: PathDocument | Promise<PathDocument>): Promise<ApiResult> {
  const { contentType, body } = await document;
  return { type: 'raw', code: 200, contentType, body };
}

const text = (code: number, body: string): ApiResult => ({ type: 'raw', code, contentType: 'text/plain; charset=utf-8', body });

export function version() {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(gitVersion)!;
  return {
    major, minor, emulationMajor: major, emulationMinor: minor,
    minCompatibilityMajor: major, minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion, gitCommit: '', gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node${process.versions.node}`,
    compiler: 'v8', platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

function index(registry: Registry): string[] {
  const groups = registry.resources().filter(({ group }) => group !== '');
  const paths = groups.flatMap(({ group, version: v }) => [`/apis/${group}`, `/apis/${group}/${v}`]);
  return [...new Set([...fixedPaths, ...paths])].sort();
}

function health({ checks }: SystemOptions, endpoint: string, path: string, { query }: ApiRequest): ApiResult {
  const single = path.slice(endpoint.length + 2);
  if (single) {
    const check = checks.get(single);
    if (!check) return text(404, '404 page not found\n');
    const problem = check();
    return problem === undefined ? text(200, 'ok') : text(500, `internal server error: ${problem}\n`);
  }
  const excluded = new Set(query.get('exclude') ?? []);
  const lines: string[] = [];
  let failed = false;
  for (const [name, check] of checks) {
    if (excluded.has(name)) lines.push(`[+]${name} excluded: ok`);
    else if (check() === undefined) lines.push(`[+]${name} ok`);
    else {
      failed = true;
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  if (failed) return text(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  return query.has('verbose') ? text(200, `${lines.join('\n')}\n${endpoint} check passed\n`) : text(200, 'ok');
}
