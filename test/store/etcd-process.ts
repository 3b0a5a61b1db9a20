import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real etcd on free loopback ports, with a data folder that a restart finds again. */
export class EtcdProcess {
  private child: ChildProcess | undefined;

  private constructor(private readonly folder: string, readonly port: number, private readonly peerPort: number) {}

  static async start(): Promise<EtcdProcess> {
    const etcd = new EtcdProcess(mkdtempSync(join(tmpdir(), 'podium-etcd-')), await freePort(), await freePort());
    await etcd.run();
    return etcd;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const peer = `http://127.0.0.1:${this.peerPort}`;
    const child = spawn('etcd', [
      '--data-dir', this.folder, '--listen-client-urls', this.endpoint, '--advertise-client-urls', this.endpoint,
      '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-8000);
        if (/ready to serve client requests/.test(output)) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`etcd ended with ${code}: ${output}`)));
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
