import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity } from '../../runtime/process-identity';
import { KubeconfigFiles } from './kubeconfig-files';
import { LocalClusters } from './local-clusters';
import { PathWatcher } from './path-watcher';

let home: string;
let changes: number;
const closers: (() => void)[] = [];
const changed = (): void => void changes++;
const keep = <T extends { dispose(): void }>(watching: T): T => {
  closers.push(() => watching.dispose());
  return watching;
};

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'podium-unit-'));
  changes = 0;
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(home, { recursive: true, force: true });
});

describe('watching paths', () => {
  it('hears of a file that is made in folders that were not there, and of its replacement', async () => {
    const file = join(home, 'a/b/config');
    keep(new PathWatcher(changed)).watch([file]);
    mkdirSync(join(home, 'a/b'), { recursive: true });
    await expect.poll(() => changes).toBeGreaterThan(0);
    changes = 0;
    writeFileSync(file, 'one');
    await expect.poll(() => changes).toBeGreaterThan(0);
    changes = 0;
    writeFileSync(`${file}.tmp`, 'two');
    renameSync(`${file}.tmp`, file);
    await expect.poll(() => changes).toBeGreaterThan(0);
  });

  it('hears of a change to what a link leads to, and not of other files', async () => {
    mkdirSync(join(home, 'real'));
    writeFileSync(join(home, 'real/config'), 'one');
    symlinkSync(join(home, 'real/config'), join(home, 'link'));
    keep(new PathWatcher(changed)).watch([join(home, 'link')]);
    writeFileSync(join(home, 'other'), 'x');
    writeFileSync(join(home, 'real/config'), 'two');
    await expect.poll(() => changes).toBe(1);
  });
});

describe('the clusters of this machine', () => {
  const folder = (name: string): string => join(home, 'clusters', name);
  const make = (name: string): void => {
    mkdirSync(folder(name), { recursive: true });
    const nodes = [{ name: 'node-1', state: 'running' }];
    writeFileSync(join(folder(name), 'cluster.json'), JSON.stringify({ runtime: 'simulated', nodes }));
  };
  const start = (name: string): void => {
    writeFileSync(join(folder(name), 'kubeconfig'), '');
    writeFileSync(join(folder(name), 'daemon.lock'), JSON.stringify(ownIdentity()));
    writeFileSync(join(folder(name), 'daemon.json'), JSON.stringify({ pid: process.pid, port: 1, token: 't' }));
  };

  it('are known from their files, and followed as they start and go', async () => {
    const clusters = keep(new LocalClusters(changed, home));
    expect(clusters.list()).toEqual([]);
    make('a');
    await expect.poll(() => clusters.get('a')?.config?.nodes[0]?.state).toBe('running');
    expect(clusters.get('a')?.daemon).toBeUndefined();
    start('a');
    await expect.poll(() => clusters.get('a')?.daemon?.pid).toBe(process.pid);
    rmSync(join(folder('a'), 'daemon.json'));
    await expect.poll(() => clusters.get('a')?.daemon).toBeUndefined();
    rmSync(folder('a'), { recursive: true });
    await expect.poll(() => clusters.list()).toEqual([]);
  });

  it('do not run when their process is gone or another has its id', () => {
    make('a');
    start('a');
    writeFileSync(join(folder('a'), 'daemon.lock'), JSON.stringify({ pid: process.pid, started: '1' }));
    make('b');
    writeFileSync(join(folder('b'), 'cluster.json'), '{ broken');
    const clusters = keep(new LocalClusters(changed, home));
    if (process.platform === 'linux') expect(clusters.get('a')?.daemon).toBeUndefined();
    expect(clusters.get('b')).toMatchObject({ name: 'b' });
    expect(clusters.get('b')?.config).toBeUndefined();
  });
});

describe('kubeconfig files', () => {
  const context = (name: string): string =>
    JSON.stringify({
      'current-context': name,
      clusters: [{ name, cluster: { server: `https://${name}` } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: 'shop' } }],
      users: [{ name, user: { token: 'very-secret' } }],
    });

  it('are merged, the first naming the current context; one that is broken is told and left out', async () => {
    const [first, second, third] = ['one', 'two', 'three'].map((leaf) => join(home, leaf)) as [string, string, string];
    writeFileSync(first, context('a'));
    writeFileSync(second, 'users: [ token: very-secret');
    writeFileSync(third, context('b'));
    const files = keep(new KubeconfigFiles(changed, () => [first, second, third]));
    expect(files.contexts()).toEqual([
      { name: 'b', cluster: 'b', server: 'https://b', namespace: 'shop', file: third, current: false },
      { name: 'a', cluster: 'a', server: 'https://a', namespace: 'shop', file: first, current: true },
    ]);
    expect(files.problems.map(({ source }) => source)).toEqual([second]);
    expect(JSON.stringify([files.contexts(), files.problems.map(({ message }) => message)])).not.toContain('very-secret');
    writeFileSync(second, context('c'));
    await expect.poll(() => files.contexts().map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
    expect(files.problems).toEqual([]);
  });
});
