import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeJson } from '../files';
import { clusterPaths } from '../../client/podium-home';
import { takeLock } from '../lock';
import { ControlClient, DaemonError, findDaemon } from './control-client';
import { type ClusterControl, ControlError, type ControlServer, serveControl } from './control-server';
import { type ClusterReport, protocolVersion } from './protocol';

const report: ClusterReport = {
  name: 'podium', runtime: 'simulated', phase: 'ready', message: 'ready', kubeconfig: '/k', dataDir: '/d', pid: 1, nodes: [], loadBalancers: [], timings: {},
};
let calls: string[];
let server: ControlServer;
let client: ControlClient;
const record = () => ({ protocol: protocolVersion, pid: process.pid, port: server.port, token: server.token, version: '1' });

beforeEach(async () => {
  calls = [];
  const control: ClusterControl = {
    report: () => report,
    addNode: async ({ name }) => name ?? 'node-4',
    removeNode: async (name) => {
      throw new ControlError(`there is no node "${name}"`, 404);
    },
    changeNode: async (name, action) => void calls.push(`${action} ${name}`),
    hold: (end) => {
      calls.push(`hold ${end}`);
      return () => void calls.push('released');
    },
    shutdown: async ({ keep }) => void calls.push(`shutdown ${keep}`),
  };
  server = await serveControl(control);
  client = new ControlClient(record());
});
afterEach(() => server.close());

describe('the daemon\'s door', () => {
  it('carries reports, node changes and the end', async () => {
    expect(await client.report()).toEqual(report);
    expect(await client.addNode({})).toBe('node-4');
    await client.changeNode('node-1', 'pause');
    await client.shutdown({ keep: true });
    expect(calls).toEqual(['pause node-1', 'shutdown true']);
  });

  it('gives the daemon\'s own words for what can\'t be done', async () => {
    await expect(client.removeNode('node-9')).rejects.toThrow(new DaemonError('there is no node "node-9"'));
    await expect(client.changeNode('node-1', 'explode' as never)).rejects.toThrow(DaemonError);
  });

  it('is shut without the token', async () => {
    await expect(new ControlClient({ ...record(), token: 'guess' }).report()).rejects.toThrow('unauthorized');
  });

  it('holds a cluster for as long as a window is there', async () => {
    const headers = { authorization: `Bearer ${server.token}` };
    const open = get({ host: '127.0.0.1', port: server.port, path: '/hold?end=true', headers });
    await once(open, 'response');
    expect(calls).toEqual(['hold true']);
    open.on('error', () => {}).destroy();
    await expect.poll(() => calls).toEqual(['hold true', 'released']);
  });
});

describe('finding a daemon', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'podium-unit-'));
    process.env.PODIUM_HOME = home;
  });
  afterEach(() => {
    delete process.env.PODIUM_HOME;
    rmSync(home, { recursive: true, force: true });
  });

  it('finds one that lives, ignores one that is gone, refuses one of another protocol', () => {
    expect(findDaemon('a')).toBeUndefined();
    writeJson(clusterPaths('a').daemon, record());
    expect(findDaemon('a')).toBeUndefined();
    takeLock(clusterPaths('a').lock);
    expect(findDaemon('a')?.pid).toBe(process.pid);
    writeJson(clusterPaths('b').daemon, { ...record(), pid: 999_999_999 });
    expect(findDaemon('b')).toBeUndefined();
    writeJson(clusterPaths('c').daemon, { ...record(), protocol: 0 });
    takeLock(clusterPaths('c').lock);
    expect(() => findDaemon('c')).toThrow('this version can\'t talk to');
  });
});
