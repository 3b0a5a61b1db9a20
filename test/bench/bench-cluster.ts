import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { httpTransport } from '../../runtime/client/http';
import { Client } from '../../runtime/client/resource-client';
import type { ClusterReport } from '../../runtime/cluster/control/protocol';

const program = resolve('dist/podium/lib/podium.js');

/** A cluster for measuring, started by the command that users start it with. */
export interface BenchCluster {
  client: Client;
  report: ClusterReport;
  endpoint: { host: string; port: number; ca: string; cert: string; key: string };
  /** Seconds from the call of `podium up` to its return. */
  upSeconds: number;
  refresh(): ClusterReport;
  down(): void;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

export function benchCluster(name: string, ...flags: string[]): BenchCluster {
  const home = mkdtempSync(join(tmpdir(), `podium-bench-${name}-`));
  const env = { ...process.env, PODIUM_HOME: home };
  const podium = (...args: string[]): string => execFileSync(process.execPath, [program, ...args, '--name', `bench-${name}`], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const started = performance.now();
  podium('up', '--wait', ...flags);
  const upSeconds = (performance.now() - started) / 1000;
  const refresh = (): ClusterReport => JSON.parse(podium('status', '-o', 'json')) as ClusterReport;
  const report = refresh();
  const kubeconfig = parse(readFileSync(report.kubeconfig, 'utf8')) as Kubeconfig;
  const decode = (text = ''): string => Buffer.from(text, 'base64').toString();
  const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0]?.cluster ?? { server: '', 'certificate-authority-data': '' };
  const user = kubeconfig.users[0]?.user;
  const credentials = { ca: decode(ca), cert: decode(user?.['client-certificate-data']), key: decode(user?.['client-key-data']) };
  const url = new URL(server);
  const transport = httpTransport({ server, ...credentials, userAgent: 'bench' });
  return {
    client: new Client(transport),
    report,
    endpoint: { host: url.hostname, port: Number(url.port), ...credentials },
    upSeconds,
    refresh,
    down() {
      transport.close();
      podium('down');
      rmSync(home, { recursive: true, force: true });
    },
  };
}
