import type { ClientRequest, IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { APIService, Service } from '../../api/kinds';
import { errors } from '../../api/status';
import type { ConnectTarget } from '../http/connect';
import type { Backends } from '../proxy';
import { inCluster, type Destination } from '../proxy/destination';
import { requestErrorText } from '../proxy/dial-error';
import { flatMapHeaders, requestHeaders } from '../proxy/headers';
import { answerOf, passAnswer, readText } from '../proxy/respond';
import { serviceTarget } from '../proxy/service-target';
import { upgradeHeaders, upgradeTo } from '../proxy/upgrade';
import type { ApiLister, UserInfo } from '../request';
import { defaultPort } from './availability';

/** The client certificate of the aggregator, PEM. */
export interface FrontProxy {
  readonly cert: string;
  readonly key: string;
}

export interface Reach {
  readonly service: APIService;
  readonly lister: ApiLister;
  readonly backends: Pick<Backends, 'dial'>;
  readonly frontProxy: FrontProxy;
}

const longestDocument = 8 * 1024 * 1024;
const checkTimeoutMs = 5_000;
const aggregatorUser: UserInfo = { name: 'system:kube-aggregator', groups: ['system:masters'] };

/** Hands a request on to the server of an APIService, in the user's name: bodies, watches and upgrades as they are. */
export async function forward(
  reach: Reach, user: UserInfo, request: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  let at: Destination | undefined;
  try {
    at = destinationOf(reach);
    const upgrading = 'socket' in target;
    const own = requestHeaders(request, upgrading ? upgradeHeaders(request) : {});
    const headers = [...withoutRemote(own), ...remoteHeaders(user)];
    const outgoing = await at.send({ method: request.method ?? 'GET', path: request.url ?? '/', headers });
    if (upgrading) return await upgradeTo(outgoing, request, target.socket, target.head);
    const exchange = { outgoing, request, response: target.response };
    const incoming = await answerOf(exchange);
    if (incoming) await passAnswer(incoming, exchange);
  } catch (error) {
    if ('response' in target && target.response.headersSent) return void target.response.destroy();
    const why = requestErrorText(at?.host ?? '', at?.port ?? 0, error as Error);
    throw errors.serviceUnavailable(`error trying to reach service: ${why}`);
  }
}

/** A document of the server, asked for in the aggregator's own name. Rejects with what went wrong. */
export async function fetchDocument<T>(reach: Reach, path: string): Promise<T> {
  const at = destinationOf(reach);
  try {
    const headers = ['Host', `${at.host}:${at.port}`, 'Accept', 'application/json', ...remoteHeaders(aggregatorUser)];
    const outgoing = await at.send({ method: 'GET', path, headers });
    const incoming = await answered(outgoing);
    const text = await readText(incoming, longestDocument);
    const { statusCode } = incoming;
    if (statusCode !== 200) throw new Error(`bad status from https://${at.host}:${at.port}${path}: ${statusCode}`);
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(requestErrorText(at.host, at.port, error as Error), { cause: error });
  }
}

async function answered(outgoing: ClientRequest): Promise<IncomingMessage> {
  const timer = setTimeout(() => outgoing.destroy(new Error('context deadline exceeded')), checkTimeoutMs);
  try {
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return incoming;
  } finally {
    clearTimeout(timer);
  }
}

/** Any ready endpoint of the Service. Its certificate must be for the Service's name, of the APIService's authority. */
function destinationOf({ service, lister, backends, frontProxy }: Reach): Destination {
  const { caBundle, insecureSkipTLSVerify, service: reference } = service.spec ?? {};
  const { name = '', namespace = '', port = defaultPort } = reference ?? {};
  const found = lister.get<Service>({ group: '', resource: 'services' }, namespace, name);
  if (!found) throw new Error(`service ${JSON.stringify(name)} not found`);
  const at = found.spec?.type === 'ExternalName'
    ? { host: found.spec.externalName ?? '', port }
    : serviceTarget(found, `https:${name}:${port}`, lister);
  return inCluster(backends, { host: at.host, port: at.port, tls: true }, {
    ...frontProxy,
    servername: `${name}.${namespace}.svc`,
    ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString() }),
    rejectUnauthorized: insecureSkipTLSVerify !== true,
  });
}

/** Nobody but this server says for whom it speaks. */
const withoutRemote = (headers: readonly string[]): string[] =>
  flatMapHeaders(headers, (name, value) => (name.toLowerCase().startsWith('x-remote-') ? [] : [name, value]));

function remoteHeaders({ name, uid, groups, extra = {} }: UserInfo): string[] {
  return [
    'X-Remote-User', name,
    ...(uid ? ['X-Remote-Uid', uid] : []),
    ...groups.flatMap((group) => ['X-Remote-Group', group]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.flatMap((value) => [`X-Remote-Extra-${encodeURIComponent(key)}`, value])),
  ];
}
