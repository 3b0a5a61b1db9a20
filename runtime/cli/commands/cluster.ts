import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { clustersAtEngine } from '../../cluster/clean-up';
import { type ClusterConfig, clusterConfig, defaultClusterName, defaultDataDir, loadClusterConfig, type NodeConfig } from '../../cluster/config';
import { findDaemon } from '../../cluster/control/control-client';
import type { ClusterReport } from '../../cluster/control/protocol';
import { connectEngine, EngineUnavailableError } from '../../cluster/engine';
import { clusterPaths, listClusterNames } from '../../client/podium-home';
import { launch, takeDown } from '../../cluster/launch';
import { StepDisplay, UserError } from '../output';
import { seconds, wholeNumber } from '../values';
import { printKubeconfig } from './kubeconfig';

export interface UpOptions {
  name: string;
  nodes?: number;
  runtime?: 'docker' | 'simulated';
  dataDir?: string;
  port?: number;
  kubeconfig?: string;
  wait?: boolean;
  nodeCpu?: string;
  nodeMemory?: string;
  store?: 'embedded' | 'etcd';
  etcdServers?: string;
  nodeMonitorGracePeriod?: number;
  nodeEvictionSeconds?: number;
  output?: 'json';
}

export const nameOption = (): Option => new Option('--name <name>', 'name of the cluster').default(defaultClusterName).env('PODIUM_CLUSTER');

export function registerClusterCommands(program: Command): void {
  program
    .command('up')
    .description('start a cluster, or find the one that runs')
    .addOption(nameOption())
    .option('--nodes <count>', 'number of nodes (default: 3)', wholeNumber)
    .addOption(new Option('--runtime <runtime>', 'what carries the nodes (default: docker where an engine answers)').choices(['docker', 'simulated']))
    .option('--data-dir <folder>', 'where the cluster keeps its state')
    .option('--port <port>', 'loopback port of the API server; 0: any free one', wholeNumber)
    .option('--kubeconfig <file>', 'write the kubeconfig here too')
    .option('--wait', 'return when all nodes are ready')
    .option('--node-cpu <quantity>', 'CPUs that each node offers (default: 2)')
    .option('--node-memory <quantity>', 'memory that each node offers (default: 4Gi)')
    .addOption(new Option('--store <store>', 'where the API server keeps its state').choices(['embedded', 'etcd']))
    .option('--etcd-servers <urls>', 'etcd endpoints, separated by commas')
    .option('--node-monitor-grace-period <seconds>', 'silence after which a node is NotReady (default: 50)', seconds)
    .option('--node-eviction-seconds <seconds>', 'how long pods tolerate a node that is NotReady (default: 300)', seconds)
    .addOption(new Option('-o, --output <format>', 'print the cluster as JSON').choices(['json']))
    .action(up);
  program
    .command('down')
    .description('end a cluster and remove all of it')
    .addOption(nameOption())
    .option('--keep', 'keep its objects and volumes for the next "up"')
    .option('--all', 'end every cluster, and remove what crashed ones left')
    .action(down);
  program
    .command('status')
    .description('tell how a cluster is')
    .addOption(nameOption())
    .addOption(new Option('-o, --output <format>').choices(['json']))
    .action(status);
  program
    .command('kubeconfig')
    .description('print the kubeconfig of a cluster')
    .addOption(nameOption())
    .option('--merge', 'add it to your kubeconfig file and make it the current context')
    .action(({ name, merge }: { name: string; merge?: boolean }) => printKubeconfig(name, merge ?? false));
}

export async function up(options: UpOptions): Promise<void> {
  const display = new StepDisplay();
  const found = findDaemon(options.name) !== undefined;
  const existing = loadClusterConfig(options.name);
  const config = existing ? changedConfig(existing, options, found) : await newConfig(options);
  const report = await launch(config, options.wait ? 'nodes' : 'api', (step) => display.step(step));
  if (options.output === 'json') {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  display.done(found ? `cluster "${config.name}" was running` : `cluster "${config.name}" is up`);
  printReport(report);
}

async function newConfig(options: UpOptions): Promise<ClusterConfig> {
  const nodeCpu = options.nodeCpu ?? '2';
  const nodeMemory = options.nodeMemory ?? '4Gi';
  const nodes = Array.from({ length: options.nodes ?? 3 }, (_, i): NodeConfig => ({ name: `node-${i + 1}`, cpu: nodeCpu, memory: nodeMemory, state: 'running' }));
  return checkedConfig({
    version: 1,
    name: options.name,
    dataDir: options.dataDir ? resolve(options.dataDir) : defaultDataDir(options.name),
    runtime: options.runtime ?? (await defaultRuntime()),
    port: options.port ?? 0,
    ...(options.kubeconfig && { kubeconfig: resolve(options.kubeconfig) }),
    store: storeOf(options),
    nodeCpu,
    nodeMemory,
    nodes,
    ...(options.nodeMonitorGracePeriod && { nodeMonitorGracePeriod: options.nodeMonitorGracePeriod }),
    ...(options.nodeEvictionSeconds && { nodeEvictionSeconds: options.nodeEvictionSeconds }),
  });
}

const keptSettings = [
  ['--node-cpu', 'nodeCpu'],
  ['--node-memory', 'nodeMemory'],
  ['--node-monitor-grace-period', 'nodeMonitorGracePeriod'],
  ['--node-eviction-seconds', 'nodeEvictionSeconds'],
] as const;

/** A cluster's settings stay as they are; what can change between two runs does, the rest is refused rather than ignored. */
function changedConfig(existing: ClusterConfig, options: UpOptions, running: boolean): ClusterConfig {
  const refuse = (flag: string, value: string): never => {
    throw new UserError(`cluster "${existing.name}" exists with ${flag} ${value}; "podium down --name ${existing.name}" removes it`);
  };
  if (options.runtime && options.runtime !== existing.runtime) refuse('--runtime', existing.runtime);
  if (options.dataDir && resolve(options.dataDir) !== existing.dataDir) refuse('--data-dir', existing.dataDir);
  if (options.nodes !== undefined && options.nodes !== existing.nodes.length) refuse('--nodes', String(existing.nodes.length));
  if (options.store && options.store !== existing.store.type) refuse('--store', existing.store.type);
  if (running && options.port && options.port !== existing.port) refuse('--port', String(existing.port));
  for (const [flag, key] of keptSettings) {
    const value = existing[key];
    if (options[key] !== undefined && options[key] !== value) refuse(flag, value === undefined ? 'at its default' : String(value));
  }
  if (options.etcdServers && existing.store.type === 'etcd' && options.etcdServers !== existing.store.servers.join(',')) {
    refuse('--etcd-servers', existing.store.servers.join(','));
  }
  return checkedConfig({
    ...existing,
    ...(options.port && { port: options.port }),
    ...(options.kubeconfig && { kubeconfig: resolve(options.kubeconfig) }),
  });
}

function checkedConfig(config: ClusterConfig): ClusterConfig {
  const result = clusterConfig.safeParse(config);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const flag = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError(`--${flag}: ${issue?.message}`);
}

function storeOf({ store, etcdServers, name }: UpOptions): ClusterConfig['store'] {
  if (store !== 'etcd') return { type: 'embedded' };
  if (!etcdServers) throw new UserError('--store etcd needs --etcd-servers');
  return { type: 'etcd', servers: etcdServers.split(','), prefix: `/podium/${name}` };
}

async function defaultRuntime(): Promise<'docker' | 'simulated'> {
  try {
    await connectEngine();
    return 'docker';
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    process.stderr.write(`The nodes are simulated: ${error.message}. Install Docker Engine (docs.docker.com/engine/install) for real ones.\n`);
    return 'simulated';
  }
}

async function down({ name, keep = false, all = false }: { name: string; keep?: boolean; all?: boolean }): Promise<void> {
  const display = new StepDisplay();
  const names = all ? await ownClusters() : [name];
  if (!all && !loadClusterConfig(name) && !(await clustersAtEngine()).some((found) => found.name === name)) {
    throw new UserError(`there is no cluster "${name}"${known()}`);
  }
  for (const each of names) {
    display.step(`stopping ${each}`);
    await takeDown(each, { keep });
    display.done(keep ? `cluster "${each}" is stopped; "podium up --name ${each}" continues it` : `cluster "${each}" is gone`);
  }
  if (names.length === 0) process.stderr.write('There is no cluster.\n');
  if (all && !keep) rmSync(clusterPaths('x').folder.replace(/x$/, ''), { recursive: true, force: true });
}

async function ownClusters(): Promise<string[]> {
  const left = (await clustersAtEngine()).filter(({ ours }) => ours).map(({ name }) => name);
  return [...new Set([...listClusterNames(), ...left])];
}

async function status({ name, output }: { name: string; output?: 'json' }): Promise<void> {
  const config = loadClusterConfig(name);
  if (!config) throw new UserError(`there is no cluster "${name}"${known()}`);
  const report = await findDaemon(name)?.report();
  if (output === 'json') process.stdout.write(`${JSON.stringify(report ?? { ...config, phase: 'stopped' }, null, 2)}\n`);
  else if (report) printReport(report);
  else process.stdout.write(`Cluster "${name}" is stopped; "podium up --name ${name}" continues it.\n`);
}

function known(): string {
  const names = listClusterNames();
  return names.length > 0 ? `; there are: ${names.join(', ')}` : '';
}

function printReport(report: ClusterReport): void {
  const lines = [
    `Cluster     ${report.name} (${report.runtime}), ${report.phase}${report.phase === 'ready' ? '' : `: ${report.message}`}`,
    `API server  ${report.server ?? '-'}`,
    `Kubeconfig  ${report.kubeconfig}`,
    ...report.nodes.map((node) => `Node        ${node.name}  ${node.ready ? 'Ready' : 'NotReady'}${node.state === 'running' ? '' : ` (${node.state})`}${node.message ? `: ${node.message}` : ''}`),
    ...report.loadBalancers.map(({ service, address }) => `Service     ${service}  http://${address}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
