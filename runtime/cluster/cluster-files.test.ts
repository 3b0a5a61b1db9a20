import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterConfig, nextNodeName } from './config';
import { engineAddress } from './engine';
import { readJson, StateFileError, writeFileAtomic, writeJson } from './files';
import { LockedError, lockHolder, takeLock } from './lock';
import * as z from 'zod';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'podium-unit-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = {
  version: 1, name: 'podium', dataDir: '/x', runtime: 'docker', port: 0, store: { type: 'embedded' }, nodeCpu: '2', nodeMemory: '4Gi', nodes: [],
};

describe('the cluster configuration', () => {
  it.each([
    [{ name: 'Podium' }, 'name'],
    [{ name: 'a'.repeat(41) }, 'name'],
    [{ nodeCpu: '-1' }, 'nodeCpu'],
    [{ nodeMemory: '4Gb' }, 'nodeMemory'],
    [{ port: 70000 }, 'port'],
    [{ store: { type: 'etcd', servers: [] } }, 'store'],
  ])('refuses %j', (change, field) => {
    const result = clusterConfig.safeParse({ ...config, ...change });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });

  it('names new nodes by the first free number', () => {
    expect(nextNodeName([{ name: 'node-1', cpu: '1', memory: '1Gi', state: 'running' }, { name: 'node-3', cpu: '1', memory: '1Gi', state: 'running' }])).toBe('node-2');
  });
});

describe('state files', () => {
  it('are replaced whole and only the user may read them', () => {
    const file = join(folder, 'deep/state.json');
    writeJson(file, { a: 1 });
    writeFileAtomic(file, '{"a": 2}');
    expect(readJson(file, z.object({ a: z.number() }))).toEqual({ a: 2 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['state.json']);
  });

  it('that are damaged are named, with the field', () => {
    const file = join(folder, 'state.json');
    writeFileSync(file, '{');
    expect(() => readJson(file, z.object({}))).toThrow(StateFileError);
    writeFileSync(file, '{"a": "x"}');
    expect(() => readJson(file, z.object({ a: z.number() }))).toThrow(`${file}: a: `);
    expect(readJson(join(folder, 'none.json'), z.object({}))).toBeUndefined();
  });
});

describe('the lock', () => {
  it('is held once, given back, and taken over from a process that is gone', () => {
    const file = join(folder, 'lock');
    const release = takeLock(file);
    expect(lockHolder(file)).toBe(process.pid);
    release();
    writeFileSync(file, '{"pid": 1}');
    expect(() => takeLock(file)).toThrow(LockedError);
    writeFileSync(file, '{"pid": 999999999}');
    takeLock(file)();
    // The system gave the id of a process that is gone to another one.
    writeFileSync(file, '{"pid": 1, "started": "-1"}');
    takeLock(file)();
    expect(lockHolder(file)).toBeUndefined();
  });
});

describe('the engine address', () => {
  it('is DOCKER_HOST, or the context\'s, or the default socket', () => {
    expect(engineAddress({ DOCKER_HOST: 'tcp://10.0.0.1:2375' })).toBe('tcp://10.0.0.1:2375');
    expect(engineAddress({ DOCKER_CONFIG: folder })).toBe('unix:///var/run/docker.sock');
    writeFileSync(join(folder, 'config.json'), '{"currentContext":"colima"}');
    expect(() => engineAddress({ DOCKER_CONFIG: folder })).toThrow('the Docker context "colima" has no endpoint');
    const id = 'f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16';
    writeFileAtomic(join(folder, 'contexts/meta', id, 'meta.json'), '{"Endpoints":{"docker":{"Host":"unix:///colima.sock"}}}');
    expect(readFileSync(join(folder, 'contexts/meta', id, 'meta.json'), 'utf8')).toContain('colima');
    expect(engineAddress({ DOCKER_CONFIG: folder })).toBe('unix:///colima.sock');
  });
});
