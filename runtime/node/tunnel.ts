import { createServer, type Server } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { join } from '../streaming/join';

export interface TunnelCredentials {
  ca: string;
  cert: string;
  key: string;
}

/**
 * A way into the node's network for the control plane, which may have no route to it: HTTP CONNECT over TLS with client
 * certificates of the cluster's CA.
 */
export function serveTunnel(credentials: TunnelCredentials, port: number): Promise<Server> {
  const server = createServer({ ...credentials, requestCert: true, rejectUnauthorized: true }, (_request, response) => {
    response.writeHead(405, { allow: 'CONNECT' }).end();
  });
  server.on('connect', (request, client: Duplex, head) => {
    const target = /^\[?([^\]]+)\]?:(\d+)$/.exec(request.url ?? '');
    if (!target) {
      client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      return;
    }
    const upstream = connectPlain({ host: target[1], port: Number(target[2]), allowHalfOpen: true, noDelay: true });
    const refused = (error: NodeJS.ErrnoException): void => {
      // The error's code is what the other end makes its error of.
      const reason = error.code ?? error.message.replace(/[^ -~]/g, ' ');
      client.end(`HTTP/1.1 502 ${reason}\r\n\r\n`);
    };
    const left = (): void => void upstream.destroy();
    client.on('error', () => client.destroy()).once('close', left);
    upstream.once('error', refused).once('connect', () => {
      upstream.off('error', refused);
      client.off('close', left);
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      join(client, upstream);
    });
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, () => resolve(server)));
}

/** Connects to `host:port` through the tunnel at `endpoint`. Throws with the far side's reason. */
export async function dialThroughTunnel(
  endpoint: { host: string; port: number; servername: string },
  credentials: TunnelCredentials,
  host: string,
  port: number,
): Promise<Duplex> {
  const socket = connectTls({ ...endpoint, ...credentials, ALPNProtocols: ['http/1.1'] });
  try {
    await once(socket, 'secureConnect');
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    const rest = await readResponse(socket);
    if (rest.length > 0) socket.unshift(rest);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Reads the head of the answer; returns what followed it. */
function readResponse(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const done = (settle: () => void): void => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      socket.pause();
      settle();
    };
    const onError = (error: Error): void => done(() => reject(error));
    const onClose = (): void => done(() => reject(new Error('the node closed the connection')));
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const status = received.subarray(0, received.indexOf('\r\n')).toString();
      if (/^HTTP\/1\.1 200 /.test(status)) done(() => resolve(received.subarray(end + 4)));
      else done(() => reject(farError(status.replace(/^HTTP\/1\.1 \d+ /, ''))));
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
  });
}

/** An error of the far end, with its code when it sent one. */
function farError(reason: string): Error {
  return Object.assign(new Error(reason), /^E[A-Z]+$/.test(reason) && { code: reason });
}
