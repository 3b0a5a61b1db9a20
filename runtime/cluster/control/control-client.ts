import { request } from 'node:http';
import type { z } from 'zod';
import { readJson } from '../files';
import { clusterPaths } from '../../client/podium-home';
import { lockHolder } from '../lock';
import { type AddNodeRequest, type ClusterReport, clusterReport, type DaemonRecord, daemonRecord, type NodeAction, protocolVersion } from './protocol';

/** The daemon refused; `message` is its own words. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
}

/** The daemon of a cluster that runs, or undefined when none does. Throws when it speaks another protocol version. */
export function findDaemon(cluster: string): ControlClient | undefined {
  const { daemon, lock } = clusterPaths(cluster);
  const record = readJson(daemon, daemonRecord);
  if (!record || lockHolder(lock) !== record.pid) return undefined;
  if (record.protocol !== protocolVersion) {
    throw new DaemonError(
      `cluster "${cluster}" is run by Podium ${record.version}, which this version can't talk to: stop it with that version, or end process ${record.pid}`,
    );
  }
  return new ControlClient(record);
}

/** The control protocol's client side. */
export class ControlClient {
  constructor(private readonly record: DaemonRecord) {}

  get pid(): number {
    return this.record.pid;
  }

  async report(): Promise<ClusterReport> {
    return clusterReport.parse(await this.call('GET', '/report'));
  }

  async addNode(node: AddNodeRequest): Promise<string> {
    return ((await this.call('POST', '/nodes', node)) as { name: string }).name;
  }

  async removeNode(name: string): Promise<void> {
    await this.call('DELETE', `/nodes/${encodeURIComponent(name)}`);
  }

  async changeNode(name: string, action: NodeAction): Promise<void> {
    await this.call('POST', `/nodes/${encodeURIComponent(name)}/${action}`);
  }

  async shutdown(options: { keep: boolean }): Promise<void> {
    await this.call('POST', '/shutdown', options);
  }

  private call(method: string, path: string, body?: z.core.util.JSONType | object): Promise<unknown> {
    const { port, token } = this.record;
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, method, path, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => {
          const value = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { error?: string };
          if (response.statusCode === 200) resolve(value);
          else reject(new DaemonError(value.error ?? `the daemon answered ${response.statusCode}`));
        });
      });
      outgoing.on('error', reject).end(body ? JSON.stringify(body) : undefined);
    });
  }
}
