import * as assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as vscode from 'vscode';
import { eventually, extension, openFile, podium, screenshot, treeLines, workbench } from './support';

interface Report {
  phase: string;
  nodes: { ready: boolean }[];
}

const status = async (): Promise<Report> => JSON.parse(await podium('status', '-o', 'json')) as Report;
const clusterName = (): string => vscode.workspace.getConfiguration('podium').get('cluster.name', '');
const state = (): string => extension().exports.clusterState();

describe('the cluster in the editor', () => {
  it('activates without starting or asking anything', async () => {
    await extension().activate();
    // Where manifests were opened before, it has looked for a cluster, in files alone.
    assert.ok(['unknown', 'none'].includes(state()), state());
    assert.deepEqual(readdirSync(process.env.PODIUM_HOME ?? ''), []);
    await assert.rejects(podium('status'), /there is no cluster/);
  });

  it('registers every command that it contributes', async () => {
    const { commands } = (extension().packageJSON as { contributes: { commands: { command: string }[] } }).contributes;
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      commands.map(({ command }) => command).filter((name) => !registered.has(name)),
      [],
    );
  });

  it('offers to start a cluster where none runs', async () => {
    await vscode.commands.executeCommand('podium.cluster.focus');
    await eventually(() => assert.equal(state(), 'none'));
    assert.deepEqual(await treeLines('clusters'), []);
    assert.deepEqual(await treeLines('resources'), []);
    await screenshot('welcome');
  });

  it('starts a cluster by command and shows its nodes', async function () {
    this.timeout(120_000);
    await vscode.commands.executeCommand('podium.startCluster');
    const report = await status();
    assert.equal(report.phase, 'ready');
    assert.deepEqual(
      report.nodes.map(({ ready }) => ready),
      [true, true, true],
    );
    const name = clusterName();
    await eventually(async () =>
      assert.deepEqual(await treeLines('clusters', name, 'Nodes'), ['node-1: Ready', 'node-2: Ready', 'node-3: Ready']),
    );
    await eventually(async () => assert.ok((await treeLines('clusters', name)).includes('Nodes: 3/3')));
    await eventually(async () =>
      assert.deepEqual(await treeLines('clusters', name, 'Namespaces'), [
        'default: current',
        'kube-node-lease',
        'kube-public',
        'kube-system',
      ]),
    );
    await eventually(async () =>
      assert.deepEqual(await treeLines('resources', 'Services', 'Services'), [
        'kubernetes: ClusterIP · 10.96.0.1 · 443/TCP',
      ]),
    );
    await screenshot('cluster-started');
  });

  it('deploys the open manifest, and the tree follows', async () => {
    await openFile('web.yaml');
    const result = await vscode.commands.executeCommand('podium.deploy');
    assert.deepEqual(result, { applied: ['Deployment web', 'Service web'], failures: [] });
    await eventually(async () => assert.match(await podium('get', 'pods'), /^web-\S+\s+1\/1\s+Running/m));
    await eventually(async () =>
      assert.deepEqual(await treeLines('resources', 'Workloads', 'Deployments'), ['web: 2/2']),
    );
    const replicaSets = await eventually(async () => {
      const lines = await treeLines('resources', 'Workloads', 'Deployments', 'web');
      assert.match(lines.join(), /^web-[0-9a-f]+: 2\/2$/);
      return lines;
    });
    await eventually(async () => {
      const pods = await treeLines('resources', 'Workloads', 'Deployments', 'web', replicaSets[0]?.split(':')[0] ?? '');
      assert.equal(pods.filter((line) => /^web-\S+: Running · 1\/1$/.test(line)).length, 2, pods.join('\n'));
    });
    await eventually(async () =>
      assert.deepEqual(
        (await treeLines('resources', 'Services', 'Services', 'web'))
          .map((line) => line.replace(/^web-\S+: \S+ · ready · node-\d$/, 'ready'))
          .sort(),
        ['ready', 'ready'],
      ),
    );
    await screenshot('manifest-deployed');
    const rows = (await workbench({ text: '[id="workbench.view.extension.podium"] .monaco-list-row' }))?.text;
    if (rows) assert.ok(rows.some((row) => /Workloads/.test(row)), rows.join('\n'));
  });

  it('says what the API server has against a manifest, and applies the rest', async () => {
    await openFile('half.yaml');
    const result = await vscode.commands.executeCommand<{ applied: string[]; failures: string[] }>('podium.deploy');
    assert.deepEqual(result.applied, ['ConfigMap good']);
    assert.equal(result.failures.length, 1);
    assert.match(
      result.failures[0] ?? '',
      /^ConfigMap "Bad" is invalid: metadata\.name: Invalid value: "Bad": a lowercase RFC 1123/,
    );
    await screenshot('deploy-refused');
    await vscode.commands.executeCommand('notifications.clearAll');
  });

  it('goes on with the cluster that another window started', async () => {
    await vscode.commands.executeCommand('podium.startCluster');
    assert.equal((await status()).phase, 'ready');
    assert.equal(state(), 'connected');
  });

  it('notices that the cluster was stopped elsewhere', async () => {
    await podium('down', '--keep');
    await eventually(() => assert.equal(state(), 'stopped'));
    assert.deepEqual(await treeLines('resources'), []);
  });

  it('finds the cluster that was started elsewhere, with its objects', async () => {
    await podium('up', '--wait');
    await eventually(() => assert.equal(state(), 'connected'));
    await eventually(async () => {
      const pods = await treeLines('resources', 'Workloads', 'Pods');
      assert.equal(pods.filter((line) => /^web-\S+: Running · 1\/1$/.test(line)).length, 2, pods.join('\n'));
    });
  });

  it('copies a kubeconfig that names the server', async () => {
    await vscode.commands.executeCommand('podium.copyKubeconfig');
    const copied = await eventually(async () => {
      const text = await vscode.env.clipboard.readText();
      assert.match(text, /certificate-authority-data/);
      return text;
    });
    assert.equal(copied, await podium('kubeconfig'));
  });

  it('removes the cluster by command, without a trace', async () => {
    await vscode.commands.executeCommand('podium.stopCluster', { keep: false });
    assert.equal(state(), 'none');
    await assert.rejects(podium('status'), /there is no cluster/);
  });
});
