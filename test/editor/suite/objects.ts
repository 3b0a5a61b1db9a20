import * as assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { busybox, ensureBusybox } from '../../support/images';
import { eventually, extension, nodeAt, onCodeServer, pictures, screenshot, treeLines, workbench } from './support';

const cluster = `editor-docker-${process.pid}`;

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: ${busybox}
        command: [sh, -c, 'mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www']
        ports: [{ name: http, containerPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
`;

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' };
const service = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'default' };

/** Every command on a real cluster of Docker nodes; what it did is asked of the cluster. */
describe('objects in the editor', () => {
  let folder: string;
  let podOfWeb: { apiVersion: string; kind: string; name: string; namespace: string };

  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), 'podium-editor-objects-'));
    ensureBusybox();
    await podium('up', '--runtime', 'docker', '--nodes', '1', '--wait');
    await extension().activate();
    await run('chooseCluster', { kind: 'local', name: cluster });
  });
  after(async () => {
    await run('stopForward');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await podium('down');
    rmSync(folder, { recursive: true, force: true });
  });

  const podium = async (...args: string[]): Promise<string> => {
    const program = vscode.Uri.joinPath(extension().extensionUri, 'dist/podium/lib/podium.js').fsPath;
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    return (
      await promisify(execFile)(process.execPath, [program, args[0] ?? '', '--name', cluster, ...args.slice(1)], {
        env,
      })
    ).stdout;
  };
  const run = <T>(name: string, ...args: unknown[]): Thenable<T> =>
    vscode.commands.executeCommand<T>(`podium.${name}`, ...args);
  const get = async <T>(...what: string[]): Promise<T> => JSON.parse(await podium('get', ...what, '-o', 'json')) as T;
  interface Web {
    spec: {
      replicas: number;
      template: { spec: { containers: { image: string }[] }; metadata: { annotations?: Record<string, string> } };
    };
    status: { readyReplicas?: number; updatedReplicas?: number; replicas?: number; observedGeneration?: number };
    metadata: { generation: number; labels?: Record<string, string> };
  }
  const web = (): Promise<Web> => get<Web>('deployment/web');
  /** All pods are of the newest template and ready, and none is on its way out. Names one of them. */
  const ready = (count: number): Promise<void> =>
    eventually(async () => {
      const { metadata, status } = await web();
      const { readyReplicas, updatedReplicas, replicas, observedGeneration } = status;
      assert.deepEqual([readyReplicas, updatedReplicas, replicas], [count, count, count]);
      assert.equal(observedGeneration, metadata.generation);
      interface Pods {
        items: { metadata: { name: string; deletionTimestamp?: string } }[];
      }
      const pods = (await get<Pods>('pods')).items.filter(({ metadata: { name } }) => name.startsWith('web-'));
      assert.ok(pods.length === count && pods.every(({ metadata: { deletionTimestamp } }) => !deletionTimestamp));
      podOfWeb = { apiVersion: 'v1', kind: 'Pod', name: pods[0]?.metadata.name ?? '', namespace: 'default' };
    }, 60_000);

  it('deploys a folder, and says which document it could not', async () => {
    writeFileSync(join(folder, 'a.yaml'), manifest);
    writeFileSync(
      join(folder, 'b.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Wrong_Name }\n---\nkind: ConfigMap\n',
    );
    const result = await run<{ applied: string[]; failures: string[] }>('deploy', vscode.Uri.file(folder));
    assert.deepEqual(result.applied, ['Deployment web', 'Service web']);
    assert.equal(result.failures.length, 2);
    assert.match(result.failures.join('\n'), /apiVersion not set/);
    assert.match(result.failures.join('\n'), /Wrong_Name/);
    await ready(2);
  });

  it('deploys a kustomization by its folder', async () => {
    const base = join(folder, 'kustomize');
    execFileSync('mkdir', ['-p', base]);
    writeFileSync(
      join(base, 'kustomization.yaml'),
      'namePrefix: my-\nconfigMapGenerator: [{ name: settings, literals: [a=b], options: { disableNameSuffixHash: true } }]\n',
    );
    const result = await run<{ applied: string[] }>('deploy', vscode.Uri.file(base));
    assert.deepEqual(result.applied, ['ConfigMap my-settings']);
  });

  it('scales, restarts, sets an image and rolls back', async function () {
    this.timeout(120_000);
    await run('scale', deployment, 3);
    await ready(3);
    await run('restart', deployment);
    await eventually(async () =>
      assert.ok((await web()).spec.template.metadata.annotations?.['kubectl.kubernetes.io/restartedAt']),
    );
    await run('setImage', deployment, 'web', `${busybox}-new`);
    assert.equal((await web()).spec.template.spec.containers[0]?.image, `${busybox}-new`);
    await run('rollBack', deployment, 1);
    await eventually(async () => assert.equal((await web()).spec.template.spec.containers[0]?.image, busybox));
    await ready(3);
  });

  it('labels, cordons and evicts', async () => {
    await run('label', deployment, { tier: 'front', app: null });
    assert.deepEqual((await web()).metadata.labels, { tier: 'front' });
    const node = { apiVersion: 'v1', kind: 'Node', name: 'node-1', namespace: '' };
    const unschedulable = async (): Promise<boolean | undefined> =>
      (await get<{ spec: { unschedulable?: boolean } }>('node/node-1')).spec.unschedulable;
    await run('cordon', node);
    assert.equal(await unschedulable(), true);
    await run('uncordon', node);
    assert.equal((await unschedulable()) ?? false, false);
    const name = (await podium('get', 'pods')).split('\n')[1]?.split(/\s+/)[0] ?? '';
    await run('evict', { apiVersion: 'v1', kind: 'Pod', name, namespace: 'default' });
    await eventually(async () => assert.doesNotMatch(await podium('get', 'pods'), new RegExp(name)));
    await ready(3);
  });

  it('forwards ports of a Service, lists it, and goes on when its pods are replaced', async function () {
    this.timeout(90_000);
    const [port] = await run<number[]>('forward', service, [':80']);
    assert.match(await httpGet(port ?? 0), /^web-/);
    await vscode.commands.executeCommand('podium.forwards.focus');
    await pictures('forwards');
    await run('restart', deployment);
    // A request that is under way when its pod is killed is lost; the next one finds another pod.
    for (let i = 0; i < 20; i++) await eventually(async () => assert.match(await httpGet(port ?? 0), /^web-/));
    if (onCodeServer) await stopByClick(port ?? 0);
    else await run('stopForward');
    await assert.rejects(httpGet(port ?? 0));
    await ready(3);
  });

  it('opens a shell that takes keys, and ends with its exit code', async () => {
    const terminal = await run<vscode.Terminal>('shell', podOfWeb);
    const closed = new Promise<vscode.Terminal>((resolve) => {
      const subscription = vscode.window.onDidCloseTerminal((each) => {
        if (each !== terminal) return;
        subscription.dispose();
        resolve(each);
      });
    });
    await eventually(async () => {
      terminal.sendText('echo from-the-editor > /tmp/typed');
      assert.equal(await podium('exec', podOfWeb.name, '--', 'cat', '/tmp/typed'), 'from-the-editor\n');
    });
    await screenshot('shell');
    terminal.sendText('exit 0');
    assert.equal((await closed).exitStatus?.code ?? 0, 0);
  });

  it('shows the logs of all pods of a workload, as they are written', async function () {
    this.timeout(90_000);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const talkers =
      `apiVersion: v1\nkind: ReplicationController\nmetadata: { name: talk, namespace: default }\nspec:\n  replicas: 2\n  selector: { app: talk }\n` +
      `  template:\n    metadata: { labels: { app: talk } }\n    spec:\n      terminationGracePeriodSeconds: 0\n      containers:\n      - name: talk\n        image: ${busybox}\n` +
      `        command: [sh, -c, 'i=0; while [ $i -lt 20000 ]; do echo "line $i of $HOSTNAME"; i=$((i+1)); done; exec sleep 3600']\n`;
    writeFileSync(join(folder, 'talk.yaml'), talkers);
    await run('deploy', vscode.Uri.file(join(folder, 'talk.yaml')));
    const panel = await run<{ lineCount: number; containers: string[]; dispose(): void }>('logs', {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      name: 'talk',
      namespace: 'default',
    });
    await eventually(() => assert.equal(panel.containers.length, 2), 60_000);
    await eventually(() => assert.ok(panel.lineCount >= 4_000), 60_000);
    await vscode.commands.executeCommand('notifications.clearAll');
    await pictures('logs');
    if (onCodeServer) await readByKeys();
    await podium('delete', 'rc', 'talk');
    panel.dispose();
  });

  it('copies files in and out', async () => {
    const file = join(folder, 'sent.bin');
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    writeFileSync(file, content);
    await run('copyTo', podOfWeb, file, '/tmp/received.bin');
    await run('copyFrom', podOfWeb, '/tmp/received.bin', join(folder, 'back.bin'));
    assert.ok(readFileSync(join(folder, 'back.bin')).equals(content));
  });

  it('compares a manifest with the cluster', async () => {
    writeFileSync(join(folder, 'a.yaml'), manifest.replace('replicas: 2', 'replicas: 1'));
    assert.equal(await run('diff', vscode.Uri.file(join(folder, 'a.yaml'))), 1);
    await screenshot('diff');
    const tried = await run<{ taken: number; refused: string[] }>('dryRun', vscode.Uri.file(join(folder, 'a.yaml')));
    assert.deepEqual(tried, { taken: 2, refused: [] });
    assert.equal((await web()).spec.replicas, 3);
  });

  it('edits a live object, and tells a conflict instead of losing a change', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await run('edit', deployment);
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document?.uri.scheme === 'podium-live');
    await replace(document, /replicas: \d+/, 'replicas: 2');
    assert.equal(await document.save(), true);
    await eventually(async () => assert.equal((await web()).spec.replicas, 2));
    await replace(document, /replicas: \d+/, 'replicas: 5');
    await run('scale', deployment, 4);
    const saved = await document.save();
    assert.equal(saved, false);
    assert.equal((await web()).spec.replicas, 4);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('describes an object and copies it', async () => {
    await run('describe', deployment);
    await eventually(() =>
      assert.ok(
        vscode.workspace.textDocuments.some(
          ({ uri, languageId }) => uri.scheme === 'podium-snapshot' && languageId === 'markdown',
        ),
      ),
    );
    await screenshot('describe');
    await run('copyYaml', deployment);
    assert.match(await vscode.env.clipboard.readText(), /^apiVersion: apps\/v1\nkind: Deployment/);
    await run('copyName', deployment);
    assert.equal(await vscode.env.clipboard.readText(), 'web');
  });

  it('takes the items of the trees', async () => {
    await eventually(async () =>
      assert.ok((await treeLines('resources', 'Workloads', 'Deployments')).some((line) => line.startsWith('web'))),
    );
    const item = await nodeAt('resources', 'Workloads', 'Deployments', 'web');
    await run('scale', item, 1);
    await ready(1);
  });

  it('runs a pod once', async () => {
    const pod = await run<{ name: string }>('runPod', busybox, 'echo ran');
    await eventually(async () =>
      assert.equal((await get<{ status: { phase: string } }>(`pod/${pod.name}`)).status.phase, 'Succeeded'),
    );
    assert.equal(await podium('logs', pod.name), 'ran\n');
  });

  it('makes a manifest from a template', async () => {
    await run('newManifest', 'Deployment and Service');
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.match(text, /kind: Deployment[\s\S]*kind: Service/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('deletes an object with what it owns', async () => {
    await run('delete', deployment, undefined, { confirmed: true });
    await eventually(async () => assert.doesNotMatch(await podium('get', 'pods'), /^web-/m));
  });
});

/** Filters the lines, shows their times, and scrolls up, which ends following: by mouse and keyboard alone. */
async function readByKeys(): Promise<void> {
  const rows = async (): Promise<string[]> => (await workbench({ text: '#rows .row' }))?.text ?? [];
  await workbench({ click: '#view', press: ['Control+f'], type: '/line 1999\\d of/' });
  await eventually(async () => {
    const lines = await rows();
    assert.equal(lines.length, 20);
    assert.ok(lines.every((line) => /talk-\S+line 1999\d of/.test(line)), lines.join('\n'));
  });
  await workbench({ click: '#times' });
  await eventually(async () => assert.match((await rows())[0] ?? '', /^\d{4}-\d\d-\d\dT/));
  await workbench({ focus: '#filter', press: ['Control+a', 'Delete'] });
  await workbench({ focus: '#view', press: ['PageUp', 'PageUp', 'PageUp'] });
  const isFollowing = async (): Promise<boolean> => ((await workbench({ text: '#follow:checked' }))?.text ?? []).length > 0;
  await eventually(async () => assert.equal(await isFollowing(), false));
}

/** The button of the row in the view of forwarded ports. */
async function stopByClick(port: number): Promise<void> {
  const row = `.pane-body .monaco-list-row[aria-label*="${port}"]`;
  await workbench({ click: row });
  await workbench({ click: `${row} .action-label[aria-label^="Stop Forwarding"]` });
  await eventually(() => assert.rejects(httpGet(port)));
}

async function replace(document: vscode.TextDocument, pattern: RegExp, text: string): Promise<void> {
  const match = pattern.exec(document.getText());
  assert.ok(match, `${pattern} is not in the document`);
  const range = new vscode.Range(document.positionAt(match.index), document.positionAt(match.index + match[0].length));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

function httpGet(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/', agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => resolve(body.trim())).on('error', reject);
    });
    outgoing.on('error', reject).end();
  });
}
