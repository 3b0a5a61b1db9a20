import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Row } from '../../bench/report';
import { busybox, ensureBusybox } from '../../support/images';
import { eventually, workbench } from '../suite/support';

const name = `bench-logs-${process.pid}`;
const seconds = 10;

/** More than is asked for: 500 lines of about 100 bytes, many times a second. */
const talker = `
apiVersion: v1
kind: Pod
metadata: { name: talk, namespace: default }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: talk
    image: ${busybox}
    command:
    - sh
    - -c
    - 'i=0; while :; do seq $i $((i+499)) | sed "s/.*/line & of a log that goes on and on, as wide as lines of a program often are/";
      i=$((i+500)); usleep 10000; done'
`;

/** Lines a second that come into view, of a container that writes more than that. */
export async function measureLogs(): Promise<Row[]> {
  ensureBusybox();
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-logs-'));
  await vscode.commands.executeCommand('podium.newCluster', { name, nodes: 1, runtime: 'docker' });
  try {
    writeFileSync(join(folder, 'talk.yaml'), talker);
    await vscode.commands.executeCommand('podium.deploy', vscode.Uri.file(join(folder, 'talk.yaml')));
    const pod = { apiVersion: 'v1', kind: 'Pod', name: 'talk', namespace: 'default' };
    await vscode.commands.executeCommand('podium.logs', pod);
    const first = await eventually(newestInView);
    const began = performance.now();
    await sleep(seconds * 1000);
    const last = await newestInView();
    const rate = ((last - first) * 1000) / (performance.now() - began);
    return [{ name: 'log view, from container to screen', value: rate, unit: 'lines/s', peer: 'target', peerValue: 5000 }];
  } finally {
    await vscode.commands.executeCommand('podium.removeCluster', { name, keep: false });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The number in the last line that is drawn. */
async function newestInView(): Promise<number> {
  const last = (await workbench({ text: '#rows .row' }))?.text?.at(-1) ?? '';
  const number = /^line (\d+) of a log/.exec(last)?.[1];
  assert.ok(number, `no line of the log is in view: ${last}`);
  return Number(number);
}
