import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { afterEach, describe, expect, it } from 'vitest';
import { editorMethods, type WhatIfObject, type WhatIfResult } from '../../runtime/client/editor-protocol';
import { eventually } from '../support/test-cluster';
import { LiveEditor, LiveServer, withAdmission } from './live-server';

const folder = join(import.meta.dirname, 'dry-run');
const cases = readdirSync(folder).flatMap((name) => /^(.*)\.cluster\.yaml$/.exec(name)?.[1] ?? []);
const uri = 'file:///manifest.yaml';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function start(cluster: string, text: string, settings: object): Promise<{ server: LiveServer; editor: LiveEditor }> {
  const server = await LiveServer.start(withAdmission);
  open.push({ stop: () => server.close() });
  if (cluster) await server.seed(cluster);
  const editor = await LiveEditor.start(server.target(), { settings });
  open.push(editor);
  await editor.client.open(uri, text);
  await eventually(() => expect(editor.states.at(-1)?.state).toBe('connected'));
  return { server, editor };
}

async function save({ client }: LiveEditor): Promise<void> {
  await client.connection.sendNotification('textDocument/didSave', { textDocument: { uri } });
}

/** What the cluster said when the file was saved. */
async function saved(editor: LiveEditor, document: TextDocument): Promise<string[]> {
  const known = new Set((await editor.client.pull(uri)).map((finding) => JSON.stringify(finding)));
  await save(editor);
  const found = await eventually(async () => {
    const all = (await editor.client.pull(uri)).filter((finding) => !known.has(JSON.stringify(finding)));
    if (all.length === 0) throw new Error('the cluster says nothing');
    return all;
  });
  return found.map(({ range, severity, code, message }) => {
    const at = `${range.start.line + 1}:${range.start.character + 1} ${JSON.stringify(document.getText(range))}`;
    return `${at} ${severity === 1 ? 'error' : 'warning'} ${code}\n  ${message}`;
  });
}

function printed({ kind, name, change, fields, pods, blockers, warnings }: WhatIfObject): string {
  const lines = [
    `${kind} ${name}: ${change}`,
    ...fields.map(({ path, before, after }) => `  ${path}: ${before ?? '–'} → ${after ?? '–'}`),
    ...(pods ? [`  pods: ${pods.text} (created ${pods.created}, replaced ${pods.replaced}, removed ${pods.removed})`] : []),
    ...blockers.map(({ by, message, path }) => `  ! ${by}${path ? ` ${path}` : ''}: ${message}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
  return lines.join('\n');
}

describe('what the cluster would say', () => {
  it.each(cases)('%s', async (name) => {
    const text = readFileSync(join(folder, `${name}.yaml`), 'utf8');
    const cluster = readFileSync(join(folder, `${name}.cluster.yaml`), 'utf8');
    const { editor } = await start(cluster, text, { validation: { dryRunOnSave: true } });
    const document = TextDocument.create(uri, 'yaml', 1, text);
    const result = await editor.client.request<WhatIfResult>(editorMethods.whatIf, { uri });
    expect(result.basis).toBe('cluster');
    const parts = ['## On save', ...(await saved(editor, document)), '', '## What if', ...result.objects.map(printed)];
    await expect(`${parts.join('\n')}\n`).toMatchFileSnapshot(join(folder, `${name}.txt`));
  });
});
