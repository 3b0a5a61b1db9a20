import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Live, Pod } from '../../runtime/api/kinds';
import { type BenchCluster, benchCluster } from './bench-cluster';
import type { Row } from './report';
import { percentile } from './report';

const podCount = 1000;
const nodeCount = 100;

/**
 * 1,000 pods from the first create to the last binding, on 100 nodes that are objects only (as upstream's figure was
 * measured); and to the last pod Running, on 100 simulated kubelets.
 */
export async function benchScheduling(): Promise<Row[]> {
  const fake = benchCluster('scheduling', '--runtime', 'simulated', '--nodes', '0');
  const rows: Row[] = [];
  try {
    await createFakeNodes(fake);
    rows.push({ name: '1,000 pods scheduled on 100 fake nodes', value: await createPodsUntil(fake, ({ spec }) => Boolean(spec?.nodeName)), unit: 's' });
  } finally {
    fake.down();
  }
  const simulated = benchCluster('kubelets', '--runtime', 'simulated', '--nodes', String(nodeCount), '--node-cpu', '16', '--node-memory', '64Gi');
  try {
    rows.push({ name: '1,000 pods Running on 100 simulated kubelets', value: await createPodsUntil(simulated, ({ status }) => status?.phase === 'Running'), unit: 's' });
  } finally {
    simulated.down();
  }
  return rows;
}

async function createFakeNodes({ client }: BenchCluster): Promise<void> {
  const resources = { cpu: '16', memory: '64Gi', pods: '110' };
  await Promise.all(Array.from({ length: nodeCount }, async (_, i) => {
    const node = await client.nodes.create({ metadata: { name: `fake-${i}`, labels: { 'kubernetes.io/hostname': `fake-${i}` } } });
    const now = new Date().toISOString();
    const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now, lastTransitionTime: now };
    await client.nodes.patch(node.metadata.name, undefined, 'merge', { status: { capacity: resources, allocatable: resources, conditions: [condition] } }, { subresource: 'status' });
    await client.nodes.patch(node.metadata.name, undefined, 'merge', { spec: { taints: null } });
  }));
}

/** Seconds from the first create until `reached` holds for all pods. */
async function createPodsUntil({ client }: BenchCluster, reached: (pod: Live<Pod>) => boolean): Promise<number> {
  const done = new Set<string>();
  const stop = new AbortController();
  let finished: () => void = () => {};
  const all = new Promise<void>((resolve) => (finished = resolve));
  const watching = (async () => {
    for await (const { object } of client.pods.watch({ namespace: 'default', signal: stop.signal })) {
      if (reached(object as Live<Pod>)) done.add(object.metadata.name);
      if (done.size === podCount) finished();
    }
  })().catch(() => {});
  const pod = (i: number): Pod => ({
    metadata: { name: `p-${i}`, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'example/app:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
  });
  const started = performance.now();
  for (let start = 0; start < podCount; start += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => client.pods.create(pod(start + i))));
  }
  await all;
  const seconds = (performance.now() - started) / 1000;
  stop.abort();
  await watching;
  return seconds;
}

/** Start-up and idle memory on a simulated cluster, and on three Docker nodes with their images there. */
export async function benchStart(): Promise<Row[]> {
  const simulated = benchCluster('simulated', '--runtime', 'simulated', '--nodes', '3');
  const rows: Row[] = [{ name: 'API ready after process start, simulated', value: simulated.report.timings.apiReady ?? 0, unit: 'ms' }];
  simulated.down();
  const docker = benchCluster('docker', '--runtime', 'docker', '--nodes', '3');
  try {
    rows.push({ name: '`podium up` to three Docker nodes ready', value: docker.upSeconds, unit: 's' });
    rows.push(...(await podStart(docker)));
    await sleep(10_000);
    rows.push({ name: 'control plane, resident, idle', value: residentMegabytes(docker.report.pid), unit: 'MB' });
    rows.push({ name: 'node agent, resident, idle', value: agentMegabytes(docker), unit: 'MB' });
    return rows;
  } finally {
    docker.down();
  }
}

async function podStart({ client }: BenchCluster): Promise<Row[]> {
  const seconds: number[] = [];
  for (let i = 0; i < 10; i++) {
    const name = `start-${i}`;
    const { metadata } = await client.pods.list({ namespace: 'default' });
    const stop = new AbortController();
    const started = performance.now();
    const running = (async () => {
      for await (const { object } of client.pods.watch({ namespace: 'default', resourceVersion: metadata.resourceVersion, signal: stop.signal })) {
        if (object.metadata.name === name && (object as Live<Pod>).status?.phase === 'Running') return;
      }
    })();
    await client.pods.create({ metadata: { name, namespace: 'default' }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'podium-test/busybox:1', command: ['sleep', '3600'] }] } });
    await running;
    seconds.push((performance.now() - started) / 1000);
    stop.abort();
    await client.pods.delete(name, 'default', { gracePeriodSeconds: 0 });
  }
  return [
    { name: 'pod creation to Running on Docker, p50', value: percentile(seconds, 0.5), unit: 's' },
    { name: 'pod creation to Running on Docker, slowest of 10', value: Math.max(...seconds), unit: 's' },
  ];
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** The largest of the agents. */
function agentMegabytes({ report }: BenchCluster): number {
  const ids = execFileSync('docker', ['ps', '-q', '--filter', `label=podium=${report.name}`, '--filter', 'label=podium.role=node'], { encoding: 'utf8' }).trim().split('\n');
  return Math.max(...ids.map((id) => residentMegabytes(Number(execFileSync('docker', ['inspect', '-f', '{{.State.Pid}}', id], { encoding: 'utf8' })))));
}
