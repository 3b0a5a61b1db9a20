import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Row } from '../../bench/report';
import { busybox, ensureBusybox } from '../../support/images';
import { eventually, treeLines } from '../suite/support';

const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: first, namespace: default }
spec: { terminationGracePeriodSeconds: 0, containers: [{ name: main, image: ${busybox}, command: [sleep, '3600'] }] }\n`;

/** From the command that starts a cluster of three nodes on Docker to the tree that shows its first pod running. */
export async function measureStart(): Promise<Row[]> {
  ensureBusybox();
  const name = `bench-start-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-start-'));
  writeFileSync(join(folder, 'pod.yaml'), pod);
  try {
    const began = performance.now();
    await vscode.commands.executeCommand('podium.newCluster', { name, nodes: 3, runtime: 'docker' });
    const ready = (performance.now() - began) / 1000;
    await vscode.commands.executeCommand('podium.deploy', vscode.Uri.file(join(folder, 'pod.yaml')));
    await eventually(async () => {
      assert.deepEqual(await treeLines('resources', 'Workloads', 'Pods'), ['first: Running · 1/1']);
    });
    const running = (performance.now() - began) / 1000;
    return [
      { name: '“Start Cluster” to the first pod Running, on Docker', value: running, unit: 's', peer: 'target', peerValue: 6 },
      { name: 'of that, to three ready nodes', value: ready, unit: 's' },
    ];
  } finally {
    await vscode.commands.executeCommand('podium.removeCluster', { name, keep: false });
    rmSync(folder, { recursive: true, force: true });
  }
}
