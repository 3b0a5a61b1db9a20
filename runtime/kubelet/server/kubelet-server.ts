import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { isStatusError, StatusError } from '../../api/status';
import { servePortForward } from '../../streaming/port-forward';
import { remoteCommandOptions, serveRemoteCommand } from '../../streaming/remote-command';
import { findPod, HttpError, runningContainer, runningSandbox } from './find-container';
import { serveContainerLogs } from './container-logs';
import type { KubeletServerOptions } from './options';
import { removeProvisionedVolume } from '../volumes/provisioned-volume';
import { metrics, resourceMetrics, statsSummary } from './stats';

type Handle = (
  request: IncomingMessage,
  response: ServerResponse,
  parts: string[],
  query: URLSearchParams,
) => Promise<void> | void;

/** Upstream's kubelet keeps idle streams for four hours; connections of clients stay open longer than theirs. */
const keepAliveMs = 120_000;

/**
 * The kubelet's HTTPS API, for holders of a client certificate of the cluster's CA: logs, exec, attach, port-forward,
 * stats.
 */
export class KubeletServer {
  private readonly server: Server;
  private readonly handlers: Record<string, Handle>;

  constructor(private readonly options: KubeletServerOptions) {
    const { cert, key, clientCa } = options.serverTls;
    this.server = createServer({
      cert,
      key,
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: false,
      keepAliveTimeout: keepAliveMs,
    });
    this.server.on('request', (request, response) => void this.handle(request, response));
    this.server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.handlers = this.table();
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  listen(port: number, host?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, ...(host && { host }) }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private table(): Record<string, Handle> {
    const { runtime, nodeName, clock } = this.options;
    const json =
      (value: () => Promise<object> | object): Handle =>
      async (_request, response) =>
        sendJson(response, await value());
    const text =
      (value: () => Promise<string> | string): Handle =>
      async (_request, response) =>
        send(response, 200, await value());
    return {
      healthz: (_request, response) =>
        this.options.healthy() ? send(response, 200, 'ok') : send(response, 500, 'the runtime is down'),
      pods: json(() => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: this.options.pods() })),
      runningpods: json(() => this.runningPods()),
      containerLogs: (request, response, parts, query) =>
        serveContainerLogs(this.options, { request, response, parts, query }),
      run: (request, response, parts, query) => this.run(request, response, parts, query),
      stats: json(() => statsSummary(runtime, nodeName, clock.now())),
      metrics: (_request, response, parts) =>
        (parts[0] === 'resource' ? text(() => resourceMetrics(runtime, clock.now())) : text(() => metrics(runtime)))(
          _request,
          response,
          parts,
          new URLSearchParams(),
        ),
      provisionedVolumes: (request, response, parts) => this.removeVolume(request, response, parts),
      configz: json(() => this.configz()),
      logs: (_request, response) => send(response, 404, 'logs endpoint is disabled.'),
    };
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { route, parts, query } = this.parse(request);
      authorize(request);
      const handler = Object.hasOwn(this.handlers, route) ? this.handlers[route] : undefined;
      if (!handler)
        throw new HttpError(
          streaming.has(route) ? 400 : 404,
          streaming.has(route) ? 'Upgrade request required' : '404 page not found',
        );
      await handler(request, response, parts, query);
    } catch (error) {
      this.fail(response, error);
    }
  }

  private parse(request: IncomingMessage): { route: string; parts: string[]; query: URLSearchParams } {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [route = '', ...parts] = url.pathname
      .split('/')
      .filter(Boolean)
      .map((part) => decodeURIComponent(part));
    return { route, parts, query: url.searchParams };
  }

  private fail(response: ServerResponse, error: unknown): void {
    const code =
      error instanceof HttpError
        ? error.code
        : error instanceof StatusError
          ? error.code
          : error instanceof URIError || error instanceof RangeError
            ? 400
            : 500;
    if (code === 500) this.options.logger.warn({ error: (error as Error).message }, 'request to the kubelet failed');
    if (response.headersSent) response.destroy();
    else send(response, code, (error as Error).message);
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A client that goes away before it is served is no failure of ours.
    socket.on('error', () => socket.destroy());
    try {
      const { route, parts, query } = this.parse(request);
      authorize(request);
      if (route === 'exec' || route === 'attach') await this.remoteCommand(route, parts, query, request, socket, head);
      else if (route === 'portForward') await this.portForward(parts, request, socket, head);
      else throw new HttpError(404, '404 page not found');
    } catch (error) {
      const code = error instanceof HttpError ? error.code : isStatusError(error) ? error.code : 500;
      const { message } = error as Error;
      if (!socket.destroyed) {
        socket.end(
          [
            `HTTP/1.1 ${code} ${reasons[code] ?? 'Error'}`,
            'Content-Type: text/plain; charset=utf-8',
            `Content-Length: ${Buffer.byteLength(message)}`,
            `Connection: close\r\n\r\n${message}`,
          ].join('\r\n'),
        );
      }
    }
  }

  private async remoteCommand(
    route: 'exec' | 'attach',
    parts: string[],
    query: URLSearchParams,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { runtime } = this.options;
    const pod = findPod(this.options.pods(), parts);
    const { id } = await runningContainer(runtime, pod, parts.at(-1) ?? '');
    const options = remoteCommandOptions(query);
    const command = query.getAll('command');
    await serveRemoteCommand(request, socket, head, options, (streams) =>
      route === 'exec' ? runtime.exec(id, command, options, streams) : runtime.attach(id, options, streams),
    );
  }

  private async portForward(parts: string[], request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { runtime } = this.options;
    const pod = findPod(this.options.pods(), [...parts, '']);
    const sandbox = await runningSandbox(runtime, pod);
    await servePortForward(request, socket, head, async (port) => {
      try {
        return await runtime.dial(sandbox.id, port);
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`error forwarding port ${port} to pod ${sandbox.id}, uid : ${message}`, { cause: error });
      }
    });
  }

  /** Runs a command and answers with its output. */
  private async run(
    request: IncomingMessage,
    response: ServerResponse,
    parts: string[],
    query: URLSearchParams,
  ): Promise<void> {
    if (request.method !== 'POST') throw new HttpError(405, 'Method Not Allowed');
    const pod = findPod(this.options.pods(), parts);
    const { id } = await runningContainer(this.options.runtime, pod, parts.at(-1) ?? '');
    const { output } = await this.options.runtime.execSync(id, (query.get('cmd') ?? '').split(' '), 60);
    send(response, 200, output);
  }

  /** The data of a volume whose claim is gone. Not upstream's: there, a storage system of its own is asked. */
  private async removeVolume(request: IncomingMessage, response: ServerResponse, [name = '']: string[]): Promise<void> {
    if (request.method !== 'DELETE') throw new HttpError(405, 'Method Not Allowed');
    await removeProvisionedVolume(this.options.volumeHost, name);
    send(response, 200, 'ok');
  }

  private async runningPods(): Promise<object> {
    const pods = await this.options.runtime.pods();
    const items = pods
      .map((pod) => ({ ...pod, containers: pod.containers.filter(({ state }) => state === 'running') }))
      .filter(({ containers }) => containers.length > 0)
      .map(({ uid, name, namespace, containers }) => ({
        metadata: { name, namespace, uid },
        spec: { containers: containers.map((status) => ({ name: status.name, image: status.image, resources: {} })) },
        status: {},
      }));
    return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
  }

  private configz(): object {
    const { clusterDns, clusterDomain, staticPodPath, capacity } = this.options;
    return {
      kubeletconfig: {
        kind: 'KubeletConfiguration',
        apiVersion: 'kubelet.config.k8s.io/v1beta1',
        authentication: { anonymous: { enabled: false }, x509: {} },
        clusterDNS: clusterDns,
        clusterDomain,
        maxPods: Number(capacity.pods),
        ...(staticPodPath && { staticPodPath }),
      },
    };
  }
}

const streaming = new Set(['exec', 'attach', 'portForward']);
const reasons: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  500: 'Internal Server Error',
};

/** Groups whose members may use a kubelet's API: of certificates of the cluster's CA, nodes have one of their own too. */
const administrators = 'system:masters';

/** Lets in the API server and administrators. Throws HttpError: 401 without a certificate of the CA, 403 for others. */
function authorize(request: IncomingMessage): void {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) throw new HttpError(401, 'Unauthorized');
  const { subject } = socket.getPeerCertificate();
  if ([subject.O].flat().includes(administrators)) return;
  const user = `user=${String(subject.CN)}, verb=${request.method === 'GET' ? 'get' : 'create'}`;
  throw new HttpError(403, `Forbidden (${user}, resource=nodes, subresource(s)=[proxy])`);
}

export function send(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
