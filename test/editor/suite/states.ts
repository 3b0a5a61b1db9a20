import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { eventually, extension, podium, screenshot, treeLines, workbench } from './support';

const name = 'states';
const themes = { light: 'Default Light Modern', dark: 'Default Dark Modern', contrast: 'Default High Contrast' };
const file = (leaf: string): string => join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', leaf);
const apply = (leaf: string): Promise<string> => podium('apply', '-f', file(leaf), '--name', name);
const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`podium.${command}`, ...args);
/** Opens a row of the trees, as a person does. */
const open = async (label: string): Promise<void> => {
  const row = `.pane-body .monaco-list-row[aria-label^="${label}"]`;
  await eventually(() => workbench({ click: row }));
};

describe('states of objects in the tree', () => {
  before(async function () {
    this.timeout(120_000);
    await run('newCluster', { name, nodes: 2, runtime: 'simulated' });
    await apply('states.yaml');
    await eventually(() => apply('crontab.yaml'));
  });
  after(async function () {
    this.timeout(60_000);
    await vscode.workspace.getConfiguration('workbench').update('colorTheme', themes.light, vscode.ConfigurationTarget.Global);
    await run('removeCluster', { name, keep: false });
  });

  it('have the words that kubectl has', async () => {
    const statuses = async (): Promise<string> => (await treeLines('resources', 'Workloads', 'Pods')).join('\n');
    await eventually(async () => {
      const text = await statuses();
      for (const expected of [
        /^a-crashing: (CrashLoopBackOff|Error) · 0\/1$/m,
        /^b-without-image: (ErrImagePull|ImagePullBackOff) · 0\/1$/m,
        /^c-too-large: Pending · 0\/1$/m,
        /^d-not-ready: Running · 0\/1$/m,
        /^e-finished-\w+: Completed · 0\/1$/m,
        /^web-\w+-\w+: Running · 2\/2$/m,
      ])
        assert.match(text, expected);
    });
    assert.match((await treeLines('resources', 'Workloads')).join('\n'), /^Pods: 8 · 3 failing$/m);
    const kubectl = await podium('get', 'pods', '--name', name);
    const lines = await statuses();
    for (const [, pod = '', ready = '', status = ''] of kubectl.matchAll(/^(\S+) +(\d+\/\d+) +(Running|Pending|Completed) /gm))
      assert.ok(lines.includes(`${pod}: ${status} · ${ready}`), `${pod} ${status} in\n${lines}`);
  });

  it('show what owns what, down to the containers', async () => {
    await eventually(async () => {
      const [replicaSet = ''] = await treeLines('resources', 'Workloads', 'Deployments', 'web');
      const path = ['Workloads', 'Deployments', 'web', replicaSet.split(':')[0] ?? ''];
      const [pod = ''] = await treeLines('resources', ...path);
      assert.deepEqual(await treeLines('resources', ...path, pod.split(':')[0] ?? ''), [
        'web: Running · example/web:1',
        'proxy: Running · example/proxy:2',
      ]);
    });
  });

  it('show custom resources by the columns of their definition', async () => {
    await eventually(async () =>
      assert.deepEqual(await treeLines('resources', 'Custom Resources', 'example.com', 'CronTab'), ['nightly: 0 3 * * *']),
    );
  });

  it('show events, the newest first', async () => {
    await eventually(async () => {
      const events = await treeLines('resources', 'Events');
      assert.ok(events.some((line) => /^FailedScheduling: Pod c-too-large · 0\/2 nodes are available/.test(line)), events.join('\n'));
    });
  });

  it('count what fails beside the icon', async () => {
    await vscode.commands.executeCommand('podium.resources.focus');
    await eventually(async () => {
      const badges = (await workbench({ text: '.activitybar .badge-content' }))?.text;
      if (badges) assert.ok(badges.includes('3'), badges.join());
    });
  });

  it('watch only what is open', async () => {
    const tree = await extension().exports.views.resources.tree();
    const pods = tree.openNodes.find(({ id }) => id.endsWith('/pods'));
    assert.ok(pods);
    tree.collapsed(pods);
    assert.ok(!tree.openNodes.includes(pods));
    assert.ok((await treeLines('resources', 'Workloads')).includes('Pods'));
    tree.expanded(pods);
    assert.ok(tree.openNodes.includes(pods));
  });

  it('look well in every theme', async function () {
    this.timeout(120_000);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('notifications.clearAll');
    await open('Deployments');
    await open('Deployment web');
    await open('Pods');
    const settings = vscode.workspace.getConfiguration('workbench');
    for (const [theme, id] of Object.entries(themes)) {
      await settings.update('colorTheme', id, vscode.ConfigurationTarget.Global);
      await new Promise((resolve) => setTimeout(resolve, 700));
      await screenshot(`states-${theme}`);
      await run('openWalkthrough');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await screenshot(`walkthrough-${theme}`);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    }
  });
});
