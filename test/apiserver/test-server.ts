import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Status } from '../../runtime/api/kinds';
import type { KubeObject, Live, UntypedObject } from '../../runtime/api/object';
import { createApiServer } from '../../runtime/apiserver/server';
import type { ApiServer, ApiServerComponents, ApiServerInternals } from '../../runtime/apiserver/server';
import type { UserInfo } from '../../runtime/apiserver/request';
import { createCertificateAuthority, issueCertificate } from '../../runtime/cluster/certificates';
import type { Clock } from '../../runtime/clock';
import { systemClock } from '../../runtime/clock';
import { openMemoryStore } from '../../runtime/store/journaled-store';
import type { Store } from '../../runtime/store/store';

export class Reply {
  constructor(readonly code: number, readonly headers: IncomingHttpHeaders, readonly text: string) {}

  /** The body as JSON, taken to be a T. */
  as<T = UntypedObject>(): T {
    return JSON.parse(this.text) as T;
  }

  /** `409 AlreadyExists: pods "web" already exists`, as tests like to compare failures. */
  get failure(): string {
    const { reason = '', message = '' } = this.as<Status>();
    return `${this.code} ${reason}: ${message}`;
  }
}

export interface Call {
  method?: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

const admin: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Everybody is admin; `nobody`'s token may do nothing, and other tokens are wrong. */
const open = (): ApiServerComponents => ({
  authenticator: {
    authenticate: ({ authorization }) =>
      authorization === undefined || authorization === 'Bearer admin'
        ? admin
        : authorization === 'Bearer nobody' ? { name: 'nobody', groups: [] } : undefined,
  },
  authorizer: { authorize: (user) => ({ allowed: user.name !== 'nobody', reason: user.name === 'nobody' ? 'a test says so' : '' }) },
});

export interface TestServerOptions {
  clock?: Clock;
  store?: Store;
  components?: (internals: ApiServerInternals) => Partial<ApiServerComponents>;
}

/** An API server on loopback over a store in memory, and a plain HTTPS client for it. */
export class TestServer {
  readonly agent: Agent;

  private constructor(readonly api: ApiServer, readonly store: Store, readonly port: number, readonly ca: string) {
    this.agent = new Agent({ ca, keepAlive: true });
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const ca = createCertificateAuthority();
    const certificate = issueCertificate(ca, { kind: 'serving', commonName: 'kube-apiserver', names: ['localhost'], ips: ['127.0.0.1'] });
    const store = options.store ?? openMemoryStore();
    const api = await createApiServer({
      store, certificate, clientCa: ca.cert, clock: options.clock ?? systemClock,
      components: (internals) => ({ ...open(), ...options.components?.(internals) }),
    });
    const [address] = await api.listen([{ host: '127.0.0.1', port: 0 }]);
    return new TestServer(api, store, address!.port, ca.cert);
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  call({ method = 'GET', path, body, headers = {} }: Call): Promise<Reply> {
    const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          agent: this.agent, host: '127.0.0.1', port: this.port, method, path,
          headers: {
            ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
            resolve(new Reply(response.statusCode!, response.headers, text));
          });
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  /** Creates an object that the test needs; its answer. */
  async create<T extends KubeObject = UntypedObject>(path: string, body: unknown): Promise<Live<T>> {
    const reply = await this.call({ method: 'POST', path, body });
    if (reply.code !== 201) throw new Error(reply.text);
    return reply.as<Live<T>>();
  }

  patch(path: string, type: 'json' | 'merge' | 'strategic' | 'apply', body: unknown): Promise<Reply> {
    const contentType = type === 'apply' ? 'application/apply-patch+yaml' : `application/${type === 'json' ? 'json' : type === 'merge' ? 'merge' : 'strategic-merge'}-patch+json`;
    return this.call({ method: 'PATCH', path, body, headers: { 'content-type': contentType } });
  }

  /** A watch's events as they come; `close` goes away as a client would. */
  watch(path: string, headers: Record<string, string> = {}): WatchStream {
    return new WatchStream(this, path, headers);
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.api.close();
    await this.store.close();
  }
}

export interface SeenEvent {
  type: string;
  object: UntypedObject;
}

export class WatchStream {
  private readonly seen: SeenEvent[] = [];
  private readonly waiting: ((event: SeenEvent | undefined) => void)[] = [];
  private ended = false;
  private readonly request;

  constructor(server: TestServer, path: string, headers: Record<string, string>) {
    let rest = '';
    this.request = httpsRequest({ agent: server.agent, host: '127.0.0.1', port: server.port, path, headers }, (response) => {
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) this.take(JSON.parse(line) as SeenEvent);
      });
      response.on('end', () => this.finish());
      response.on('error', () => this.finish());
    });
    this.request.on('error', () => this.finish());
    this.request.end();
  }

  /** The next event; undefined once the server has ended the watch. */
  next(): Promise<SeenEvent | undefined> {
    const event = this.seen.shift();
    if (event || this.ended) return Promise.resolve(event);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async events(count: number): Promise<SeenEvent[]> {
    const events: SeenEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (!event) break;
      events.push(event);
    }
    return events;
  }

  close(): void {
    this.request.destroy();
  }

  private take(event: SeenEvent): void {
    const waiter = this.waiting.shift();
    if (waiter) waiter(event);
    else this.seen.push(event);
  }

  private finish(): void {
    this.ended = true;
    for (const waiter of this.waiting.splice(0)) waiter(undefined);
  }
}
