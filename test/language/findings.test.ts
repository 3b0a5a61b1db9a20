import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Diagnostic } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LanguageClient } from './language-client';

const folder = join(__dirname, 'findings');
const manifests = readdirSync(folder).filter((name) => /\.(yaml|json)$/.test(name));
const names = ['', 'error', 'warning', 'information', 'hint'];

/** What the API server says has reasons for codes; checks across files and lint have the names of their rules. */
const isApiCode = /^[A-Z]/;

/** One line a finding: where, what is underlined, how grave, what it says. `UPDATE_GOLDEN=1` writes the files anew. */
function print(text: string, diagnostics: readonly Diagnostic[]): string {
  const document = TextDocument.create('', 'yaml', 1, text);
  return diagnostics
    .filter(({ code }) => isApiCode.test(String(code)))
    .map(({ range, severity, message }) => {
      const { line, character } = range.start;
      const text = JSON.stringify(document.getText(range));
      return `${line + 1}:${character + 1} ${text} ${names[severity ?? 0]}: ${message}\n`;
    })
    .join('');
}

function golden(name: string, actual: string): string {
  const file = join(folder, `${basename(name, extname(name))}.txt`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, actual);
  return existsSync(file) ? readFileSync(file, 'utf8') : 'no expectation is written down';
}

describe.each([
  { way: 'pulled', pull: true },
  { way: 'pushed', pull: false },
])('findings, $way', ({ pull }) => {
  let client: LanguageClient;
  beforeAll(async () => {
    client = await LanguageClient.start({ pull });
  });
  afterAll(async () => {
    await client.stop();
  });

  it.each(manifests)('%s', async (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const uri = `file:///${name}`;
    const pushed = pull ? undefined : client.pushed(uri);
    await client.open(uri, text, extname(name).slice(1));
    const actual = print(text, pushed ? (await pushed).diagnostics : await client.pull(uri));
    await client.close(uri);
    expect(actual).toBe(golden(name, actual));
  });
});
