import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { EventsModel, GraphModel, NodeMapModel, RolloutModel } from '../../../extension/looking/protocol';
import { eventually, openFile, podium, screenshot, workbench } from './support';

const name = 'views';
const themes = { light: 'Default Light Modern', dark: 'Default Dark Modern' };
const file = (leaf: string): string => join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', leaf);

interface Panel<Model> {
  readonly model: Model;
  dispose(): void;
}

async function open<Model>(command: string, ...args: unknown[]): Promise<Panel<Model>> {
  const panel = await vscode.commands.executeCommand<Panel<Model> | undefined>(`podium.${command}`, ...args);
  assert.ok(panel, `podium.${command} opened nothing`);
  return panel;
}

async function pictures(view: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration('workbench');
  for (const [theme, id] of Object.entries(themes)) {
    await settings.update('colorTheme', id, vscode.ConfigurationTarget.Global);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await screenshot(`views-${view}-${theme}`);
  }
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
    await vscode.workspace.getConfiguration('workbench').update('colorTheme', themes.light, vscode.ConfigurationTarget.Global);
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
    await pictures('nodes');
    panel.dispose();
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
    await pictures('graph');
    panel.dispose();
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
    await pictures('drift');
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
    await pictures('rollout');
    panel.dispose();
  });

  it('show events, the newest first', async function () {
    this.timeout(120_000);
    const panel = await open<EventsModel>('events');
    await eventually(() => {
      const { lines } = panel.model;
      assert.ok(lines.some(({ warning, reason, ref }) => warning && reason === 'FailedScheduling' && ref.name === 'c-too-large'));
    });
    await pictures('events');
    panel.dispose();
  });
});
