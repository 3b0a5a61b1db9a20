import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Row } from '../../bench/report';
import { eventually, extension, workbench } from '../suite/support';

/** In a host where nothing has loaded the extension before: what “Show Running Extensions” tells, and the whole wait. */
export async function measureActivation(): Promise<Row[]> {
  assert.ok(!extension().isActive, 'the extension was active before it was measured');
  const began = performance.now();
  await extension().activate();
  const waited = performance.now() - began;
  await vscode.commands.executeCommand('workbench.action.showRuntimeExtensions');
  const told = await eventually(toldByEditor);
  return [
    { name: 'activation: loading the code, calling activate()', value: told, unit: 'ms', peer: 'target', peerValue: 50 },
    { name: "the same, with the editor's own round trips", value: waited, unit: 'ms' },
  ];
}

async function toldByEditor(): Promise<number> {
  const rows = (await workbench({ text: '.runtime-extensions-editor .extension' }))?.text ?? [];
  const ours = rows.find((text) => /podium/i.test(text)) ?? '';
  const ms = /(\d+)ms/.exec(ours)?.[1];
  assert.ok(ms, `the editor tells no time of activation: ${rows.join(' | ')}`);
  return Number(ms);
}
