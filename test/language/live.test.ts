import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeLens, Hover, MarkupContent } from 'vscode-languageserver-protocol';
import { afterEach, describe, expect, it } from 'vitest';
import type { LensCommand, LensTarget } from '../../runtime/client/editor-protocol';
import { LiveEditor, LiveServer } from './live-server';
import { takeMarks } from './golden';
import { TextDocument } from 'vscode-languageserver-textdocument';

const folder = join(import.meta.dirname, 'live');
const cases = readdirSync(folder).flatMap((name) => /^(.*)\.cluster\.yaml$/.exec(name)?.[1] ?? []);
const commands: LensCommand[] = [
  'podium.deploy',
  'podium.diff',
  'podium.logs',
  'podium.shell',
  'podium.forward',
  'podium.debug',
];
const uri = 'file:///manifest.yaml';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

/** Ages go on while the tests run. */
const ageless = (text: string): string =>
  text.replaceAll(/\b(?:\d+[ydhms])+(?= ago| \|)/g, 'AGE').replaceAll(/next in (?:\d+[ydhms])+/g, 'next in AGE');

async function show(editor: LiveEditor, document: TextDocument, cursors: readonly number[]): Promise<string> {
  const lines = document.getText().split('\n');
  const hints = await editor.hints(uri);
  for (const { position, label } of [...hints].reverse()) {
    const line = lines[position.line] ?? '';
    lines[position.line] = `${line.slice(0, position.character)} «${String(label)}»${line.slice(position.character)}`;
  }
  const findings = (await editor.client.pull(uri)).filter(({ source }) => source === 'cluster');
  const lenses =
    (await editor.client.request<CodeLens[] | null>('textDocument/codeLens', { textDocument: { uri } })) ?? [];
  const parts = [
    '## Hints',
    lines.join('\n').trimEnd(),
    '## Findings',
    ...findings.map(
      ({ range, severity, code, message }) =>
        `${range.start.line + 1}:${range.start.character + 1} ${JSON.stringify(document.getText(range))} ` +
        `${severity === 4 ? 'hint' : 'warning'} ${code}\n  ${message}`,
    ),
    '## Lenses',
    ...lenses
      .filter(({ command }) => commands.includes(command?.command as LensCommand))
      .map(
        ({ range, command }) =>
          `${range.start.line + 1} ${command?.title} ${podsOf(command?.arguments?.[0] as LensTarget | undefined)}`,
      ),
    ...(await hovers(editor, document, cursors)),
  ];
  return ageless(`${parts.join('\n')}\n`);
}

const podsOf = (target: LensTarget | undefined): string => (target?.pods ?? []).join(', ');

async function hovers(editor: LiveEditor, document: TextDocument, cursors: readonly number[]): Promise<string[]> {
  const texts: string[] = [];
  for (const cursor of cursors) {
    const position = document.positionAt(cursor);
    const hover = await editor.client.request<Hover | null>('textDocument/hover', { textDocument: { uri }, position });
    const markdown = (hover?.contents as MarkupContent | undefined)?.value ?? '';
    const live = markdown.split('\n\n---\n\n').filter((part) => part.startsWith('**In the cluster:**'));
    texts.push(`## Hover ${position.line + 1}:${position.character + 1}`, live.join('\n') || 'nothing of the cluster');
  }
  return texts;
}

describe('what the cluster makes of a file', () => {
  it.each(cases)('%s', async (name) => {
    const server = await LiveServer.start();
    open.push({ stop: () => server.close() });
    await server.seed(readFileSync(join(folder, `${name}.cluster.yaml`), 'utf8'));
    const { text, cursors } = takeMarks(readFileSync(join(folder, `${name}.yaml`), 'utf8'));
    const editor = await LiveEditor.start(server.target(), { initializationOptions: { commands } });
    open.push(editor);
    await editor.client.open(uri, text);
    const document = TextDocument.create(uri, 'yaml', 1, text);
    const shown = await editor.settled(() => show(editor, document, cursors));
    await expect(shown).toMatchFileSnapshot(join(folder, `${name}.txt`));
  });
});
