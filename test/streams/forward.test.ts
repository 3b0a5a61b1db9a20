import { createServer, type AddressInfo } from 'node:net';
import { request } from 'node:http';
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busybox, ensureBusybox } from '../support/images';
import { eventually, RunningCommand, TestCluster } from '../support/test-cluster';

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: ${busybox}
        command: [sh, -c, 'mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www']
        ports: [{ name: http, containerPort: 8080 }]
        readinessProbe: { httpGet: { port: http, path: / }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ name: site, port: 80, targetPort: http }]
---
apiVersion: v1
kind: Service
metadata: { name: outside }
spec: { ports: [{ port: 80 }] }
`;

describe('podium port-forward', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    ensureBusybox();
    cluster = await TestCluster.up('forward', '--nodes', '2');
    await cluster.apply(web);
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
  });
  afterAll(() => cluster?.down());

  const forward = (...args: string[]): RunningCommand =>
    new RunningCommand(spawn(process.execPath, [resolve('dist/podium/lib/podium.js'), 'port-forward', '--name', cluster.name, ...args], { env: cluster.env }));
  const opened = async (command: RunningCommand): Promise<number> => Number((await command.until(/Forwarding from 127.0.0.1:(\d+) -> /))[1]);
  const podNames = async (): Promise<string[]> =>
    (await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');

  it.each(['svc/web :site', 'svc/web :80', 'deploy/web :http', 'deployment/web :8080'])('reaches a pod by %s', async (args) => {
    const command = forward(...args.split(' '));
    expect(await podNames()).toContain(await get(await opened(command)));
    await command.stop();
  });

  it('goes on answering while the pods of a Service are replaced', async () => {
    const command = forward('svc/web', ':80');
    const port = await opened(command);
    const before = await podNames();
    const answers = new Set<string>();
    let restarting = true;
    const restart = cluster.kubectl('rollout', 'restart', 'deployment/web')
      .then(() => cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s'))
      .finally(() => (restarting = false));
    while (restarting) answers.add(await get(port));
    await restart;
    await eventually(async () => expect(before).not.toContain(await get(port)));
    expect(answers.size).toBeGreaterThan(0);
    await command.stop();
  });

  it('waits for the next pod when none is there for a moment', async () => {
    const command = forward('svc/web', ':80');
    const port = await opened(command);
    await cluster.kubectl('delete', 'pods', '-l', 'app=web', '--grace-period=0', '--force');
    expect(await podNames()).toContain(await get(port));
    await command.stop();
  });

  it('carries several ports and many connections at once', async () => {
    const command = forward('deploy/web', ':8080', ':http');
    await eventually(() => expect(command.output.match(/Forwarding from/g)).toHaveLength(2));
    const ports = [...command.output.matchAll(/Forwarding from 127.0.0.1:(\d+)/g)].map(([, port]) => Number(port));
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => get(ports[i % 2] ?? 0)));
    expect(new Set(answers).size).toBe(1);
    await command.stop();
  });

  it('says why it can not, in one line', async () => {
    const blocker = createServer();
    await new Promise<void>((ready) => blocker.listen(0, '127.0.0.1', ready));
    const taken = (blocker.address() as AddressInfo).port;
    const refused: [string[], string][] = [
      [['svc/none', '80'], 'Error from server (NotFound): services "none" not found'],
      [['svc/outside', '80'], 'error: service "outside" has no selector: its endpoints are not pods of this cluster'],
      [['svc/web', ':81'], 'error: service "web" has no port 81'],
      [['deploy/web', ':https'], 'has no port named "https"'],
      [['configmap/x', '80'], 'error: configmap lead to no pods; possible are pod, service, '],
      [['svc/web', '80:0'], 'error: "80:0" is not [LOCAL:]REMOTE'],
      [['svc/web', `${taken}:80`], `error: listen EADDRINUSE: address already in use 127.0.0.1:${taken}`],
    ];
    for (const [args, message] of refused) {
      const command = forward(...args);
      expect(await command.ended()).toBe(1);
      expect(command.output).toContain(message);
      expect(command.output.trim().split('\n').filter((line) => !line.startsWith('connected to'))).toHaveLength(1);
    }
    blocker.close();
  });
});

/** What an HTTP server at a loopback port answers, with a connection of its own. */
function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/', agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => resolve(body.trim()));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject).end();
  });
}
