import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterReport } from '../../runtime/cluster/control/protocol';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const program = resolve('dist/podium/lib/podium.js');

/** A cluster of its own for a test file, driven as a user drives it: by the `podium` command and a real kubectl. */
export class TestCluster {
  private constructor(readonly name: string, readonly home: string) {}

  /** `flags` go to `podium up`. Waits until all nodes are ready. */
  static async up(name: string, ...flags: string[]): Promise<TestCluster> {
    const cluster = new TestCluster(`t-${name}-${process.pid}`, mkdtempSync(join(tmpdir(), `podium-${name}-`)));
    await cluster.podium('up', '--wait', ...flags);
    return cluster;
  }

  get kubeconfig(): string {
    return join(this.home, 'clusters', this.name, 'kubeconfig');
  }

  /** Runs `podium`, with this cluster's name. Throws with what it printed when it fails. */
  async podium(...args: string[]): Promise<string> {
    const result = await run(process.execPath, [program, ...args, '--name', this.name], this.env);
    if (result.code !== 0) throw new Error(`podium ${args.join(' ')} failed:\n${result.stdout}${result.stderr}${this.daemonLog()}`);
    return result.stdout;
  }

  async report(): Promise<ClusterReport> {
    return JSON.parse(await this.podium('status', '-o', 'json')) as ClusterReport;
  }

  /** Runs kubectl against the cluster; throws with its standard error when it fails. */
  async kubectl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed:\n${stderr}`);
    return stdout;
  }

  /** Runs `podium` with arguments of which the last need not be its own. */
  tryPodium(command: string, ...args: string[]): Promise<CommandResult> {
    return run(process.execPath, [program, command, '--name', this.name, ...args], this.env);
  }

  tryKubectl(...args: string[]): Promise<CommandResult> {
    return run(kubectlPath(), args, this.env);
  }

  async getJson<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl('get', ...args, '-o', 'json')) as T;
  }

  /** Applies a manifest given as text. */
  async apply(manifest: string, ...flags: string[]): Promise<string> {
    const file = join(this.home, 'manifest.yaml');
    writeFileSync(file, manifest);
    return this.kubectl('apply', '-f', file, ...flags);
  }

  /** A kubectl that runs on (logs -f, port-forward): its output so far, and its end. */
  start(...args: string[]): RunningCommand {
    return new RunningCommand(spawn(kubectlPath(), args, { env: this.env, stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  async down(): Promise<void> {
    await this.podium('down');
    rmSync(this.home, { recursive: true, force: true });
  }

  daemonLog(): string {
    try {
      const text = readFileSync(join(this.home, 'clusters', this.name, 'daemon.log'), 'utf8');
      return `\n— the daemon's log ends with\n${text.split('\n').slice(-30).join('\n')}`;
    } catch {
      return '';
    }
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, PODIUM_HOME: this.home, KUBECONFIG: this.kubeconfig, HOME: this.home };
  }
}

export class RunningCommand {
  output = '';
  private exitCode: number | null = null;

  constructor(readonly process: ChildProcess) {
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    process.stdout?.on('data', collect);
    process.stderr?.on('data', collect);
    process.on('exit', (code) => (this.exitCode = code ?? -1));
  }

  /** Resolves once the output matches. */
  async until(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    return eventually(() => {
      const match = pattern.exec(this.output);
      if (!match) throw new Error(`no ${pattern} in:\n${this.output}`);
      return match;
    }, timeoutMs);
  }

  /** Its exit code, once it has ended. */
  ended(timeoutMs = 20_000): Promise<number> {
    return eventually(() => {
      if (this.exitCode === null) throw new Error(`it does not end:\n${this.output}`);
      return this.exitCode;
    }, timeoutMs);
  }

  async stop(): Promise<void> {
    if (this.exitCode !== null) return;
    this.process.kill('SIGINT');
    await eventually(() => {
      if (this.exitCode === null) throw new Error('it does not end');
    });
  }
}

/** Tries until it doesn't throw; then returns what it returned. The last error tells what was missing. */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMs = 30_000, intervalMs = 100): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await sleep(intervalMs);
  }
}

export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<CommandResult> {
  return new Promise((settle) => {
    execFile(command, [...args], { env, maxBuffer: 64 << 20, timeout: 240_000 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      settle({ code, stdout, stderr });
    });
  });
}

/** The newest real kubectl on the machine. */
export function kubectlPath(): string {
  if (process.env.PODIUM_TEST_KUBECTL) return process.env.PODIUM_TEST_KUBECTL;
  const linked = execFileSync('sh', ['-c', 'readlink -f "$(command -v kubectl)"'], { encoding: 'utf8' }).trim();
  const versions = execFileSync('sh', ['-c', `ls ${linked}.* 2>/dev/null || true`], { encoding: 'utf8' }).trim().split('\n').filter(Boolean);
  const newest = versions.filter((file) => /\.1\.\d+$/.test(file)).sort((a, b) => minor(a) - minor(b)).at(-1);
  return newest ?? linked;
}

function minor(file: string): number {
  return Number(/\.1\.(\d+)$/.exec(file)?.[1] ?? 0);
}
