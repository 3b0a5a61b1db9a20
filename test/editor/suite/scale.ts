import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, extension, load, screenshot, treeLines } from './support';

const name = 'scale';
const heapMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

describe('the tree of 10,000 pods', () => {
  before(async function () {
    this.timeout(180_000);
    await vscode.commands.executeCommand('podium.newCluster', { name, nodes: 1, runtime: 'simulated' });
    await load(name, 'fill', '10000');
  });
  after(async function () {
    this.timeout(60_000);
    await vscode.commands.executeCommand('podium.removeCluster', { name, keep: false });
  });

  it('shows the first page of them, and how many there are', async function () {
    this.timeout(60_000);
    await vscode.commands.executeCommand('podium.resources.focus');
    const before = heapMb();
    const began = performance.now();
    const first = await eventually(async () => {
      const lines = await treeLines('resources', 'Workloads', 'Pods');
      assert.ok(lines.length >= 200, lines.join());
      return lines;
    });
    const shown = performance.now() - began;
    assert.match(first[0] ?? '', /^load-00000: Pending · 0\/1$/);
    await eventually(async () => {
      const lines = await treeLines('resources', 'Workloads', 'Pods');
      assert.equal(lines.at(-1), 'Show more…: 9,800 more');
    });
    const all = performance.now() - began;
    console.log(`      first page ${shown.toFixed(0)} ms, all ${all.toFixed(0)} ms, heap +${(heapMb() - before).toFixed(0)} MB`);
    assert.ok((await treeLines('resources', 'Workloads')).includes('Pods: 10,000'));
    await screenshot('scale');
  });

  it('shows more when asked, and what a filter leaves', async () => {
    const pods = (await extension().exports.views.resources.tree()).openNodes.find(({ id }) => id.endsWith('/pods'));
    await vscode.commands.executeCommand('podium.showMore', pods);
    const { length } = await treeLines('resources', 'Workloads', 'Pods');
    assert.equal(length, 401);
    await vscode.commands.executeCommand('podium.filterByLabels', 'app in (app-7,app-8)');
    await eventually(async () => assert.equal((await treeLines('resources', 'Workloads', 'Pods')).length, 200));
    assert.ok((await treeLines('resources', 'Workloads')).includes('Pods: 200 of 10,000'));
    await vscode.commands.executeCommand('podium.filter', 'load-00107');
    await eventually(async () =>
      assert.deepEqual(await treeLines('resources', 'Workloads', 'Pods'), ['load-00107: Pending · 0/1']),
    );
    await screenshot('filtered');
    await vscode.commands.executeCommand('podium.clearFilter');
  });

  it('follows 200 changes a second', async function () {
    this.timeout(60_000);
    const began = process.cpuUsage();
    const at = performance.now();
    await load(name, 'churn', '200', '5');
    const { user, system } = process.cpuUsage(began);
    const share = (user + system) / 1000 / (performance.now() - at);
    console.log(`      extension host at ${(share * 100).toFixed(1)} % of a core`);
    const tree = await extension().exports.views.resources.tree();
    const pods = tree.openNodes.find(({ id }) => id.endsWith('/pods'));
    assert.ok(pods);
    const { object } = tree.getChildren(pods)[0] as unknown as { object: { metadata: { labels: Record<string, string> } } };
    await eventually(() => assert.equal(object.metadata.labels.round, '0'));
  });
});
