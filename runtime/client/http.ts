import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { splitLines } from './lines';
import { queryString } from './paths';
import { proxyAgent } from './proxy-agent';
import { ConnectionError, responseError } from './response-error';
import type { Transport, TransportRequest } from './transport';

export interface Impersonation {
  userName: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What proves who the client is; asked for before each request. */
export interface ClientCredential {
  token?: string;
  /** PEM. */
  cert?: string;
  key?: string;
}

export interface CredentialSource {
  current(): Promise<ClientCredential>;
  /** The server answered 401 to this credential: the next one must be new. */
  rejected(credential: ClientCredential): void;
}

export interface HttpTransportOptions {
  /** `https://host:port`, optionally with a path that goes before every request's. */
  server: string;
  /** PEM of the authorities that the server's certificate is checked against; the system's when absent. */
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  token?: string;
  /** Read again every minute. */
  tokenFile?: string;
  basic?: { username: string; password: string };
  /** Exec plugins. */
  credentials?: CredentialSource;
  insecureSkipTlsVerify?: boolean;
  /** Name that the server's certificate must have, instead of the host. */
  tlsServerName?: string;
  impersonate?: Impersonation;
  userAgent?: string;
  /** URL of an HTTP proxy. */
  proxy?: string;
  /** Texts of the responses' Warning headers. */
  onWarning?: (text: string) => void;
}

const connectTimeout = 30_000;
const tokenFileAge = 60_000;
const mostRetries = 10;

export function httpTransport(options: HttpTransportOptions): Transport {
  return new HttpTransport(options);
}

class HttpTransport implements Transport {
  private readonly base: URL;
  private agents = new Map<string, HttpAgent | HttpsAgent>();
  private tokenFile: { token: string; readAt: number } | undefined;

  constructor(private readonly options: HttpTransportOptions) {
    this.base = new URL(options.server);
  }

  async request<T>(request: TransportRequest): Promise<T> {
    const response = await this.respond(request);
    const text = await readText(response, this.base.origin);
    const type = response.headers['content-type'] ?? '';
    return (type.includes('json') ? JSON.parse(text) : text) as T;
  }

  async *stream(request: TransportRequest): AsyncGenerator<unknown> {
    for await (const line of splitLines(this.bytes(request))) yield JSON.parse(line);
  }

  async *bytes(request: TransportRequest): AsyncGenerator<Buffer> {
    try {
      const response = await this.respond(request);
      for await (const chunk of response) yield chunk as Buffer;
    } catch (error) {
      if (request.signal?.aborted) return;
      throw isSystemError(error) ? new ConnectionError(this.base.origin, error) : error;
    }
  }

  async upgrade({ path, query, protocols, signal }: Parameters<NonNullable<Transport['upgrade']>>[0]): Promise<WebSocket> {
    const credential = await this.credential();
    const url = `${this.base.origin.replace(/^http/, 'ws')}${this.prefix()}${path}${queryString(query)}`;
    const { WebSocket } = await import('ws');
    const offered = protocols.join(', ');
    const beside = protocols.some((protocol) => protocol.includes('/'));
    const headers = { ...this.headers(credential), ...(beside && { 'Sec-WebSocket-Protocol': offered }) };
    const socket = new WebSocket(url, beside ? [] : protocols, {
      agent: this.agentFor(credential), headers, perMessageDeflate: false, handshakeTimeout: connectTimeout,
    });
    if (beside) socket.once('upgrade', (response) => this.agreeBeside(socket, protocols, response));
    const abort = () => socket.terminate();
    signal?.addEventListener('abort', abort, { once: true });
    const opened = new Promise<WebSocket>((resolve, reject) => {
      socket.once('open', () => {
        socket.removeAllListeners('error');
        // The server may speak before the caller has listeners.
        socket.pause();
        resolve(socket);
        setImmediate(() => socket.resume());
      });
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        readText(response, this.base.origin)
          .then((body) => reject(responseError(response.statusCode ?? 500, 'GET', body)), reject);
      });
      socket.on('error', (error) => reject(signal?.aborted ? abortReason(signal) : new ConnectionError(this.base.origin, error)));
    });
    // A signal may be that of many attempts.
    return opened.finally(() => signal?.removeEventListener('abort', abort));
  }

  /**
   * Kubernetes has protocols that no WebSocket's may be named like (`SPDY/3.1+…`, RFC 6455 wants tokens): the library neither
   * offers them nor takes them from a server, so they are agreed on without it.
   */
  private agreeBeside(socket: WebSocket, protocols: readonly string[], response: IncomingMessage): void {
    const agreed = response.headers['sec-websocket-protocol'];
    delete response.headers['sec-websocket-protocol'];
    if (agreed === undefined || !protocols.includes(agreed))
      socket.emit('error', new Error(`the server speaks none of ${protocols.join(', ')}`));
  }

  close(): void {
    for (const agent of this.agents.values()) agent.destroy();
  }

  /** The response of a request that succeeded. Retries what client-go retries: 429 and 5xx that say when. */
  private async respond(request: TransportRequest): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    let refreshed = false;
    for (let attempt = 0; ; attempt++) {
      const credential = await this.credential();
      const response = await this.sendOnce(request, body, credential);
      const code = response.statusCode ?? 0;
      this.warn(response);
      if (code >= 200 && code < 300) return response;
      const text = await readText(response, this.base.origin);
      const retryAfter = Number(response.headers['retry-after']);
      if (code === 401 && this.options.credentials && !refreshed) {
        refreshed = true;
        this.options.credentials.rejected(credential);
      } else if ((code === 429 || code >= 500) && retryAfter > 0 && attempt < mostRetries) {
        await delay(retryAfter * 1000, undefined, { signal: request.signal });
      } else {
        throw responseError(code, request.method, text, retryAfter || undefined);
      }
    }
  }

  private async sendOnce(request: TransportRequest, body: Buffer | undefined, credential: ClientCredential): Promise<IncomingMessage> {
    for (;;) {
      const sent = this.open(request, body, credential);
      try {
        return await responseOf(sent, request.signal);
      } catch (error) {
        if (request.signal?.aborted) throw abortReason(request.signal);
        // The server closed an idle connection while we took it up again: nothing was served.
        if (sent.reusedSocket && request.method === 'GET' && isCode(error, 'ECONNRESET')) continue;
        throw new ConnectionError(this.base.origin, error);
      }
    }
  }

  private open(request: TransportRequest, body: Buffer | undefined, credential: ClientCredential): ClientRequest {
    const send = this.base.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send({
      protocol: this.base.protocol,
      hostname: this.base.hostname.replace(/^\[|\]$/g, ''),
      port: this.base.port || undefined,
      method: request.method,
      path: `${this.prefix()}${request.path}${queryString(request.query)}`,
      agent: this.agentFor(credential),
      headers: {
        ...this.headers(credential),
        accept: request.accept ?? 'application/json',
        ...(body && { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length }),
      },
      signal: request.signal,
    });
    sent.once('socket', (socket) => {
      socket.setKeepAlive(true, 30_000);
      if (!socket.connecting) return;
      const timer = setTimeout(() => sent.destroy(new Error(`no connection after ${connectTimeout / 1000} s`)), connectTimeout);
      socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    });
    sent.end(body);
    return sent;
  }

  private prefix(): string {
    return this.base.pathname.replace(/\/+$/, '');
  }

  private headers({ token }: ClientCredential): Record<string, string | string[]> {
    const { impersonate, basic } = this.options;
    const headers: Record<string, string | string[]> = { 'user-agent': this.options.userAgent ?? 'podium' };
    if (token) headers['authorization'] = `Bearer ${token}`;
    else if (basic) headers['authorization'] = `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
    if (!impersonate) return headers;
    headers['impersonate-user'] = impersonate.userName;
    if (impersonate.uid) headers['impersonate-uid'] = impersonate.uid;
    if (impersonate.groups?.length) headers['impersonate-group'] = [...impersonate.groups];
    for (const [key, values] of Object.entries(impersonate.extra ?? {})) {
      headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = [...values];
    }
    return headers;
  }

  private async credential(): Promise<ClientCredential> {
    const { credentials, token, tokenFile } = this.options;
    if (credentials) return { ...(token && { token }), ...(await credentials.current()) };
    if (tokenFile) return { token: await this.tokenFromFile(tokenFile, token) };
    return token ? { token } : {};
  }

  private async tokenFromFile(path: string, fallback: string | undefined): Promise<string> {
    if (this.tokenFile && Date.now() - this.tokenFile.readAt < tokenFileAge) return this.tokenFile.token;
    try {
      this.tokenFile = { token: (await readFile(path, 'utf8')).trim(), readAt: Date.now() };
      return this.tokenFile.token;
    } catch (error) {
      const known = this.tokenFile?.token ?? fallback;
      if (known) return known;
      throw new ConnectionError(this.base.origin, error);
    }
  }

  /** One pool of connections a client certificate. */
  private agentFor({ cert, key }: ClientCredential): HttpAgent | HttpsAgent {
    const id = cert ?? '';
    const found = this.agents.get(id);
    if (found) return found;
    const { options } = this;
    const tls = {
      keepAlive: true, scheduling: 'lifo' as const, ca: options.ca, cert: cert ?? options.cert, key: key ?? options.key,
      rejectUnauthorized: !options.insecureSkipTlsVerify, ...(options.tlsServerName && { servername: options.tlsServerName }),
    };
    const agent = this.base.protocol !== 'https:' ? new HttpAgent({ keepAlive: true, scheduling: 'lifo' })
      : options.proxy ? proxyAgent(new URL(options.proxy), tls) : new HttpsAgent(tls);
    this.agents.set(id, agent);
    return agent;
  }

  /** `299 - "text"`, several in one header or in several. */
  private warn(response: IncomingMessage): void {
    const header = response.headers['warning'];
    if (!header || !this.options.onWarning) return;
    for (const [, text = ''] of String(header).matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      this.options.onWarning(text.replace(/\\(.)/g, '$1'));
    }
  }
}

function responseOf(request: ClientRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Listens in any case: a request that was given up before it began fails all the same, and nobody else hears it.
    request.once('response', resolve).on('error', reject);
    if (signal?.aborted) reject(abortReason(signal));
  });
}

async function readText(response: IncomingMessage, server: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    throw new ConnectionError(server, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
