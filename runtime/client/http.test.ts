import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { StatusError } from '../api/status';
import { httpTransport } from './http';
import type { HttpTransportOptions } from './http';
import { ConnectionError } from './response-error';
import type { Transport } from './transport';

type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;
const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((one) => one.close()));

async function serve(handle: Handle): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => handle(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function connect(server: string, options: Partial<HttpTransportOptions> = {}): Transport {
  const transport = httpTransport({ server, ...options });
  open.push(transport);
  return transport;
}

const json = (response: ServerResponse, code: number, value: unknown, headers = {}) =>
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

describe('a request', () => {
  it('has the path below the server\'s, the query, JSON and who asks', async () => {
    const { url } = await serve((request, response, body) =>
      json(response, 200, { method: request.method, url: request.url, body, headers: request.headers }));
    const transport = connect(`${url}/clusters/one/`, {
      token: 'secret', userAgent: 'test/1', impersonate: { userName: 'jane', groups: ['a', 'b'], extra: { 'Example.com/Scope': ['x'] } },
    });
    const seen = await transport.request<{ method: string; url: string; body: string; headers: Record<string, string> }>({
      method: 'PATCH', path: '/api/v1/pods', query: { limit: 5, watch: undefined, labelSelector: 'a=b,c' }, body: { ü: 1 },
      contentType: 'application/merge-patch+json',
    });
    expect(seen).toMatchObject({ method: 'PATCH', url: '/clusters/one/api/v1/pods?limit=5&labelSelector=a%3Db%2Cc', body: '{"ü":1}' });
    expect(seen.headers).toMatchObject({
      authorization: 'Bearer secret', 'user-agent': 'test/1', 'content-type': 'application/merge-patch+json', accept: 'application/json',
      'impersonate-user': 'jane', 'impersonate-group': 'a, b', 'impersonate-extra-example.com%2fscope': 'x',
    });
  });

  it('that is not answered with JSON gives text', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('ok'));
    expect(await connect(url).request({ method: 'GET', path: '/healthz' })).toBe('ok');
  });

  it('that fails gives the server\'s Status', async () => {
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', message: 'pods "a" not found', code: 404 };
    const { url } = await serve((_, response) => json(response, 404, status));
    const failure = connect(url).request({ method: 'GET', path: '/' });
    await expect(failure).rejects.toBeInstanceOf(StatusError);
    await expect(failure).rejects.toMatchObject({ reason: 'NotFound', code: 404, message: 'pods "a" not found' });
  });

  it.each([
    [401, 'GET', 'Unauthorized', 'the server has asked for the client to provide credentials'],
    [403, 'GET', 'Forbidden', 'go away'],
    [404, 'GET', 'NotFound', 'the server could not find the requested resource'],
    [409, 'POST', 'AlreadyExists', 'the server reported a conflict'],
    [409, 'PUT', 'Conflict', 'the server reported a conflict'],
    [502, 'GET', 'InternalError', 'an error on the server ("go away") has prevented the request from succeeding'],
  ] as const)('that fails with %i to %s without a Status gives one: %s', async (code, method, reason, message) => {
    const { url } = await serve((_, response) => response.writeHead(code).end('go away'));
    await expect(connect(url).request({ method, path: '/' })).rejects.toMatchObject({ code, reason, message });
  });

  it('is made again when the server says when', async () => {
    let asked = 0;
    const { url } = await serve((_, response) => (++asked < 2 ? response.writeHead(429, { 'retry-after': '1' }).end() : json(response, 200, {})));
    await connect(url).request({ method: 'GET', path: '/' });
    expect(asked).toBe(2);
  });

  it('to a server that is not there says so, with the system\'s code', async () => {
    const { server, url } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    const failure = connect(url).request({ method: 'GET', path: '/' });
    await expect(failure).rejects.toBeInstanceOf(ConnectionError);
    await expect(failure).rejects.toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining(url) });
  });

  it('whose answer breaks off is an error', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"a":', () => response.destroy());
    });
    await expect(connect(url).request({ method: 'GET', path: '/' })).rejects.toBeInstanceOf(ConnectionError);
  });

  it('that is aborted rejects with the reason', async () => {
    const { url } = await serve(() => undefined);
    const abort = new AbortController();
    const failure = connect(url).request({ method: 'GET', path: '/', signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(failure).rejects.toThrow('enough');
  });

  it('tells of warnings', async () => {
    const { url } = await serve((_, response) => json(response, 200, {}, { warning: ['299 - "first \\"one\\""', '299 - "second, one"'] }));
    const warnings: string[] = [];
    await connect(url, { onWarning: (text) => warnings.push(text) }).request({ method: 'GET', path: '/' });
    expect(warnings).toEqual(['first "one"', 'second, one']);
  });

  it('asks a plugin for another credential after a 401, once', async () => {
    const { url } = await serve((request, response) =>
      request.headers.authorization === 'Bearer 2' ? json(response, 200, { ok: true }) : json(response, 401, {}));
    let token = 1;
    const credentials = { current: () => Promise.resolve({ token: String(token) }), rejected: () => void token++ };
    expect(await connect(url, { credentials }).request({ method: 'GET', path: '/' })).toEqual({ ok: true });
    token = 5;
    await expect(connect(url, { credentials }).request({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 401 });
  });
});

describe('a stream', () => {
  const events = [{ type: 'ADDED', object: { metadata: { name: 'naïve-\u{1f600}' } } }, { type: 'MODIFIED', object: { data: 'x'.repeat(3_000_000) } }, { type: 'DELETED' }];

  it.each([1, 2, 3, 7, 1000])('is decoded line by line when it arrives in pieces of %i bytes', async (size) => {
    const bytes = Buffer.from(`${JSON.stringify(events[0])}\n\n${JSON.stringify(events[2])}\n${JSON.stringify(events[0])}`);
    const { url } = await serve(async (_, response) => {
      response.writeHead(200);
      for (let i = 0; i < bytes.length; i += size) await new Promise((resolve) => response.write(bytes.subarray(i, i + size), resolve));
      response.end();
    });
    const seen: unknown[] = [];
    for await (const event of connect(url).stream({ method: 'GET', path: '/' })) seen.push(event);
    expect(seen).toEqual([events[0], events[2], events[0]]);
  });

  it('carries a line of megabytes', async () => {
    const { url } = await serve((_, response) => response.end(events.map((event) => `${JSON.stringify(event)}\n`).join('')));
    const seen: unknown[] = [];
    for await (const event of connect(url).stream({ method: 'GET', path: '/' })) seen.push(event);
    expect(seen).toEqual(events);
  });

  it('ends quietly when its signal aborts, and closes the connection', async () => {
    let closed = false;
    const { url } = await serve((request, response) => {
      request.socket.on('close', () => (closed = true));
      response.write('{"n":1}\n');
    });
    const abort = new AbortController();
    const seen: unknown[] = [];
    for await (const event of connect(url).stream({ method: 'GET', path: '/', signal: abort.signal })) {
      seen.push(event);
      abort.abort();
    }
    expect(seen).toEqual([{ n: 1 }]);
    await expect.poll(() => closed).toBe(true);
  });

  it('closes the connection when its reader stops', async () => {
    let closed = false;
    const { url } = await serve((request, response) => {
      request.socket.on('close', () => (closed = true));
      response.write('{"n":1}\n{"n":2}\n');
    });
    for await (const event of connect(url).stream({ method: 'GET', path: '/' })) {
      expect(event).toEqual({ n: 1 });
      break;
    }
    await expect.poll(() => closed).toBe(true);
  });

  it('that the server cuts off throws after what came', async () => {
    const { url } = await serve((_, response) => response.write('{"n":1}\n{"n":', () => response.destroy()));
    const seen: unknown[] = [];
    const read = async () => {
      for await (const event of connect(url).stream({ method: 'GET', path: '/' })) seen.push(event);
    };
    await expect(read()).rejects.toBeInstanceOf(ConnectionError);
    expect(seen).toEqual([{ n: 1 }]);
  });
});

describe('an upgrade', () => {
  it('gives an open WebSocket with the agreed protocol, and misses nothing', async () => {
    const { server, url } = await serve((_, response) => response.end());
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' });
    server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, (ws) => ws.send(`hello ${request.url}`)));
    const transport = connect(url);
    const ws = await transport.upgrade!({ path: '/exec', query: { command: ['a', 'b'] }, protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'] });
    const message = await new Promise((resolve) => ws.once('message', (data) => resolve(String(data))));
    expect([ws.protocol, message]).toEqual(['v4.channel.k8s.io', 'hello /exec?command=a&command=b']);
    ws.terminate();
  });

  it('agrees on protocols whose names are no tokens, as port-forward\'s', async () => {
    const { server, url } = await serve((_, response) => response.end());
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on('headers', (headers, { headers: asked }) => headers.push(`Sec-WebSocket-Protocol: ${asked['x-answer'] ?? asked['sec-websocket-protocol']}`));
    server.on('upgrade', (request, socket, head) => {
      const { 'sec-websocket-protocol': protocol, ...headers } = request.headers;
      if (request.url === '/other') headers['x-answer'] = 'v4.channel.k8s.io';
      else headers['x-answer'] = protocol;
      request.headers = headers;
      sockets.handleUpgrade(request, socket, head, (ws) => ws.send('hello'));
    });
    const transport = connect(url);
    const ws = await transport.upgrade!({ path: '/portforward', protocols: ['SPDY/3.1+portforward.k8s.io'] });
    expect(await new Promise((resolve) => ws.once('message', (data) => resolve(String(data))))).toBe('hello');
    ws.terminate();
    await expect(transport.upgrade!({ path: '/other', protocols: ['SPDY/3.1+portforward.k8s.io'] })).rejects.toThrow('the server speaks none of SPDY/3.1+portforward.k8s.io');
  });

  it('that is refused gives the server\'s Status', async () => {
    const { server, url } = await serve((_, response) => response.end());
    const body = JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'BadRequest', message: 'container not found', code: 400 });
    server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    await expect(connect(url).upgrade!({ path: '/exec', protocols: ['v4.channel.k8s.io'] })).rejects.toMatchObject({ code: 400, message: 'container not found' });
  });
});
