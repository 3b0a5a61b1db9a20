import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { EventsModel, GraphModel, GraphNode, NodeMapModel, RolloutModel } from '../../../extension/looking/protocol';
import { eventually, onCodeServer, openFile, pictures, podium, workbench } from './support';

const name = 'views';
const file = (leaf: string): string => join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', leaf);

interface Panel<Model> {
  readonly model: Model;
  readonly title: string;
  dispose(): void;
}

async function open<Model>(command: string, ...args: unknown[]): Promise<Panel<Model>> {
  const panel = await vscode.commands.executeCommand<Panel<Model> | undefined>(`podium.${command}`, ...args);
  assert.ok(panel, `podium.${command} opened nothing`);
  return panel;
}

/** The entries of the list that the editor asks with. */
async function choices(): Promise<string[]> {
  return eventually(async () => {
    const found = (await workbench({ text: '.quick-input-list .monaco-list-row .label-name' }))?.text ?? [];
    assert.ok(found.length > 0, 'nothing is asked');
    return found.map((text) => text.trim());
  });
}

/** Takes one of them, or none. */
async function choose(label?: string): Promise<void> {
  if (label === undefined) await workbench({ press: 'Escape' });
  else await workbench({ click: `.quick-input-list .monaco-list-row[aria-label*="${label}"]` });
}

function pick(node: GraphNode | undefined): unknown[] {
  return [node?.isLive, node?.level, node?.note];
}

describe('views for looking', () => {
  before(async function () {
    this.timeout(120_000);
    await vscode.commands.executeCommand('podium.newCluster', { name, nodes: 3, runtime: 'simulated' });
    for (const leaf of ['states.yaml', 'views.yaml']) await podium('apply', '-f', file(leaf), '--name', name);
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  after(async function () {
    this.timeout(60_000);
    await vscode.commands.executeCommand('podium.removeCluster', { name, keep: false });
  });

  it('show nodes with their pods and what these request', async function () {
    this.timeout(120_000);
    const panel = await open<NodeMapModel>('nodeMap');
    await eventually(() => {
      const { cards } = panel.model;
      assert.deepEqual(cards.map((card) => card.name), ['node-1', 'node-2', 'node-3', 'Not on a node']);
      assert.deepEqual(cards.at(-1)?.pods.map(({ ref }) => ref.name), ['c-too-large']);
      const shares = cards.map(({ usage }) => usage.find(({ resource }) => resource === 'cpu')?.share ?? 0);
      assert.ok(shares.some((share) => share > 0), 'the requests of the pods are in the bars');
    });
    await pictures('views-nodes');
    panel.dispose();
  });

  if (onCodeServer) it('take clicks and keys on the map of nodes', async () => {
    const panel = await open<NodeMapModel>('nodeMap');
    await eventually(() => workbench({ click: '.pod.error' }));
    assert.ok((await choices()).includes('Describe'), 'a pod can be described');
    await choose();
    await workbench({ focus: '.pod[tabindex="0"]', press: ['End', 'Enter'] });
    await choices();
    const title = (await workbench({ text: '.quick-input-title' }))?.text?.find((text) => text.startsWith('Pod '));
    assert.equal(title, 'Pod c-too-large');
    await choose('Describe');
    await eventually(() =>
      assert.ok(vscode.workspace.textDocuments.some(({ uri }) => uri.path.includes('c-too-large')), 'it is described'),
    );
    panel.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('show how objects hang together, and what is broken', async function () {
    this.timeout(120_000);
    const panel = await open<GraphModel>('graph');
    await eventually(() => {
      const { nodes, edges } = panel.model;
      const lines = edges.map(({ from, to, kind, broken }) => `${from} ${kind} ${to}${broken ? ' !' : ''}`);
      for (const line of [
        'Ingress front route Service web', 'Ingress front route Service gone !', 'Service web selector Deployment web',
        'HorizontalPodAutoscaler api scale Deployment api',
      ]) assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
      assert.ok(lines.some((line) => /^Pod api-\S+ reference ConfigMap settings$/.test(line)), lines.join('\n'));
      assert.equal(nodes.find(({ id }) => id === 'Service nobody')?.note, 'selects no pods');
    });
    panel.dispose();
  });

  it('lay files of the workspace over what the cluster has, and follow both', async function () {
    this.timeout(120_000);
    const panel = await open<GraphModel>('graph');
    const node = (id: string): GraphNode | undefined => panel.model.nodes.find((each) => each.id === id);
    await eventually(() => {
      assert.deepEqual(pick(node('Deployment planned')), [false, 'none', 'not deployed']);
      assert.deepEqual(pick(node('Service mistyped')), [false, 'error', 'selects no pods']);
      assert.ok(node('Service nobody')?.file?.endsWith('views.yaml') && node('Service nobody')?.isLive);
      const planned = panel.model.edges.filter((edge) => edge.planned).map(({ from, to }) => `${from} → ${to}`);
      assert.ok(planned.includes('Service planned → Deployment planned'), planned.join('\n'));
    });
    await pictures('views-graph');
    const document = await openFile('planned.yaml');
    const edit = new vscode.WorkspaceEdit();
    const at = document.getText().indexOf('app: planed') + 'app: '.length;
    edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + 6)), 'planned');
    await vscode.workspace.applyEdit(edit);
    await eventually(() => assert.deepEqual(pick(node('Service mistyped')), [false, 'none', 'not deployed']));
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await podium('apply', '-f', file('planned.yaml'), '--name', name);
    await eventually(() => assert.equal(node('Deployment planned')?.isLive, true));
    await podium('delete', '-f', file('planned.yaml'), '--name', name);
    await eventually(() => assert.equal(node('Deployment planned')?.isLive, false));
    panel.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  if (onCodeServer) it('take clicks and keys on the graph, down to the line of a file', async function () {
    this.timeout(60_000);
    const panel = await open<GraphModel>('graph');
    await eventually(() => workbench({ click: '[data-id="Service mistyped"]' }));
    assert.deepEqual(await choices(), ['Open File', 'Deploy']);
    await choose('Open File');
    await eventually(() => {
      const editor = vscode.window.activeTextEditor;
      const line = editor?.document.lineAt(editor.selection.active.line).text ?? '';
      assert.match(`${editor?.document.fileName} ${line}`, /planned\.yaml metadata: \{ name: mistyped \}/);
    });
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await workbench({ focus: '#list button', press: ['End', 'Home', 'ArrowDown', 'Enter'] });
    const focused = (await workbench({ text: '.node.focused .name, .node.focused text' }))?.text ?? [];
    assert.ok(focused.length > 0, 'the picture shows where the keys are');
    await choices();
    await choose();
    await workbench({ focus: '#view', press: ['+', '+', 'ArrowLeft', '0'] });
    panel.dispose();
  });

  it('follow the window to another namespace and another cluster', async function () {
    this.timeout(120_000);
    const panels = [await open<GraphModel>('graph'), await open<EventsModel>('events')] as const;
    await eventually(() => assert.ok(panels[0].model.nodes.some(({ id }) => id === 'Deployment web')));
    await vscode.commands.executeCommand('podium.useNamespace', 'kube-system');
    await eventually(() => {
      assert.deepEqual(panels.map(({ title }) => title), ['Graph of kube-system', 'Events of kube-system']);
      assert.ok(!panels[0].model.nodes.some(({ id, isLive }) => isLive && id === 'Deployment web'));
    });
    await vscode.commands.executeCommand('podium.useNamespace', 'default');
    const rollout = await open<RolloutModel>('rollout', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' });
    await eventually(() => assert.equal(rollout.model.sets.length, 1));
    await vscode.commands.executeCommand('podium.newCluster', { name: 'views-other', nodes: 1, runtime: 'simulated' });
    await eventually(() => {
      assert.ok(panels[0].model.nodes.some(({ id }) => id === 'Service kubernetes'));
      assert.ok(!panels[0].model.nodes.some(({ id, isLive }) => isLive && id === 'Deployment web'));
      assert.match(rollout.model.error ?? '', /^Another cluster is chosen/);
    });
    await vscode.commands.executeCommand('podium.removeCluster', { name: 'views-other', keep: false });
    await vscode.commands.executeCommand('podium.useCluster', { kind: 'local', name });
    await eventually(() => {
      assert.ok(panels[0].model.nodes.some(({ id, isLive }) => isLive && id === 'Deployment web'));
      assert.equal(rollout.model.error, undefined);
    });
    for (const each of [...panels, rollout]) each.dispose();
  });

  it('mark in the gutter what the cluster has otherwise', async function () {
    this.timeout(120_000);
    const changed = join(tmpdir(), `podium-drift-${process.pid}.yaml`);
    writeFileSync(changed, readFileSync(file('views.yaml'), 'utf8').replace('example/api:1', 'example/api:2'));
    await podium('apply', '-f', changed, '--name', name);
    await openFile('views.yaml');
    await eventually(async () => {
      const marks = await workbench({ text: '.glyph-margin-widgets .cgmr' });
      assert.ok(!marks || marks.text?.length === 1, `${marks?.text?.length} marks`);
    });
    await vscode.commands.executeCommand('revealLine', { lineNumber: 30, at: 'center' });
    await pictures('views-drift');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('show a rollout as it goes on, with its events', async function () {
    this.timeout(120_000);
    const panel = await open<RolloutModel>('rollout', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' });
    await eventually(() => assert.equal(panel.model.sets[0]?.ready, 3));
    const changed = join(tmpdir(), `podium-rollout-${process.pid}.yaml`);
    writeFileSync(changed, readFileSync(file('states.yaml'), 'utf8').split('---')[0]?.replace('example/web:1', 'example/web:2') ?? '');
    await podium('apply', '-f', changed, '--name', name);
    await eventually(() => {
      const { sets, samples, events } = panel.model;
      assert.deepEqual(sets.map(({ revision, ready }) => [revision, ready]), [[2, 3], [1, 0]]);
      assert.ok(samples.length > 2, `${samples.length} samples`);
      assert.ok(events.some(({ reason }) => reason === 'ScalingReplicaSet'), 'the scaling is among the events');
    });
    await pictures('views-rollout');
    panel.dispose();
  });

  it('show events, the newest first', async function () {
    this.timeout(120_000);
    const panel = await open<EventsModel>('events');
    await eventually(() => {
      const { lines } = panel.model;
      assert.ok(lines.some(({ warning, reason, ref }) => warning && reason === 'FailedScheduling' && ref.name === 'c-too-large'));
    });
    await pictures('views-events');
    panel.dispose();
  });

  if (onCodeServer) it('take clicks and keys on events, and a filter', async () => {
    const panel = await open<EventsModel>('events');
    await eventually(() => workbench({ click: '#rows .event' }));
    await choices();
    await choose();
    await workbench({ focus: '#rows button[tabindex="0"]', press: ['ArrowDown', 'Enter'] });
    await choices();
    await choose();
    await workbench({ click: '#filter', type: 'c-too-large' });
    await eventually(async () => {
      const objects = (await workbench({ text: '#rows .object' }))?.text ?? [];
      assert.deepEqual([...new Set(objects)], ['Pod c-too-large']);
    });
    panel.dispose();
  });
});
