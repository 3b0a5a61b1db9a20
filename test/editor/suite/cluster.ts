import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { eventually, screenshot } from './support';

const extension = (): vscode.Extension<unknown> => {
  const found = vscode.extensions.getExtension('podium.podium');
  assert.ok(found, 'the extension is not there');
  return found;
};

/** What the cluster itself says, by the bundled command. */
async function podium(...args: string[]): Promise<string> {
  const name = vscode.workspace.getConfiguration('podium').get('cluster.name', '');
  const program = vscode.Uri.joinPath(extension().extensionUri, 'dist/podium/lib/podium.js').fsPath;
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--name', name], { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
  return stdout;
}

describe('the cluster in the editor', () => {
  it('activates without starting anything', async () => {
    await extension().activate();
    assert.ok(extension().isActive);
    await assert.rejects(podium('status'), /there is no cluster/);
  });

  it('starts a cluster by command', async function () {
    this.timeout(120_000);
    await vscode.commands.executeCommand('podium.cluster.focus');
    await vscode.commands.executeCommand('podium.startCluster');
    const report = JSON.parse(await podium('status', '-o', 'json')) as { phase: string; nodes: { ready: boolean }[] };
    assert.equal(report.phase, 'ready');
    assert.deepEqual(report.nodes.map(({ ready }) => ready), [true, true, true]);
    await screenshot('cluster-started');
  });

  it('deploys the open manifest', async () => {
    const [file] = await vscode.workspace.findFiles('web.yaml');
    await vscode.window.showTextDocument(file as vscode.Uri);
    await vscode.commands.executeCommand('podium.deploy');
    await eventually(async () => assert.match(await podium('get', 'pods'), /^web-\S+\s+1\/1\s+Running/m));
    await screenshot('manifest-deployed');
  });

  it('goes on with the cluster that another window started', async () => {
    await vscode.commands.executeCommand('podium.startCluster');
    const report = JSON.parse(await podium('status', '-o', 'json')) as { phase: string };
    assert.equal(report.phase, 'ready');
  });
});
