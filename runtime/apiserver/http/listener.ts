import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Pipeline } from './pipeline';

export interface Address {
  host: string;
  port: number;
}

/** PEM. */
export interface ServingCertificate {
  cert: string;
  key: string;
}

/** Clients written in Go keep idle connections for 90 s, and must not be the second to close one. */
const keepAliveMilliseconds = 120_000;
const maxHeaderBytes = 1024 * 1024;
const drainMilliseconds = 2_000;

/** HTTPS on any number of addresses, all answered alike. HTTP/1.1. */
export class Listener {
  private servers: Server[] = [];

  constructor(
    private readonly pipeline: Pipeline, private certificate: ServingCertificate, private readonly clientCa: string | undefined,
  ) {}

  async listen(addresses: readonly Address[]): Promise<Address[]> {
    const opened: Server[] = [];
    try {
      const bound: Address[] = [];
      for (const { host, port } of addresses) {
        // The same free port on every address, once one was found.
        const wanted = port === 0 ? (bound[0]?.port ?? 0) : port;
        const server = this.create();
        opened.push(server);
        bound.push({ host, port: await open(server, host, wanted) });
      }
      this.servers.push(...opened);
      return bound;
    } catch (error) {
      for (const server of opened) server.close();
      throw error;
    }
  }

  setCertificate(certificate: ServingCertificate): void {
    this.certificate = certificate;
    for (const server of this.servers) server.setSecureContext(this.tls());
  }

  async close(): Promise<void> {
    const servers = this.servers.splice(0);
    await Promise.all(servers.map((server) => drain(server)));
  }

  private tls() {
    return { ...this.certificate, ...(this.clientCa !== undefined && { ca: this.clientCa }), minVersion: 'TLSv1.2' as const };
  }

  private create(): Server {
    const server = createServer({
      ...this.tls(), ALPNProtocols: ['http/1.1'], requestCert: this.clientCa !== undefined, rejectUnauthorized: false,
      maxHeaderSize: maxHeaderBytes, keepAliveTimeout: keepAliveMilliseconds, headersTimeout: keepAliveMilliseconds + 5_000,
      requestTimeout: 0, noDelay: true,
    });
    server.on('request', (request, response) => this.pipeline.handle(request, response));
    server.on('upgrade', (request, socket, head) => this.pipeline.upgrade(request, socket, head));
    // A client that speaks something else, or leaves in the middle, is its own problem.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    return server;
  }
}

function open(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
