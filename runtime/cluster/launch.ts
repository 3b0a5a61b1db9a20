import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ClusterConfig, loadClusterConfig, saveClusterConfig } from './config';
import { cleanUpEngine } from './clean-up';
import { type ControlClient, findDaemon } from './control/control-client';
import type { ClusterReport } from './control/protocol';
import { clusterPaths, podiumHome } from '../client/podium-home';
import { lockHolder } from './lock';
import { hasState, removeClusterFiles } from './state-files';

/** The cluster did not come up; `message` is for the user. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
}

const pollMs = 50;
const daemonStartTimeoutMs = 20_000;

/** What `up` waits for: the API server, or all nodes as well. */
export type Readiness = 'api' | 'nodes';

/**
 * The cluster's daemon: the one that runs, or one started now with this configuration. Resolves when the cluster is
 * ready as asked; `onProgress` hears each step once. Throws LaunchError.
 */
export async function launch(config: ClusterConfig, wait: Readiness, onProgress: (message: string) => void): Promise<ClusterReport> {
  const running = findDaemon(config.name);
  if (running) {
    const report = await waitUntilReady(running, config.name, wait, onProgress);
    if (report.phase !== 'failed') return report;
    await running.shutdown({ keep: true });
  }
  const isNew = loadClusterConfig(config.name) === undefined;
  const hadState = hasState(config.dataDir);
  saveClusterConfig(config);
  spawnDaemon(config.name);
  const control = await waitForDaemon(config.name);
  const report = await waitUntilReady(control, config.name, wait, onProgress);
  if (report.phase === 'failed') {
    await control.shutdown({ keep: true });
    if (isNew) await forget(config, { keepState: hadState });
    throw new LaunchError(report.message);
  }
  return report;
}

/** A cluster that never came up leaves nothing, so that the next try can have other settings; what was there before stays. */
async function forget(config: ClusterConfig, { keepState }: { keepState: boolean }): Promise<void> {
  await waitForExit(config.name);
  await cleanUpEngine(config.name, { keepVolumes: keepState });
  if (keepState) rmSync(clusterPaths(config.name).folder, { recursive: true, force: true });
  else removeClusterFiles(config);
}

/** Ends a cluster, running or not. With `keep` its objects and volumes stay for the next `launch`. */
export async function takeDown(name: string, options: { keep: boolean }): Promise<void> {
  const daemon = findDaemon(name);
  if (daemon) {
    await daemon.shutdown(options);
    await waitForExit(name);
    return;
  }
  await cleanUpEngine(name, { keepVolumes: options.keep });
  if (options.keep) return;
  const config = loadClusterConfig(name);
  if (config) removeClusterFiles(config);
  else rmSync(clusterPaths(name).folder, { recursive: true, force: true });
}

/** Starts the daemon detached and with no descriptor of ours, so that `podium up | cat` ends. */
function spawnDaemon(name: string): void {
  const paths = clusterPaths(name);
  const log = openSync(paths.log, 'a', 0o600);
  const child = spawn(process.execPath, [installBundle(), 'daemon', '--name', name], {
    cwd: paths.folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
  });
  closeSync(log);
  child.unref();
}

/**
 * The bundle's copy in the home folder, by content: an updated extension's folder is deleted under a running process.
 * Returns the program to run.
 */
function installBundle(): string {
  const source = dirname(__dirname);
  if (!existsSync(join(__dirname, 'podium.js'))) throw new LaunchError('Podium is not built: run "npm run build"');
  const target = join(podiumHome(), 'bundles', bundleHash(source));
  if (!existsSync(target)) {
    const temporary = `${target}.${process.pid}`;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    cpSync(source, temporary, { recursive: true, filter: (file) => !file.endsWith('.map') });
    try {
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  return join(target, 'lib/podium.js');
}

function bundleHash(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.map')) continue;
    const file = join(entry.parentPath, entry.name);
    hash.update(file.slice(folder.length)).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function waitForDaemon(name: string): Promise<ControlClient> {
  for (let waited = 0; waited < daemonStartTimeoutMs; waited += pollMs) {
    const daemon = findDaemon(name);
    if (daemon) return daemon;
    await sleep(pollMs);
  }
  throw new LaunchError(`the cluster's process did not start; its log is ${clusterPaths(name).log}`);
}

async function waitUntilReady(control: ControlClient, name: string, wait: Readiness, onProgress: (message: string) => void): Promise<ClusterReport> {
  let last = '';
  for (;;) {
    let report: ClusterReport;
    try {
      report = await control.report();
    } catch (error) {
      if (lockHolder(clusterPaths(name).lock) !== undefined) throw error;
      throw new LaunchError(`the cluster's process ended; its log is ${clusterPaths(name).log}`);
    }
    if (report.message !== last && report.phase === 'starting') onProgress(report.message);
    last = report.message;
    if (report.phase !== 'starting' || (wait === 'api' && report.timings.apiReady !== undefined)) return report;
    await sleep(pollMs);
  }
}

async function waitForExit(name: string): Promise<void> {
  const { lock } = clusterPaths(name);
  for (let waited = 0; waited < daemonStartTimeoutMs && lockHolder(lock) !== undefined; waited += pollMs) await sleep(pollMs);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
