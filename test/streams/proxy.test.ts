import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../support/images';
import type { TestCluster } from '../support/test-cluster';
import { accessOf, get, type Answer } from './api-access';
import { clusterWithWeb } from './fixtures';

/** Says what it was asked, has a page with links, redirects, and echoes what comes after an upgrade. */
const program = `
  const http = require('node:http');
  const crypto = require('node:crypto');
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://site');
    if (pathname === '/page') return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end('<html><a href="/other?a=1&amp;b=2">o</a><a href="near">n</a><img src=/i.png><a href="https://example.com/x">x</a></html>');
    if (pathname === '/moved') return response.writeHead(302, { location: '/other?x=1' }).end();
    if (pathname === '/away') return response.writeHead(302, { location: 'https://example.com/there' }).end();
    let body = '';
    request.on('data', (chunk) => (body += chunk)).on('end', () => {
      response.setHeader('access-control-allow-origin', '*');
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    });
  });
  server.on('upgrade', (request, socket) => {
    const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
    const text = Buffer.from('from ' + request.url);
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    socket.end(Buffer.from([0x88, 0]));
  });
  server.listen(8080);
`;
const site = `
apiVersion: v1
kind: Pod
metadata: { name: site, labels: { app: site } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: site
      image: ${tools}
      command: [node, -e, ${JSON.stringify(program)}]
      ports: [{ name: http, containerPort: 8080 }]
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: site }
spec: { selector: { app: site }, ports: [{ name: http, port: 80, targetPort: http }, { name: silent, port: 81, targetPort: 9999 }] }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { selector: { app: nobody }, ports: [{ port: 80 }] }
`;

const base = '/api/v1/namespaces/default';
let cluster: TestCluster;
let ask: (path: string, method?: string, headers?: Record<string, string>, body?: string) => Promise<Answer>;
beforeAll(async () => {
  cluster = await clusterWithWeb('proxy');
  await cluster.apply(site);
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/site', '--timeout=60s');
  const { port, tls } = accessOf(cluster);
  ask = (path, method = 'GET', headers = {}, body = '') => get(port, tls, path, { method, headers }, body);
});
afterAll(() => cluster?.down());

const messageOf = ({ body }: Answer): string => (JSON.parse(body) as { message: string }).message;

describe('pods/proxy and services/proxy', () => {
  it.each(['pods/site', 'pods/site:8080', 'pods/http:site:8080', 'services/site:http', 'services/site:80', 'services/http:site:http'])('reach the server behind %s', async (target) => {
    const answer = await ask(`${base}/${target}/proxy/some/path%20here/?a=1&b=%2F`, 'POST', { 'content-type': 'text/plain' }, 'hello');
    expect([answer.code, answer.headers['access-control-allow-origin']]).toEqual([200, undefined]);
    const seen = JSON.parse(answer.body) as { method: string; url: string; body: string; headers: Record<string, string> };
    expect(seen).toMatchObject({ method: 'POST', url: '/some/path%20here/?a=1&b=%2F', body: 'hello' });
    expect(seen.headers['x-forwarded-uri']).toBe(`${base}/${target}/proxy/some/path%20here/`);
    expect(seen.headers['x-forwarded-for']).toBeTruthy();
  });

  it('tell nobody behind them who asks', async () => {
    const { body } = await ask(`${base}/pods/site/proxy/`, 'GET', { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' });
    expect(Object.keys((JSON.parse(body) as { headers: object }).headers).filter((name) => /^(authorization|impersonate)/.test(name))).toEqual([]);
  });

  it.each(['GET', 'HEAD'])('send a %s without a slash at the end to the slash', async (method) => {
    const answer = await ask(`${base}/services/site:http/proxy?x=1`, method);
    expect([answer.code, answer.headers.location]).toEqual([301, `${base}/services/site:http/proxy/?x=1`]);
  });

  it('let redirects and links lead through the proxy', async () => {
    const at = `${base}/services/site:http/proxy`;
    expect((await ask(`${at}/moved`)).headers.location).toBe(`${at}/other?x=1`);
    expect((await ask(`${at}/away`)).headers.location).toBe('https://example.com/there');
    expect((await ask(`${at}/page`)).body).toBe(
      `<html><a href="${at}/other?a=1&amp;b=2">o</a><a href="near">n</a><img src="${at}/i.png"><a href="https://example.com/x">x</a></html>`,
    );
  });

  it('carry WebSockets', async () => {
    const { port, tls } = accessOf(cluster);
    const webSocket = new WebSocket(`wss://127.0.0.1:${port}${base}/services/site:http/proxy/ws?room=1`, tls);
    const messages: string[] = [];
    webSocket.on('message', (data: Buffer) => messages.push(data.toString()));
    const code = await new Promise((resolve, reject) => webSocket.on('close', resolve).on('error', reject));
    expect([messages, code]).toEqual([['from /ws?room=1'], 1005]);
  });

  it.each([
    ['services/site', 503, 'no endpoints available for service "site"'],
    ['services/site:82', 503, 'no service port 82 found for service "site"'],
    ['services/nobody', 503, 'no endpoints available for service "nobody"'],
    ['services/ftp:site:http', 400, 'invalid service request "ftp:site:http"'],
    ['services/absent', 404, 'services "absent" not found'],
    ['pods/absent', 404, 'pods "absent" not found'],
  ])('say what is wrong with %s', async (target, code, message) => {
    const answer = await ask(`${base}/${target}/proxy/`);
    expect([answer.code, messageOf(answer)]).toEqual([code, message]);
  });

  it.each(['services/site:silent', 'pods/site:9999'])('say that nobody listens at %s', async (target) => {
    const answer = await ask(`${base}/${target}/proxy/`);
    expect([answer.code, messageOf(answer)]).toEqual([503, expect.stringMatching(/^error trying to reach service: dial tcp 10\.244\.\d+\.\d+:9999: connect: connection refused$/)]);
  });

  it('reach the API server itself as nobody in particular', async () => {
    const version = await ask(`${base}/services/https:kubernetes:https/proxy/version`);
    expect(JSON.parse(version.body)).toMatchObject({ major: '1', minor: '36' });
    const nodes = await ask(`${base}/services/https:kubernetes:https/proxy/api/v1/nodes`);
    expect([nodes.code, messageOf(nodes)]).toEqual([403, expect.stringContaining('User "system:anonymous" cannot list resource "nodes"')]);
  });

  it('reach kubelets, and ports of nodes', async () => {
    expect((await ask('/api/v1/nodes/node-1/proxy/healthz')).body).toBe('ok');
    const silent = await ask('/api/v1/nodes/node-1:9/proxy/');
    expect([silent.code, messageOf(silent)]).toEqual([503, expect.stringMatching(/dial tcp [\d.]+:9: connect: connection refused$/)]);
  });
});

describe('kubectl proxy', () => {
  it('serves pods, Services and upgrades to who has no credentials', async () => {
    const proxy = cluster.start('proxy', '--port=0');
    try {
      const [, port] = await proxy.until(/Starting to serve on 127\.0\.0\.1:(\d+)/);
      const at = `http://127.0.0.1:${port}${base}`;
      expect(await (await fetch(`${at}/services/site:http/proxy/page`)).text()).toContain(`href="${base}/services/site:http/proxy/other`);
      expect(await (await fetch(`${at}/pods/web/proxy`)).text()).toBe('web');
      const webSocket = new WebSocket(`ws://127.0.0.1:${port}${base}/pods/site/proxy/ws`);
      expect(String(await new Promise((resolve, reject) => webSocket.on('message', resolve).on('error', reject)))).toBe('from /ws');
    } finally {
      await proxy.stop();
    }
  });
});
