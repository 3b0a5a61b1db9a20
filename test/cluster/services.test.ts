import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTools, tools } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } } }
      containers:
        - name: web
          image: ${tools}
          command: [sh, -c, 'touch /tmp/ready; exec serve']
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { exec: { command: [test, -f, /tmp/ready] }, periodSeconds: 1, failureThreshold: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: sticky }
spec: { sessionAffinity: ClientIP, selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: headless }
spec: { clusterIP: None, selector: { app: web }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: empty }
spec: { selector: { app: nobody }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: client }
spec:
  selector: { matchLabels: { app: client } }
  template:
    metadata: { labels: { app: client } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: client, image: ${tools}, command: [sleep, '3600'] }]
`;

describe('Services on Docker nodes', () => {
  let cluster: TestCluster;
  let clients: { name: string; node: string }[];

  beforeAll(async () => {
    ensureTools();
    cluster = await TestCluster.up('services');
    await cluster.apply(web);
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
    await cluster.kubectl('rollout', 'status', 'daemonset/client', '--timeout=60s');
    const pods = await cluster.getJson<{ items: { metadata: { name: string }; spec: { nodeName: string } }[] }>('pods', '-l', 'app=client');
    clients = pods.items.map(({ metadata, spec }) => ({ name: metadata.name, node: spec.nodeName }));
  });
  afterAll(() => cluster?.down());

  it('spread requests from a pod on each node over pods on all nodes', async () => {
    expect(clients).toHaveLength(3);
    for (const { name } of clients) expect((await ask(name, 'http://web/', 40)).size).toBe(3);
  });

  it('answer at every node port', async () => {
    const port = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}');
    const ips = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}')).split(' ');
    for (const ip of ips) expect((await ask(clients[0]?.name ?? '', `http://${ip}:${port}/`, 20)).size).toBeGreaterThan(1);
  });

  it('keep a client on one backend with session affinity', async () => {
    expect((await ask(clients[0]?.name ?? '', 'http://sticky/', 20)).size).toBe(1);
  });

  it('let a pod reach itself through its Service', async () => {
    const pod = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}');
    const answers = await ask(pod, 'http://web/', 30);
    expect(answers.has(pod)).toBe(true);
  });

  it('refuse connections when they have no endpoint', async () => {
    const { code, stderr } = await cluster.tryKubectl('exec', clients[0]?.name ?? '', '--', 'ask', 'http://empty/');
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
  });

  it('have names: headless ones those of their pods', async () => {
    const addresses = await lookup('headless.default.svc.cluster.local');
    const ips = (await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}')).split(' ');
    expect(addresses.sort()).toEqual(ips.sort());
    const clusterIP = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    expect(await lookup('web.default.svc.cluster.local')).toEqual([clusterIP]);
  });

  it('lead to the API server from a pod, with its service account', async () => {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    const request = ['env', `CA_FILE=${folder}/ca.crt`, `TOKEN_FILE=${folder}/token`, 'ask', 'https://kubernetes.default/api/v1/namespaces/default/pods'];
    const answer = await cluster.kubectl('exec', clients[0]?.name ?? '', '--', ...request);
    expect(answer).toContain('User \\"system:serviceaccount:default:default\\" cannot list resource \\"pods\\"');
  });

  it('take a pod that fails its readiness probe out of the rotation, and back', async () => {
    const pod = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}');
    await cluster.kubectl('exec', pod, '--', 'rm', '/tmp/ready');
    await eventually(async () => expect((await ask(clients[1]?.name ?? '', 'http://web/', 30)).has(pod)).toBe(false));
    await cluster.kubectl('exec', pod, '--', 'touch', '/tmp/ready');
    await eventually(async () => expect((await ask(clients[1]?.name ?? '', 'http://web/', 30)).has(pod)).toBe(true));
  });

  /** The host names that answered `count` requests, each over a connection of its own. */
  async function ask(pod: string, url: string, count: number): Promise<Set<string>> {
    const output = await cluster.kubectl('exec', pod, '--', 'ask', url, String(count));
    return new Set(output.trim().split('\n'));
  }

  async function lookup(name: string): Promise<string[]> {
    return (await cluster.kubectl('exec', clients[0]?.name ?? '', '--', 'lookup', name)).trim().split('\n');
  }
});
