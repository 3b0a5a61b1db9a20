import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../runtime/store/embedded';
import { openEtcdStore } from '../../runtime/store/etcd';
import type { Store } from '../../runtime/store/store';
import type { Row } from './report';

const value = Buffer.alloc(1024, 'x');

/** Writes of 1 KiB values a second: one after the other, and 64 at a time. Both stores sync each acknowledged write to the same disk. */
export async function benchStore(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-store-'));
  const etcd = await startEtcd(join(folder, 'etcd'));
  try {
    const embedded = await openEmbeddedStore(join(folder, 'embedded'));
    const peer = await openEtcdStore({ endpoints: [etcd.endpoint] });
    const rows: Row[] = [];
    for (const [name, parallel, count] of [['store writes, serial', 1, 300], ['store writes, 64 parallel', 64, 12_000]] as const) {
      const [ours, theirs] = [await writesPerSecond(embedded, parallel, count), await writesPerSecond(peer, parallel, Math.min(count, 6000))];
      rows.push({ name, value: ours, unit: 'writes/s', peer: 'etcd 3.4', peerValue: theirs });
    }
    await embedded.close();
    await peer.close();
    return rows;
  } finally {
    etcd.process.kill();
    await new Promise((resolve) => etcd.process.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writesPerSecond(store: Store, parallel: number, count: number): Promise<number> {
  let next = 0;
  const started = performance.now();
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < count) {
      const key = `/bench/${parallel}/${next++}`;
      await store.transact([{ key, modRevision: 0 }], [{ type: 'put', key, value }]);
    }
  }));
  return (count / (performance.now() - started)) * 1000;
}

async function startEtcd(folder: string): Promise<{ process: ChildProcess; endpoint: string }> {
  const [client, peer] = [await freePort(), await freePort()];
  const endpoint = `http://127.0.0.1:${client}`;
  const child = spawn('etcd', [
    '--data-dir', folder, '--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', `http://127.0.0.1:${peer}`,
    '--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`, '--initial-cluster', `default=http://127.0.0.1:${peer}`,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('ready to serve client requests')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`etcd ended with ${code}: ${output}`)));
  });
  return { process: child, endpoint };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
