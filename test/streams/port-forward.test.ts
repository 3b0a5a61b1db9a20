import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../support/images';
import { eventually, type RunningCommand, type TestCluster } from '../support/test-cluster';
import { clusterWithWeb, helpersOf, startWith, transports } from './fixtures';

const pods = `
apiVersion: v1
kind: Pod
metadata: { name: echo, labels: { app: echo } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: echo
      image: ${tools}
      command:
        - node
        - -e
        - |
          const { createServer } = require('node:net');
          // Bound to loopback alone, as only a forwarded port can reach it; ends when its client has ended. A client that
          // resets its connection, as a probe may, ends that connection alone.
          createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket)).listen(7000, '127.0.0.1');
          createServer((socket) => socket.on('error', () => {}).end('goodbye')).listen(7001, '0.0.0.0');
      readinessProbe: { tcpSocket: { port: 7001 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo-behind }
spec:
  selector: { matchLabels: { app: echo-behind } }
  template:
    metadata: { labels: { app: echo-behind } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: web, image: ${tools}, readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } }] }
`;

let cluster: TestCluster;
let forward: RunningCommand | undefined;
beforeAll(async () => {
  cluster = await clusterWithWeb('forward');
  await cluster.apply(pods);
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/echo', '--timeout=60s');
  await cluster.kubectl('rollout', 'status', 'deployment/echo-behind', '--timeout=60s');
});
afterEach(() => forward?.stop());
afterAll(() => cluster?.down());

/** Starts kubectl port-forward; the local port of each pod's port, in order. */
async function forwarded(env: NodeJS.ProcessEnv, target: string, ...ports: number[]): Promise<number[]> {
  forward = startWith(cluster, env, 'port-forward', target, ...ports.map((port) => `:${port}`));
  const found: number[] = [];
  for (const port of ports) {
    const [, local] = await forward.until(new RegExp(`Forwarding from 127\\.0\\.0\\.1:(\\d+) -> ${target.startsWith('service') ? '\\d+' : port}`));
    found.push(Number(local));
  }
  return found;
}

/** Sends `input`, ends, and reads to the end. */
async function exchange(port: number, input: Buffer | string): Promise<Buffer> {
  const socket: Socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.end(input);
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  socket.destroy();
  return Buffer.concat(chunks);
}

const request = 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n';

describe.each(transports)('kubectl port-forward over $transport', ({ env }) => {
  it('carries several ports at once, 2 MB both ways, and each half\'s end', async () => {
    const [echo = 0, bye = 0] = await forwarded(env, 'pod/echo', 7000, 7001);
    const input = randomBytes(2 * 1024 * 1024);
    expect((await exchange(echo, input)).equals(input)).toBe(true);
    const many = await Promise.all(Array.from({ length: 20 }, (_, i) => exchange(i % 2 === 0 ? echo : bye, `hello ${i}`)));
    expect(many.map(String)).toEqual(many.map((_, i) => (i % 2 === 0 ? `hello ${i}` : 'goodbye')));
  });

  it('says that nobody listens, and leaves it to kubectl to end', async () => {
    const [silent = 0] = await forwarded(env, 'pod/echo', 7777);
    expect(String(await exchange(silent, 'anyone?'))).toBe('');
    await forward?.until(/an error occurred forwarding \d+ -> 7777: error forwarding port 7777 to pod [^\n]+connection refused/i);
    expect(await forward?.ended()).toBe(1);
    expect(forward?.output).toContain('error: lost connection to pod');
  });

  it('reaches a pod behind a Service and behind a Deployment', async () => {
    const [service = 0] = await forwarded(env, 'service/web', 80);
    expect(String(await exchange(service, request))).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nweb$/);
    await forward?.stop();
    const [deployment = 0] = await forwarded(env, 'deployment/echo-behind', 8080);
    expect(String(await exchange(deployment, request))).toMatch(/echo-behind-/);
  });

  it('ends when its pod is deleted', async () => {
    const name = 'short-lived';
    await cluster.kubectl('run', name, `--image=${tools}`, '--restart=Never');
    await cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s');
    const [port = 0] = await forwarded(env, `pod/${name}`, 8080);
    const open = connect({ host: '127.0.0.1', port });
    open.on('error', () => {});
    await once(open, 'connect');
    open.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
    await once(open, 'data');
    await cluster.kubectl('delete', 'pod', name, '--now');
    if (!open.closed) await once(open, 'close');
  });
});

it('leaves no process in the node when forwards have ended', async () => {
  const [echo = 0] = await forwarded({}, 'pod/echo', 7000);
  const idle = connect({ host: '127.0.0.1', port: echo });
  await once(idle, 'connect');
  idle.write('x');
  await once(idle, 'data');
  expect(await helpersOf(cluster)).not.toEqual([]);
  forward?.process.kill('SIGKILL');
  await forward?.ended();
  idle.destroy();
  await eventually(async () => expect(await helpersOf(cluster)).toEqual([]));
});
