import { createServer } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { once } from 'node:events';
import { createServer as createTcp, type AddressInfo, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ExecTimeoutError, type ContainerRuntime } from '../container-runtime';
import type { ProbeResult } from './probe-result';
import { resolvePort, runProbe } from './prober';

const servers: { close(): unknown }[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function listening(server: TcpServer): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const container = { name: 'main', ports: [{ name: 'web', containerPort: 8080 }] };
const runtime = (execSync: ContainerRuntime['execSync']) => ({ execSync }) as ContainerRuntime;
const none = runtime(async () => ({ exitCode: 0, output: '' }));
const run = (probe: Parameters<typeof runProbe>[0], on = none): Promise<ProbeResult> =>
  runProbe(probe, { container, containerId: 'c', podIP: '127.0.0.1' }, on);

describe('an HTTP probe', () => {
  const seen: { url?: string; headers?: Record<string, unknown> } = {};
  const site = () =>
    listening(
      createServer((request, response) => {
        Object.assign(seen, { url: request.url, headers: request.headers });
        if (request.url === '/fail') response.writeHead(500).end('broken');
        else if (request.url === '/moved') response.writeHead(302, { location: '/ok' }).end();
        else if (request.url === '/away') response.writeHead(302, { location: 'http://example.org/' }).end();
        else if (request.url === '/slow') setTimeout(() => response.end(), 5000).unref();
        else response.end('fine');
      }),
    );

  it.each([
    ['/ok?x=1', 'success', 'fine'],
    ['/fail', 'failure', 'HTTP probe failed with statuscode: 500'],
    ['/moved', 'success', 'fine'],
    ['/away', 'success', 'Probe terminated redirects, Response body: '],
  ])('of %s is a %s', async (path, result, output) => {
    expect(await run({ httpGet: { port: await site(), path } })).toEqual({ result, output });
  });

  it('sends its headers, and the name of the prober', async () => {
    const port = await site();
    await run({
      httpGet: {
        port,
        path: 'x',
        httpHeaders: [
          { name: 'Host', value: 'a.b' },
          { name: 'X-Y', value: 'z' },
        ],
      },
    });
    expect(seen.url).toBe('/x');
    expect(seen.headers).toMatchObject({
      host: 'a.b',
      'x-y': 'z',
      'user-agent': 'kube-probe/1.36',
      accept: '*/*',
      connection: 'close',
    });
  });

  it('fails when nobody listens', async () => {
    expect(await run({ httpGet: { port: 1 } })).toEqual({
      result: 'failure',
      output: 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });

  it('fails when the answer takes too long', async () => {
    const port = await site();
    const { result, output } = await run({ httpGet: { port, path: '/slow' }, timeoutSeconds: 1 });
    expect(result).toBe('failure');
    expect(output).toBe(
      `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
  });
});

describe('a TCP probe', () => {
  it('is a success when somebody listens', async () => {
    const port = await listening(createTcp());
    expect(await run({ tcpSocket: { port } })).toEqual({ result: 'success', output: '' });
    expect(await run({ tcpSocket: { port: 1 } })).toEqual({
      result: 'failure',
      output: 'dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });
});

describe('a gRPC probe', () => {
  const serve = async (status: number, code = '0'): Promise<number> => {
    const server = createHttp2();
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': code }));
      stream.end(code === '0' ? Buffer.from([0, 0, 0, 0, 2, 8, status]) : undefined);
    });
    return listening(server);
  };

  it.each([
    [1, '0', 'success', 'service healthy'],
    [2, '0', 'failure', 'service unhealthy (responded with "NOT_SERVING")'],
    [0, '12', 'failure', 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)'],
  ])('with status %i and code %s is a %s', async (status, code, result, output) => {
    expect(await run({ grpc: { port: await serve(status, code) } })).toEqual({ result, output });
  });
});

describe('an exec probe', () => {
  it.each([
    [0, 'success'],
    [1, 'failure'],
  ])('that ends with %i is a %s', async (exitCode, result) => {
    expect(
      await run(
        { exec: { command: ['x'] } },
        runtime(async () => ({ exitCode, output: 'said' })),
      ),
    ).toEqual({ result, output: 'said' });
  });

  it('that takes too long is a failure', async () => {
    const slow = runtime(async () => {
      throw new ExecTimeoutError('timeout');
    });
    expect(await run({ exec: { command: ['sleep', '9'] }, timeoutSeconds: 2 }, slow)).toEqual({
      result: 'failure',
      output: 'command timed out: "sleep 9" timed out after 2s',
    });
  });
});

describe('ports', () => {
  it('may be named', () => {
    expect([resolvePort(80, container), resolvePort('web', container)]).toEqual([80, 8080]);
    expect(() => resolvePort('none', container)).toThrow('couldn\'t find port: "none" in container ports');
  });
});
