import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { connect as connectTcp } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority, issueCertificate } from '../cluster/certificates';
import { httpTransport } from './http';
import type { HttpTransportOptions } from './http';

const ca = createCertificateAuthority('test');
const jane = issueCertificate(ca, { kind: 'client', commonName: 'jane' });
const serving = issueCertificate(ca, { kind: 'serving', commonName: 'apiserver', names: ['apiserver.test'], ips: ['127.0.0.1'] });

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

let port: number;
const servers: Server[] = [];
const tunnels: string[] = [];
let proxyPort: number;

beforeAll(async () => {
  const api = createServer({ ...serving, ca: ca.cert, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject ?? {};
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ user: CN ?? 'anonymous' }));
  });
  const proxy = createHttpServer().on('connect', (request, socket) => {
    tunnels.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
    if (!request.headers['proxy-authorization']) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const upstream = connectTcp(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
  });
  servers.push(api, proxy);
  port = await listen(api);
  proxyPort = await listen(proxy);
});
afterAll(() => servers.forEach((server) => server.close()));

async function ask(options: Partial<HttpTransportOptions>, server = `https://127.0.0.1:${port}`): Promise<unknown> {
  const transport = httpTransport({ server, ...options });
  try {
    return await transport.request({ method: 'GET', path: '/' });
  } finally {
    transport.close();
  }
}

describe('over TLS, a transport', () => {
  it('trusts the authority that it is given, and no other', async () => {
    expect(await ask({ ca: ca.cert })).toEqual({ user: 'anonymous' });
    await expect(ask({})).rejects.toMatchObject({ name: 'ConnectionError' });
    await expect(ask({ ca: createCertificateAuthority('other').cert })).rejects.toMatchObject({ name: 'ConnectionError' });
  });

  it('trusts anybody when told to', async () => {
    expect(await ask({ insecureSkipTlsVerify: true })).toEqual({ user: 'anonymous' });
  });

  it('checks the name that it is told to', async () => {
    expect(await ask({ ca: ca.cert, tlsServerName: 'apiserver.test' })).toEqual({ user: 'anonymous' });
    await expect(ask({ ca: ca.cert, tlsServerName: 'elsewhere.test' })).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('shows its client certificate, its own or a plugin\'s', async () => {
    expect(await ask({ ca: ca.cert, ...jane })).toEqual({ user: 'jane' });
    const credentials = { current: () => Promise.resolve(jane), rejected() {} };
    expect(await ask({ ca: ca.cert, credentials })).toEqual({ user: 'jane' });
  });

  it('goes through a proxy, end to end encrypted', async () => {
    const server = `https://apiserver.test:${port}`;
    expect(await ask({ ca: ca.cert, ...jane, proxy: `http://u:p%40@127.0.0.1:${proxyPort}` }, server)).toEqual({ user: 'jane' });
    expect(tunnels).toEqual([`apiserver.test:${port} Basic ${Buffer.from('u:p@').toString('base64')}`]);
    await expect(ask({ ca: ca.cert, proxy: `http://127.0.0.1:${proxyPort}` }, server)).rejects.toThrow('refused the connection: 407');
  });
});
