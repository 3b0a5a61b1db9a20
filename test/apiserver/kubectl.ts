import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestServer } from './test-server';

export interface Run {
  code: number;
  out: string;
  err: string;
}

/** A real kubectl against a test server, with a home folder of its own. */
export class Kubectl {
  private constructor(readonly folder: string, private readonly binary: string) {}

  static async for(server: TestServer, binary = 'kubectl'): Promise<Kubectl> {
    const folder = await mkdtemp(join(tmpdir(), 'podium-kubectl-'));
    await writeFile(join(folder, 'config'), JSON.stringify({
      apiVersion: 'v1', kind: 'Config', 'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: server.url, 'certificate-authority-data': Buffer.from(server.ca).toString('base64') } }],
      users: [{ name: 'test', user: { token: 'admin' } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }));
    return new Kubectl(folder, binary);
  }

  /** Arguments are what stands between single spaces; one that has spaces of its own writes them as no-break ones. */
  run(command: string, input?: unknown): Promise<Run> {
    return new Promise((resolve) => {
      const env = { ...process.env, KUBECONFIG: join(this.folder, 'config'), HOME: this.folder, EDITOR: 'true' };
      const child = execFile(this.binary, command.split(' ').map((part) => part.replaceAll('\u00a0', ' ')), { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, out: out.trim(), err: err.trim() }));
      child.stdin!.end(input === undefined ? '' : JSON.stringify(input));
    });
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** The kubectl of the PATH, and others by their minor version where they lie beside it (`kubectl.1.29`). */
export function installedKubectls(): [version: string, binary: string][] {
  const main = realpathSync(execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim());
  const name = basename(main);
  const others = readdirSync(dirname(main)).filter((file) => file.startsWith(`${name}.1.`) && /\.\d+$/.test(file)).sort();
  return [['of the PATH', main], ...others.map((file): [string, string] => [file.slice(name.length + 1), join(dirname(main), file)])];
}
