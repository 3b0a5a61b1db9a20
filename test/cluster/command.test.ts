import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ClusterReport } from '../../runtime/cluster/control/protocol';
import { type CommandResult, kubectlPath, run } from '../support/test-cluster';

const program = resolve('dist/podium/lib/podium.js');

describe('the command podium', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let blocker: Server;
  let takenPort: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podium-command-'));
    env = { ...process.env, PODIUM_HOME: join(folder, 'home'), HOME: folder, KUBECONFIG: '' };
    blocker = createServer();
    await new Promise<void>((ready) => blocker.listen(0, '127.0.0.1', ready));
    takenPort = (blocker.address() as AddressInfo).port;
  });
  afterAll(async () => {
    for (const name of ['one', 'two']) await podium('down', '--name', name);
    blocker.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const podium = (...args: string[]): Promise<CommandResult> => run(process.execPath, [program, ...args], env);
  const up = (name: string, ...args: string[]): Promise<CommandResult> =>
    podium('up', '--name', name, '--runtime', 'simulated', '--nodes', '1', ...args);
  const report = async (name: string): Promise<ClusterReport> =>
    JSON.parse((await podium('status', '--name', name, '-o', 'json')).stdout) as ClusterReport;
  const kubectl = async (kubeconfig: string, ...args: string[]): Promise<string> =>
    (await run(kubectlPath(), ['--kubeconfig', kubeconfig, ...args], env)).stdout.trim();
  const contexts = (file: string): string[] =>
    (parse(readFileSync(file, 'utf8')) as { contexts?: { name: string }[] }).contexts?.map(({ name }) => name) ?? [];

  it('says what is wrong with a first start in one line, and leaves nothing of it', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const refused: [string[], string][] = [
      [['--port', String(takenPort)], `port ${takenPort} is taken by another program`],
      [['--data-dir', join(file, 'x')], 'ENOTDIR'],
      [['--store', 'etcd', '--etcd-servers', 'http://127.0.0.1:1'], 'http://127.0.0.1:1'],
      [['--node-cpu', '2z'], '--node-cpu: must be a quantity above zero'],
      [['--store', 'etcd'], '--store etcd needs --etcd-servers'],
    ];
    for (const [flags, message] of refused) {
      const { code, stderr } = await up('bad', ...flags);
      expect(code).toBe(1);
      const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain(message);
      expect(stderr).not.toMatch(/^ +at /m);
      expect(existsSync(join(folder, 'home/clusters/bad'))).toBe(false);
    }
  });

  it('keeps to its own in a data folder and a kubeconfig of the user', async () => {
    const data = join(folder, 'data');
    const kubeconfig = join(folder, 'config.yaml');
    mkdirSync(data);
    writeFileSync(join(data, 'diary.txt'), 'mine');
    const own = 'apiVersion: v1\nkind: Config\n# of the user\ncontexts:\n- name: work\n  context: {cluster: work, user: work}\n' +
      'clusters:\n- name: work\n  cluster: {server: "https://127.0.0.1:1"}\nusers:\n- name: work\n  user: {token: x}\n';
    writeFileSync(kubeconfig, own);
    const started = await up('own', '--data-dir', data, '--kubeconfig', kubeconfig);
    expect(started.stderr).toContain('cluster "own" is up');
    expect(contexts(kubeconfig)).toEqual(['work', 'podium-own']);
    expect(readdirSync(data).sort()).toEqual(['diary.txt', 'pki', 'store']);
    expect((await podium('down', '--name', 'own')).code).toBe(0);
    expect(contexts(kubeconfig)).toEqual(['work']);
    expect(readFileSync(kubeconfig, 'utf8')).toContain('# of the user');
    expect(readdirSync(data)).toEqual(['diary.txt']);
  });

  it('runs several clusters side by side, each found by its name', async () => {
    await Promise.all([up('one', '--wait'), up('two', '--data-dir', join(folder, 'elsewhere'), '--wait')]);
    const [one, two] = await Promise.all([report('one'), report('two')]);
    expect([one.phase, two.phase]).toEqual(['ready', 'ready']);
    expect(one.server).not.toBe(two.server);
    const again = await up('two');
    expect(again.stderr).toContain('cluster "two" was running');
    expect((await report('two')).pid).toBe(two.pid);
    await kubectl(one.kubeconfig, 'create', 'configmap', 'of-one');
    expect(await kubectl(two.kubeconfig, 'get', 'configmap', 'of-one', '--ignore-not-found')).toBe('');
  });

  it('refuses settings that an existing cluster can not change', async () => {
    const refused = [['--nodes', '2'], ['--node-cpu', '4'], ['--data-dir', folder], ['--runtime', 'docker'], ['--store', 'etcd']];
    for (const flags of refused) {
      const { code, stderr } = await podium('up', '--name', 'one', ...flags);
      expect(code).toBe(1);
      expect(stderr).toContain(`error: cluster "one" exists with ${flags[0]} `);
    }
  });

  it('keeps port, objects and certificate over a stop and over a crash', async () => {
    const before = await report('one');
    await podium('down', '--keep', '--name', 'one');
    expect((await podium('status', '--name', 'one')).stdout).toBe('Cluster "one" is stopped; "podium up --name one" continues it.\n');
    await podium('up', '--name', 'one');
    const kept = await report('one');
    expect(kept.server).toBe(before.server);
    process.kill(kept.pid, 'SIGKILL');
    await podium('up', '--name', 'one', '--wait');
    expect((await report('one')).server).toBe(before.server);
    expect(await kubectl(before.kubeconfig, 'get', 'configmap', 'of-one', '-o', 'name')).toBe('configmap/of-one');
  });

  it('prints a kubeconfig, and changes the user\'s only when told to', async () => {
    const printed = await podium('kubeconfig', '--name', 'one');
    expect(printed.stdout).toBe(readFileSync((await report('one')).kubeconfig, 'utf8'));
    const file = join(folder, '.kube/config');
    expect(existsSync(file)).toBe(false);
    await podium('kubeconfig', '--merge', '--name', 'one');
    await podium('kubeconfig', '--merge', '--name', 'two');
    expect(contexts(file)).toEqual(['podium-one', 'podium-two']);
    expect(await kubectl(file, 'config', 'current-context')).toBe('podium-two');
    expect(await kubectl(file, '--context', 'podium-one', 'get', 'configmap', 'of-one', '-o', 'name')).toBe('configmap/of-one');
  });

  it('says which clusters and nodes there are when it is asked for another', async () => {
    expect((await podium('status', '--name', 'three')).stderr).toBe('error: there is no cluster "three"; there are: one, two\n');
    expect((await podium('node', 'stop', 'node-9', '--name', 'one')).stderr).toContain('error: there is no node "node-9"; the cluster has node-1\n');
    expect((await podium('get', 'gadgets', '--name', 'one')).stderr).toContain('the server doesn\'t have a resource type "gadgets"');
  });

  it('removes all clusters at once, also one whose process was killed', async () => {
    process.kill((await report('two')).pid, 'SIGKILL');
    const { code } = await podium('down', '--all');
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'home/clusters'))).toBe(false);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });
});
