import * as assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { eventually, extension, nodeAt, podium, screenshot, treeLines } from './support';

const home = (): string => process.env.PODIUM_HOME ?? '';
const kubeconfig = (): string => process.env.KUBECONFIG ?? '';
const state = (): string => extension().exports.clusterState();
const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`podium.${command}`, ...args);
const name = 'contexts';
const local = { kind: 'local', name } as const;
const nodes = async (): Promise<{ name: string; state: string; ready: boolean }[]> =>
  (JSON.parse(await podium('status', '-o', 'json', '--name', name)) as { nodes: [] }).nodes;
const stateOf = async (node: string): Promise<string | undefined> =>
  (await nodes()).find((each) => each.name === node)?.state;

/** As soon as its file has been read. */
const choose = (context: string): Promise<void> =>
  eventually(async () => {
    await run('chooseCluster', { kind: 'context', name: context });
    assert.equal(extension().exports.selected()?.name, context);
  });

describe('clusters and contexts', () => {
  before(async function () {
    this.timeout(120_000);
    await vscode.commands.executeCommand('podium.cluster.focus');
    await run('newCluster', { name, nodes: 2, runtime: 'simulated' });
    await eventually(() => assert.equal(state(), 'connected'));
  });
  after(async function () {
    this.timeout(60_000);
    rmSync(kubeconfig(), { force: true });
    await run('removeCluster', { name, keep: false });
    await assert.rejects(podium('status', '--name', name), /there is no cluster/);
  });

  describe('nodes', () => {
    it('adds one and removes it', async () => {
      await run('addNode', 'extra');
      assert.deepEqual((await nodes()).map((node) => node.name), ['node-1', 'node-2', 'extra']);
      await eventually(async () => assert.ok((await treeLines('clusters', name, 'Nodes')).includes('extra: Ready')));
      await run('removeNode', 'extra');
      assert.deepEqual((await nodes()).map((node) => node.name), ['node-1', 'node-2']);
      await eventually(async () => assert.equal((await treeLines('clusters', name, 'Nodes')).length, 2));
    });

    it('stops one and starts it, and the tree tells', async () => {
      await run('stopNode', 'node-2');
      assert.equal(await stateOf('node-2'), 'stopped');
      await eventually(async () => assert.match((await treeLines('clusters', name, 'Nodes')).join(), /node-2: stopped · \w+/));
      await screenshot('node-stopped');
      await run('startNode', 'node-2');
      assert.equal(await stateOf('node-2'), 'running');
    });

    it('pauses several that are selected, and lets them go on', async () => {
      const selected = [await nodeAt('clusters', name, 'Nodes', 'node-1'), await nodeAt('clusters', name, 'Nodes', 'node-2')];
      await run('pauseNode', selected[0], selected);
      assert.deepEqual((await nodes()).map((node) => node.state), ['paused', 'paused']);
      await run('resumeNode', selected[0], selected);
      assert.deepEqual((await nodes()).map((node) => node.state), ['running', 'running']);
    });

    it('cuts one off and connects it again', async () => {
      await run('disconnectNode', 'node-1');
      assert.equal(await stateOf('node-1'), 'disconnected');
      await run('connectNode', 'node-1');
      assert.equal(await stateOf('node-1'), 'running');
    });

    it('tells in its own words what can not be done, and goes on', async () => {
      assert.equal(await run('stopNode', 'node-9'), undefined);
      assert.equal(state(), 'connected');
    });
  });

  describe('namespaces', () => {
    it('works in the one that is chosen', async () => {
      await run('chooseNamespace', 'kube-system');
      await eventually(async () =>
        assert.match((await treeLines('resources', 'Services', 'Services')).join(), /^kube-dns: ClusterIP/),
      );
      assert.ok((await treeLines('clusters', name, 'Namespaces')).includes('kube-system: current'));
    });

    it('shows all of them, and says which is which', async () => {
      await run('chooseNamespace', '');
      await eventually(async () => {
        const services = await treeLines('resources', 'Services', 'Services');
        assert.ok(services.some((line) => /^kubernetes: .* · default$/.test(line)), services.join('\n'));
        assert.ok(services.some((line) => /^kube-dns: .* · kube-system$/.test(line)), services.join('\n'));
      });
      await run('useNamespace', await nodeAt('clusters', name, 'Namespaces', 'default'));
      await eventually(async () => assert.equal((await treeLines('resources', 'Services', 'Services')).length, 1));
    });
  });

  describe('a reset', () => {
    it('makes the cluster anew, as large and empty', async function () {
      this.timeout(60_000);
      await podium('apply', '-f', join(workspace(), 'web.yaml'), '--name', name);
      await eventually(async () => assert.ok((await treeLines('resources', 'Workloads', 'Deployments'))[0]?.startsWith('web')));
      await run('resetCluster', { name, keep: false });
      assert.equal(state(), 'connected');
      assert.equal((await nodes()).length, 2);
      await eventually(async () => assert.deepEqual(await treeLines('resources', 'Workloads', 'Deployments'), ['None']));
    });
  });

  describe('the kubeconfig of a cluster', () => {
    it('is merged into the one of the user, where it is not shown twice', async () => {
      await run('mergeKubeconfig');
      assert.match(readFileSync(kubeconfig(), 'utf8'), new RegExp(`current-context: podium-${name}`));
      await eventually(async () => assert.equal((await treeLines('clusters')).length, 1));
    });
  });

  describe('contexts', () => {
    it('are listed when their file changes, and not connected to', async () => {
      writeFileSync(kubeconfig(), contextsFile({ other: { server: 'https://127.0.0.1:1' } }));
      await eventually(async () => assert.ok((await treeLines('clusters')).includes('other: https://127.0.0.1:1')));
      assert.equal(state(), 'connected');
      assert.equal(extension().exports.selected()?.name, name);
    });

    it('connect like any cluster, by a program that signs in', async () => {
      const program = join(home(), 'sign-in.sh');
      const { client } = credentialsOf(name);
      writeFileSync(join(home(), 'credential.json'), JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: client }));
      writeFileSync(program, `#!/bin/sh\ncat ${join(home(), 'credential.json')}\n`);
      chmodSync(program, 0o755);
      writeFileSync(kubeconfig(), contextsFile({ signed: { ...clusterOf(name), exec: program, namespace: 'kube-public' } }));
      await choose('signed');
      await eventually(() => assert.equal(state(), 'connected'));
      await eventually(async () =>
        assert.ok((await treeLines('clusters', 'signed', 'Namespaces')).includes('kube-public: current')),
      );
      await run('copyKubeconfig');
      await eventually(async () => assert.match(await vscode.env.clipboard.readText(), /current-context: signed/));
    });
  });

  describe('what can not be used', () => {
    const shows = async (context: string, words: RegExp): Promise<void> => {
      await choose(context);
      await eventually(() => assert.equal(state(), 'unreachable'));
      const lines = await treeLines('clusters');
      assert.match(lines.find((line) => line.startsWith(context)) ?? '', words);
    };

    it('a file that is not YAML takes nothing from the others', async () => {
      writeFileSync(kubeconfig(), 'clusters: [\n  token: "sec');
      await eventually(async () => {
        const lines = await treeLines('clusters');
        assert.match(lines.join('\n'), /kubeconfig can't be read: .*not YAML/);
        assert.doesNotMatch(lines.join('\n'), /sec/);
      });
      await screenshot('kubeconfig-broken');
    });

    it('a certificate that is not there is named', async () => {
      writeFileSync(kubeconfig(), contextsFile({ bare: { ...clusterOf(name), 'client-certificate': '/nowhere/client.crt' } }));
      await shows('bare', /kubeconfig broken/);
      assert.match((await treeLines('clusters', 'bare')).join(), /\/nowhere\/client\.crt/);
    });

    it('a program that is not there is named', async () => {
      writeFileSync(kubeconfig(), contextsFile({ cloud: { ...clusterOf(name), exec: 'no-such-cloud-login' } }));
      await shows('cloud', /sign-in failed/);
      assert.match((await treeLines('clusters', 'cloud')).join(), /no-such-cloud-login/);
    });

    it('a certificate that is not trusted is told from a server that is down', async () => {
      const { server } = clusterOf(name);
      writeFileSync(kubeconfig(), contextsFile({ strange: { server }, down: { server: 'https://127.0.0.1:1' } }));
      await shows('strange', /wrong certificate/);
      await shows('down', /connection refused/);
      await screenshot('unreachable');
    });

    it('what answers but is no API server does no harm, nor do names with odd characters', async () => {
      const server = await listen((_request, response) => response.writeHead(200).end('<html>hello</html>'));
      const odd = 'arn:aws:eks:eu/1 "prod" `x` <b> ü';
      const { port } = server.address() as AddressInfo;
      writeFileSync(kubeconfig(), contextsFile({ [odd]: { server: `http://127.0.0.1:${port}` } }));
      await choose(odd);
      await eventually(() => assert.equal(state(), 'unreachable'));
      assert.match((await treeLines('clusters')).join('\n'), /not a cluster/);
      await screenshot('odd-names');
      server.close();
    });

    it('is left for a cluster that can be', async () => {
      await run('chooseCluster', local);
      await eventually(() => assert.equal(state(), 'connected'));
    });
  });

  describe('a runtime that is killed while the tree is open', () => {
    it('is noticed, and what comes back is shown where it was', async function () {
      this.timeout(60_000);
      await eventually(async () => assert.equal((await treeLines('resources', 'Services', 'Services')).length, 1));
      const { pid } = JSON.parse(readFileSync(join(home(), 'clusters', name, 'daemon.json'), 'utf8')) as { pid: number };
      process.kill(pid, 'SIGKILL');
      await eventually(() => assert.equal(state(), 'stopped'));
      await screenshot('killed');
      await podium('up', '--wait', '--name', name);
      await eventually(() => assert.equal(state(), 'connected'));
      await eventually(async () => assert.match((await treeLines('resources', 'Services', 'Services')).join(), /^kubernetes/));
    });
  });
});

function workspace(): string {
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
}

interface ContextFacts {
  server: string;
  ca?: string;
  namespace?: string;
  exec?: string;
  'client-certificate'?: string;
}

/** A kubeconfig, as JSON, which is YAML too. */
function contextsFile(contexts: Record<string, ContextFacts>): string {
  const entries = Object.entries(contexts);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(([key, { server, ca }]) => ({
      name: key,
      cluster: { server, ...(ca && { 'certificate-authority-data': ca }) },
    })),
    users: entries.map(([key, { exec, ...rest }]) => ({
      name: key,
      user: {
        ...(exec && { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: exec, interactiveMode: 'Never' } }),
        ...(rest['client-certificate'] && { 'client-certificate': rest['client-certificate'] }),
      },
    })),
    contexts: entries.map(([key, { namespace }]) => ({
      name: key,
      context: { cluster: key, user: key, ...(namespace && { namespace }) },
    })),
  });
}

/** Of a local cluster's kubeconfig, at another name of the same address: an own cluster is not listed among the contexts. */
function clusterOf(cluster: string): { server: string; ca: string } {
  const text = readFileSync(join(home(), 'clusters', cluster, 'kubeconfig'), 'utf8');
  const field = (key: string): string => new RegExp(`${key}: (\\S+)`).exec(text)?.[1] ?? '';
  return { server: field('server').replace('127.0.0.1', 'localhost'), ca: field('certificate-authority-data') };
}

function credentialsOf(cluster: string): { client: { clientCertificateData: string; clientKeyData: string } } {
  const text = readFileSync(join(home(), 'clusters', cluster, 'kubeconfig'), 'utf8');
  const pem = (key: string): string => Buffer.from(new RegExp(`${key}: (\\S+)`).exec(text)?.[1] ?? '', 'base64').toString();
  return { client: { clientCertificateData: pem('client-certificate-data'), clientKeyData: pem('client-key-data') } };
}

function listen(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handler ?? (() => {}));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
