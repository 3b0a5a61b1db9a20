import type { ClientRequest, RequestOptions } from 'node:http';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Backends } from './backend';
import { DialError, dialText } from './dial-error';

const handshakeTimeoutMs = 10_000;
const dialTimeoutMs = 30_000;

/** A server that requests are handed on to. */
export interface Destination {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Begins a request. Rejects with DialError, as the request itself does while it isn't connected. */
  send(options: Pick<RequestOptions, 'method' | 'path' | 'headers'>): Promise<ClientRequest>;
}

/** The kubelet of a node, which knows the API server by its client certificate. Throws DialError for a node without one. */
export async function kubeletOf(backends: Backends, node: string): Promise<Destination> {
  const address = await backends.kubelet(node);
  if (!address) throw new DialError(`dial tcp: node ${node} can not be reached`);
  const { host, port } = address;
  return {
    scheme: 'https', host, port,
    send: async (options) => limitHandshake(tlsRequest({ ...address, ...options, agent: false })),
  };
}

/**
 * A server in the cluster's network, reached through a node. Whatever certificate it shows: as upstream's proxy, this one
 * makes no promise about it, unless told to.
 */
export function inCluster(
  backends: Pick<Backends, 'dial'>, at: { host: string; port: number; tls: boolean },
  trust: ConnectionOptions = { rejectUnauthorized: false },
): Destination {
  const { host, port, tls } = at;
  return {
    scheme: tls ? 'https' : 'http', host, port,
    async send(options) {
      const plain = await dial(backends, host, port);
      const connection = tls ? connectTls({ ...trust, socket: plain }) : plain;
      // Without an agent: an agent makes connections of its own.
      const sent = plainRequest({ ...options, createConnection: () => connection });
      // Who dialled read the tunnel's answer and stopped there: listening for data starts no stream that was stopped.
      sent.once('socket', (socket) => socket.resume());
      return tls ? limitHandshake(sent) : sent;
    },
  };
}

async function dial(backends: Pick<Backends, 'dial'>, host: string, port: number): Promise<Duplex> {
  let late = false;
  const dialled = backends.dial(host, port).then((connection) => {
    if (late) connection.destroy();
    return connection;
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DialError(`dial tcp ${host}:${port}: i/o timeout`)), dialTimeoutMs);
  });
  try {
    return await Promise.race([dialled, timeout]);
  } catch (error) {
    late = true;
    dialled.catch(() => {});
    throw error instanceof DialError ? error : new DialError(dialText(host, port, error as Error));
  } finally {
    clearTimeout(timer);
  }
}

/** A node that is paused accepts connections and never says a word. */
function limitHandshake(request: ClientRequest): ClientRequest {
  const timer = setTimeout(() => request.destroy(new DialError('net/http: TLS handshake timeout')), handshakeTimeoutMs);
  const stop = (): void => clearTimeout(timer);
  request.once('socket', (socket) => socket.once('secureConnect', stop).once('close', stop));
  return request.once('close', stop);
}
