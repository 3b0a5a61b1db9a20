import * as assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import type { Row } from '../../bench/report';
import { eventually, extension, load, treeLines, workbench } from '../suite/support';

const name = 'scale';
const pods = 10_000;
const perSecond = 200;
const seconds = 20;
const row = (label: string): string => `.pane-body .monaco-list-row[aria-label^="${label}"]`;

const icon = '.activitybar .action-label[aria-label^="Podium"]';

/** The tree of many pods: how soon it is seen, what it costs to follow them, and to keep them. */
export async function measureScale(): Promise<Row[]> {
  const before = memory();
  await vscode.commands.executeCommand('podium.newCluster', { name, nodes: 1, runtime: 'simulated' });
  await load(name, 'fill', String(pods));
  await vscode.commands.executeCommand('workbench.view.explorer');
  const opened = await workbench({ measure: { clicks: [icon, row('Pods')], until: row('Pod load-00000') } });
  await eventually(async () =>
    assert.equal((await treeLines('resources', 'Workloads', 'Pods')).at(-1), 'Show more…: 9,800 more'),
  );
  await workbench({ click: row('Pods') });
  const again = await workbench({ measure: { clicks: [row('Pods')], until: row('Pod load-00000') } });
  await sleep(3000);
  const after = memory();
  const idle = await share(5, () => sleep(5000));
  const following = await share(seconds, () => load(name, 'churn', String(perSecond), String(seconds)));
  await checkFollowed();
  await vscode.commands.executeCommand('podium.removeCluster', { name, keep: false });
  return [
    { name: 'opening the view to the first of 10,000 pods shown', value: opened?.ms ?? 0, unit: 'ms', peer: 'target', peerValue: 500 },
    { name: 'the same, when they are known', value: again?.ms ?? 0, unit: 'ms' },
    { name: `following ${perSecond} changes/s in the extension host`, value: following, unit: '% of a core', peer: 'target', peerValue: 10 },
    { name: 'the same, when nothing changes', value: idle, unit: '% of a core' },
    { name: 'heap that the extension adds with 10,000 pods', value: after.heap - before.heap, unit: 'MB', peer: 'target', peerValue: 80 },
    { name: 'the same, resident, with what is to be collected', value: after.resident - before.resident, unit: 'MB' },
  ];
}

function memory(): { heap: number; resident: number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1e6, resident: rss / 1e6 };
}

/** Percent of a core that this process used meanwhile. */
async function share(expected: number, run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const used = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(used);
  const took = (performance.now() - began) / 1000;
  assert.ok(took < expected * 1.5, `${perSecond} changes a second were not made: it took ${took.toFixed(0)} s`);
  return (user + system) / 1e4 / took;
}

/** What was measured did what it was measured for: the last change has reached the tree. */
async function checkFollowed(): Promise<void> {
  const tree = await extension().exports.views.resources.tree();
  const node = tree.openNodes.find(({ id }) => id.endsWith('/pods'));
  assert.ok(node);
  interface Shown {
    object: { metadata: { labels: Record<string, string> } };
  }
  const { object } = tree.getChildren(node)[199] as unknown as Shown;
  await eventually(() => assert.equal(object.metadata.labels.round, '199'));
}
