import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Pod } from '../../runtime/api/kinds';
import { createCertificateAuthority, issueCertificate } from '../../runtime/cluster/certificates';
import type { BenchCluster } from './bench-cluster';
import type { LoadJob, LoadResult } from './load';
import { percentile, type Row } from './report';

const connections = 16;
const seconds = 5;
const pods = 500;

/** GET, LIST of 500 pods and CREATE over 16 keep-alive connections, beside a bare HTTPS server that sends the same bytes. */
export async function benchApi(cluster: BenchCluster, folder: string): Promise<Row[]> {
  await createPods(cluster);
  const { client, endpoint } = cluster;
  await client.configMaps.create({ metadata: { name: 'bench', namespace: 'default' }, data: { text: 'x'.repeat(1200) } });
  const get = '/api/v1/namespaces/default/configmaps/bench';
  const list = '/api/v1/namespaces/bench/pods';
  const create = '/api/v1/namespaces/default/configmaps';
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made-{n}' }, data: { text: 'x'.repeat(1200) } });
  const bodies = Object.fromEntries(await Promise.all([get, list].map(async (path) => [path, JSON.stringify(await client.request({ method: 'GET', path }))])));
  const peer = await startPeer(folder, bodies);
  const jobs: [string, Partial<LoadJob>][] = [
    ['GET of a 1.5 KB config map, 16 connections', { method: 'GET', path: get, expectStatus: 200 }],
    ['LIST of 500 pods, 16 connections', { method: 'GET', path: list, expectStatus: 200 }],
    ['CREATE of a config map, 16 connections', { method: 'POST', path: create, body, expectStatus: 201 }],
    ['GET, 1 connection', { method: 'GET', path: get, expectStatus: 200, connections: 1 }],
    ['CREATE, 1 connection', { method: 'POST', path: create, body, expectStatus: 201, connections: 1 }],
  ];
  const rows: Row[] = [];
  for (const [name, job] of jobs) {
    const ours = await load(folder, { ...endpoint, connections, seconds, ...job } as LoadJob);
    const theirs = await load(folder, { ...peer.endpoint, connections, seconds: 2, ...job } as LoadJob);
    if (job.connections === 1) rows.push({ name: `${name}, p50`, value: ours.p50, unit: 'ms', peer: 'bare HTTPS server', peerValue: theirs.p50 });
    else rows.push({ name, value: ours.perSecond, unit: 'requests/s', peer: 'bare HTTPS server', peerValue: theirs.perSecond });
  }
  peer.process.kill();
  return [...rows, ...(await benchWatch(cluster))];
}

async function createPods({ client }: BenchCluster): Promise<void> {
  await client.namespaces.create({ metadata: { name: 'bench' } });
  const pod = (i: number): Pod => ({
    metadata: { name: `pod-${i}`, namespace: 'bench', labels: { app: `app-${i % 10}`, tier: 'bench' } },
    // No scheduler of this name: the pods stay as they are while they are listed.
    spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'example/app:1', env: [{ name: 'A', value: 'b' }], ports: [{ containerPort: 8080 }] }] },
  });
  for (let start = 0; start < pods; start += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => client.pods.create(pod(start + i))));
  }
}

/** Milliseconds from the call of create to the watch event, one at a time. */
async function benchWatch({ client }: BenchCluster): Promise<Row[]> {
  const stop = new AbortController();
  const seen = new Map<string, (time: number) => void>();
  const { metadata } = await client.configMaps.list({ namespace: 'bench' });
  const watching = (async () => {
    for await (const event of client.configMaps.watch({ namespace: 'bench', resourceVersion: metadata.resourceVersion, signal: stop.signal })) {
      seen.get(event.object.metadata.name)?.(performance.now());
    }
  })().catch(() => {});
  const latencies: number[] = [];
  for (let i = 0; i < 300; i++) {
    const name = `watched-${i}`;
    const arrival = new Promise<number>((resolve) => seen.set(name, resolve));
    const started = performance.now();
    await client.configMaps.create({ metadata: { name, namespace: 'bench' }, data: { a: 'b' } });
    latencies.push((await arrival) - started);
  }
  stop.abort();
  await watching;
  return [
    { name: 'create to watch event, p50', value: percentile(latencies, 0.5), unit: 'ms' },
    { name: 'create to watch event, p99', value: percentile(latencies, 0.99), unit: 'ms' },
  ];
}

function load(folder: string, job: LoadJob): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, 'load.js'), 'job'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(output) as LoadResult) : reject(new Error(`the load client ended with ${code}`))));
    child.stdin.end(JSON.stringify(job));
  });
}

async function startPeer(folder: string, bodies: Record<string, string>): Promise<{ process: ChildProcess; endpoint: Partial<LoadJob> }> {
  const ca = createCertificateAuthority('peer');
  const serving = issueCertificate(ca, { kind: 'serving', commonName: 'localhost', names: ['localhost'], ips: ['127.0.0.1'] });
  const child = spawn(process.execPath, [join(folder, 'peer-server.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ ...serving, bodies }));
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))));
  return { process: child, endpoint: { host: '127.0.0.1', port, ca: ca.cert } };
}
