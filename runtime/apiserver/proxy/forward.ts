import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions, ServerResponse } from 'node:http';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { text } from 'node:stream/consumers';
import { errors, type StatusError } from '../../api/status';
import type { ConnectTarget } from '../http/connect';
import type { Backends, KubeletAddress } from './backend';

/** Headers of one connection, not of the message (RFC 9110, 7.6.1), and those that say who the client is to this server. */
const dropped = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'authorization',
]);

/** Passes a request to a node's kubelet, streams and upgrades included. Throws 503 when it can't be reached. */
export async function forwardToKubelet(
  backends: Backends, node: string, path: string, request: IncomingMessage, target: ConnectTarget, failure?: Failure,
): Promise<void> {
  const address = await backends.kubelet(node);
  if (!address) throw errors.serviceUnavailable(`error dialing backend: node ${node} can not be reached`);
  const { host, port, ca, cert, key, servername } = address;
  const options = { host, port, ca, cert, key, servername, path, method: request.method ?? 'GET', agent: false as const };
  if ('response' in target) return respond((headers) => tlsRequest({ ...options, headers }), request, target.response, path, failure);
  return upgrade(() => openTls(address), path, request, target);
}

/** Passes a request to a server in the cluster's network. Throws 503 when it can't be reached. */
export async function forwardToCluster(
  backends: Backends, at: { host: string; port: number; tls: boolean }, path: string, request: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  let connection: Duplex;
  try {
    const plain = await backends.dial(at.host, at.port);
    // Whatever certificate the server shows: as upstream's proxy, this one makes no promise about it.
    connection = at.tls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
  } catch (error) {
    throw errors.serviceUnavailable(`error trying to reach service: dial tcp ${at.host}:${at.port}: ${(error as Error).message}`);
  }
  const options: RequestOptions = { path, method: request.method ?? 'GET', agent: false, createConnection: () => connection };
  if ('response' in target) return respond((headers) => plainRequest({ ...options, headers: { ...headers, host: at.host } }), request, target.response, path);
  return upgrade(async () => connection, path, request, target);
}

/** What the client is told when the kubelet refuses; without one it gets the kubelet's own answer. */
type Failure = (code: number, text: string) => StatusError;

type Send = (headers: OutgoingHttpHeaders) => ReturnType<typeof plainRequest>;

function respond(send: Send, request: IncomingMessage, response: ServerResponse, path: string, failure?: Failure): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = send(forwardable(request));
    outgoing.on('response', (incoming) => {
      const code = incoming.statusCode ?? 502;
      if (failure && (code < 200 || code > 206)) {
        void text(incoming).then((body) => reject(failure(code, body)), reject);
        return;
      }
      response.writeHead(incoming.statusCode ?? 502, responseHeaders(incoming));
      // What a follower waits for must not wait for more of it.
      response.flushHeaders();
      incoming.on('data', (chunk: Buffer) => {
        if (!response.write(chunk)) incoming.pause();
      });
      response.on('drain', () => incoming.resume());
      incoming.on('end', () => response.end(resolve)).on('error', () => response.destroy());
    });
    outgoing.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else reject(errors.serviceUnavailable(`error trying to reach service: ${path}: ${error.message}`));
    });
    response.on('close', () => {
      outgoing.destroy();
      resolve();
    });
    request.pipe(outgoing);
  });
}

/** Repeats the client's request on the other connection and then joins the two, whatever is spoken on them. */
async function upgrade(open: () => Promise<Duplex>, path: string, request: IncomingMessage, target: { socket: Duplex; head: Buffer }): Promise<void> {
  let backend: Duplex;
  try {
    backend = await open();
  } catch (error) {
    throw errors.internal(`error dialing backend: ${(error as Error).message}`);
  }
  const lines = [`${request.method} ${path} HTTP/1.1`, 'Host: kubelet', `Connection: Upgrade`, `Upgrade: ${request.headers.upgrade ?? ''}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? '';
    if (!dropped.has(name.toLowerCase())) lines.push(`${name}: ${withoutToken(name, request.rawHeaders[i + 1] ?? '')}`);
  }
  backend.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (target.head.length > 0) backend.write(target.head);
  join(target.socket, backend);
}

function join(client: Duplex, backend: Duplex): void {
  const end = (): void => {
    client.destroy();
    backend.destroy();
  };
  client.on('error', end).on('close', end);
  backend.on('error', end).on('close', end);
  client.pipe(backend);
  backend.pipe(client);
}

function openTls({ host, port, ca, cert, key, servername }: KubeletAddress): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, ca, cert, key, servername, ALPNProtocols: ['http/1.1'] });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** A bearer token among the WebSocket protocols was for this server only. */
function withoutToken(name: string, value: string): string {
  if (name.toLowerCase() !== 'sec-websocket-protocol') return value;
  return value.split(',').map((protocol) => protocol.trim()).filter((protocol) => !protocol.startsWith('base64url.bearer.authorization.k8s.io.')).join(', ');
}

function forwardable({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name) && !name.startsWith('impersonate-')));
}

function responseHeaders({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}
