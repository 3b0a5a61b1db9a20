import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { AdmissionregistrationV1WebhookClientConfig, Service } from '../../../api/kinds';
import { serviceTarget } from '../../proxy/service-target';
import { StatusError } from '../../../api/status';
import type { ApiLister } from '../../request';
import { kinds } from '../kit';

/** Opens a connection to an address of the cluster's network. */
export type Dial = (host: string, port: number) => Promise<Duplex>;

/** A webhook that couldn't be asked, or that gave no proper answer. */
export class WebhookCallError extends Error {
  override readonly name = 'WebhookCallError';
}

interface Target {
  readonly url: URL;
  readonly ca: string | undefined;
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: number };
}

/** Answers of more than this are no answers. */
const longestAnswer = 10 * 1024 * 1024;

export class WebhookClient {
  constructor(
    private readonly lister: ApiLister,
    private readonly dial?: Dial,
  ) {}

  /**
   * POSTs a review and gives back the answer's JSON. Throws {@link WebhookCallError}, in the words of Go's HTTP
   * client.
   */
  async post(
    config: AdmissionregistrationV1WebhookClientConfig,
    body: object,
    timeoutSeconds: number,
  ): Promise<unknown> {
    const target = targetOf(config);
    target.url.searchParams.set('timeout', `${timeoutSeconds}s`);
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    const failed = (why: string) => new WebhookCallError(`failed to call webhook: Post "${print(target)}": ${why}`);
    let answer: { code: number; text: string };
    try {
      const dialled = await this.connection(target);
      answer = await exchange(target, JSON.stringify(body), timeout, dialled);
    } catch (error) {
      if (error instanceof WebhookCallError) throw error;
      throw failed(timeout.aborted ? 'context deadline exceeded' : describe(error, target.url));
    }
    if (answer.code < 200 || answer.code > 299) {
      throw new WebhookCallError(
        `failed to call webhook: the server responded with the status code ${answer.code} but did not return more information`,
      );
    }
    try {
      return JSON.parse(answer.text);
    } catch {
      throw new WebhookCallError(
        `failed to call webhook: couldn't get version/kind; json parse error: ${answer.text.slice(0, 100)}`,
      );
    }
  }

  /** Undefined: the URL is where to connect. */
  private async connection({ service }: Target): Promise<Duplex | { host: string } | undefined> {
    if (!service) return undefined;
    const { namespace, name, port } = service;
    const found = this.lister.get<Service>(kinds.services, namespace, name);
    if (!found) throw new Error(`service "${name}" not found`);
    if (found.spec?.type === 'ExternalName') return { host: found.spec.externalName ?? '' };
    if (this.dial) {
      const at = endpointOf(found, port, this.lister);
      return this.dial(at.host, at.port);
    }
    return { host: found.spec?.clusterIP ?? '' };
  }
}

function endpointOf(service: Service, port: number, lister: ApiLister): { host: string; port: number } {
  try {
    return serviceTarget(service, `https:${service.metadata.name}:${port}`, lister);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new Error(`no endpoints available for service ${JSON.stringify(service.metadata.name)}`, { cause: error });
  }
}

/** A URL as upstream prints it: a Service's port is always there. */
const print = ({ url, service }: Target) =>
  service ? `https://${url.hostname}:${service.port}${url.pathname}${url.search}` : url.href;

function targetOf({ url, service, caBundle }: AdmissionregistrationV1WebhookClientConfig): Target {
  const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
  if (service) {
    const { namespace, name, path = '/', port = 443 } = service;
    return {
      url: new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}`),
      ca,
      service: { namespace, name, port },
    };
  }
  if (!url || !URL.canParse(url))
    throw new WebhookCallError('failed to call webhook: webhook configuration must have either service or URL');
  return { url: new URL(url), ca };
}

function exchange(
  { url, ca }: Target,
  body: string,
  signal: AbortSignal,
  to: Duplex | { host: string } | undefined,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const port = Number(url.port || 443);
    const host = hostOf(url);
    const tls = { ...(isIP(host) === 0 && { servername: host }), ...(ca && { ca }) };
    const stream = to && 'pipe' in to ? to : undefined;
    const request = httpsRequest(
      {
        method: 'POST',
        path: url.pathname + url.search,
        host: to && 'host' in to ? to.host : host,
        port,
        signal,
        ...tls,
        headers: {
          Host: url.host,
          'Content-Type': 'application/json',
          Accept: 'application/json',
          'Content-Length': Buffer.byteLength(body),
          Connection: 'close',
        },
        // An agent would not look at createConnection.
        ...(stream ? { createConnection: () => tlsConnect({ socket: stream, ...tls }) } : { agent: false }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > longestAnswer) request.destroy(new Error('response body too large'));
          else chunks.push(chunk);
        });
        response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '');

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function describe(error: unknown, url: URL): string {
  const {
    code = '',
    message,
    address,
    port,
  } = error as { code?: string; message: string; address?: string; port?: number };
  if (untrusted.has(code)) return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED')
    return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  const at = `${address ?? hostOf(url)}:${port ?? (url.port || 443)}`;
  if (code === 'ECONNREFUSED') return `dial tcp ${at}: connect: connection refused`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return `dial tcp ${at}: connect: no route to host`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${hostOf(url)}: no such host`;
  return code === 'ECONNRESET' ? 'EOF' : message;
}
