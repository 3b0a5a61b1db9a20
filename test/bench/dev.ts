import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Forward } from '../../runtime/client/pods/forward';
import { connectEngine } from '../../runtime/cluster/engine';
import { sampleBase } from '../../runtime/cluster/images/sample-images';
import { kubectlPath, RunningCommand } from '../support/test-cluster';
import { type BenchCluster, benchCluster } from './bench-cluster';
import { percentile, type Row } from './report';

const image = 'podium-test/dev-app';
const edits = 10;
const peerEdits = 3;
/** A request that meets the program while it restarts is given up and sent again. */
const patienceMs = 200;

/** Edit → served: a saved source until the Service answers with it; by `podium dev`, and by building and applying. */
export async function benchDev(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-dev-'));
  cpSync('test/support/dev-app', folder, { recursive: true });
  const cluster = benchCluster('dev', '--runtime', 'docker', '--nodes', '1');
  try {
    return await measure(cluster, folder);
  } finally {
    cluster.down();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(cluster: BenchCluster, folder: string): Promise<Row[]> {
  const home = resolve(cluster.report.kubeconfig, '../../..');
  const args = ['dist/podium/lib/podium.js', 'dev', folder, '--name', cluster.report.name];
  const dev = new RunningCommand(spawn(process.execPath, args, { env: { ...process.env, PODIUM_HOME: home } }));
  let forward: Forward | undefined;
  try {
    await dev.until(/^watching /m, 120_000);
    kubectl(cluster, 'rollout', 'status', 'deployment/web', '--timeout=90s');
    forward = await Forward.open(cluster.client, { kind: 'service', namespace: 'default', name: 'web' }, [{ local: 0, remote: '80' }]);
    const url = `http://${forward.ports[0]?.address}/`;
    const synced = await latencies(edits, url, folder, 'dev', () => {});
    await dev.stop();
    const base = await sampleBase(await connectEngine(), () => {});
    const built = await latencies(peerEdits, url, folder, 'peer', (greeting) => buildAndApply(cluster, folder, greeting, base));
    return [{
      name: 'edit → served, median', value: percentile(synced, 0.5), unit: 'ms',
      peer: 'docker build + kubectl apply', peerValue: percentile(built, 0.5),
    }, { name: 'edit → served, slowest of ten', value: Math.max(...synced), unit: 'ms' }];
  } finally {
    await dev.stop();
    await forward?.close();
  }
}

async function latencies(count: number, url: string, folder: string, prefix: string, deploy: (greeting: string) => void): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    const greeting = `${prefix}-${i}`;
    const started = performance.now();
    writeFileSync(join(folder, 'src/greeting.js'), `exports.greeting = '${greeting}';\n`);
    deploy(greeting);
    await served(url, `${greeting} `);
    samples.push(performance.now() - started);
    await sleep(500);
  }
  return samples;
}

/** As without Podium: an image of a new name, so that the workload's pods are replaced. The node's engine is Docker's own. */
function buildAndApply(cluster: BenchCluster, folder: string, tag: string, base: string): void {
  execFileSync('docker', ['build', '-q', '-t', `${image}:${tag}`, '--build-arg', `BASE=${base}`, folder], { stdio: 'pipe' });
  const file = join(folder, 'peer.yaml');
  writeFileSync(file, readFileSync(join(folder, 'app.yaml'), 'utf8').replace(`${image}:1`, `${image}:${tag}`));
  kubectl(cluster, 'apply', '--server-side', '--force-conflicts', '-f', file);
}

function kubectl({ report }: BenchCluster, ...args: string[]): void {
  execFileSync(kubectlPath(), ['--kubeconfig', report.kubeconfig, ...args], { stdio: 'pipe' });
}

async function served(url: string, start: string): Promise<void> {
  const end = Date.now() + 120_000;
  while (Date.now() < end) {
    const text = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(patienceMs) }).then((response) => response.text(), () => '');
    if (text.startsWith(start)) return;
    await sleep(10);
  }
  throw new Error(`${url} does not answer with ${start}`);
}
