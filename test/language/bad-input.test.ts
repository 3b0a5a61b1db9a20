import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SymbolInformation } from 'vscode-languageserver-protocol';
import { CancellationTokenSource } from 'vscode-languageserver-protocol/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LanguageClient } from './language-client';

const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n';
const bad = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: A\n';
let folder: string;
let client: LanguageClient;

const start = async (): Promise<LanguageClient> => (client = await LanguageClient.inProcess({ pull: true, folder }));
const uri = (name: string): string => pathToFileURL(join(folder, name)).href;

async function names(): Promise<string[]> {
  await client.indexed();
  const found = await client.request<SymbolInformation[]>('workspace/symbol', { query: '' });
  return found.map(({ name }) => name);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podium-bad-input-'));
});
afterEach(async () => {
  await client.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('files on disk', () => {
  it('that can’t be read or aren’t text cost only themselves', async () => {
    writeFileSync(join(folder, 'good.yaml'), good);
    writeFileSync(join(folder, 'binary.yaml'), Buffer.from([0x61, 0x70, 0x69, 0, 1, 2, 0xff, 0xfe]));
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from('apiVersion: v1\nkind: Namespace\nmetadata: {name: \xe9}\n', 'latin1'));
    writeFileSync(join(folder, 'secret.yaml'), good);
    chmodSync(join(folder, 'secret.yaml'), 0);
    writeFileSync(join(folder, 'broken.yaml'), 'apiVersion: v1\nkind: {{{\n');
    writeFileSync(join(folder, 'deep.yaml'), `apiVersion: v1\nkind: Pod\nspec: ${'['.repeat(20_000)}`);
    mkdirSync(join(folder, 'folder.yaml'));
    symlinkSync('nowhere', join(folder, 'dangling.yaml'));
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    await start();
    expect(await names()).toContain('ConfigMap/good');
  });

  it('in folders that lead back into themselves are met once', async () => {
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(join(folder, 'a/b/good.yaml'), good);
    symlinkSync('..', join(folder, 'a/b/up'));
    symlinkSync('self.yaml', join(folder, 'self.yaml'));
    await start();
    expect(await names()).toEqual(['ConfigMap/good']);
  });

  it('of packages and repositories are no manifests of the workspace', async () => {
    for (const name of ['node_modules/x', '.git', 'src']) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'a.yaml'), good.replace('good', name.replace(/\W/g, '')));
    }
    await start();
    expect(await names()).toEqual(['ConfigMap/src']);
  });

  it('of 50 MB are passed over', async () => {
    writeFileSync(join(folder, 'large.yaml'), `${good}data:\n${'  a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n'.repeat(1_100_000)}`);
    writeFileSync(join(folder, 'small.yaml'), bad);
    await start();
    expect(await names()).toEqual(['ConfigMap/A']);
  });
});

describe('open documents', () => {
  it('of 50 MB are not checked, which is said, and do not keep others from their answers', async () => {
    await start();
    const line = 'a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n';
    await client.open(uri('large.yaml'), good + line.repeat(1_000_000));
    await client.open(uri('small.yaml'), bad);
    expect(await client.pull(uri('small.yaml'))).toHaveLength(1);
    expect(await client.pull(uri('large.yaml'))).toMatchObject([{ code: 'TooLarge', severity: 3 }]);
    expect(await client.hover(uri('large.yaml'), { line: 1, character: 1 })).toBeNull();
  });

  it('that are binary have no findings', async () => {
    await start();
    await client.open(uri('a.yaml'), '\u0000\u0001\ufffd\ufffdapiVersion\u0000');
    expect(await client.pull(uri('a.yaml'))).toEqual([]);
  });

  it('answer every feature at every prefix of a file', async () => {
    await start();
    const text = readFileSync(join(import.meta.dirname, 'findings/deployment.yaml'), 'utf8').slice(0, 900);
    const textDocument = { uri: uri('typed.yaml') };
    await client.open(textDocument.uri, '');
    const options = { tabSize: 2, insertSpaces: true };
    for (let length = 1, version = 2; length <= text.length; length += 3, version++) {
      const typed = text.slice(0, length);
      await client.replace(textDocument.uri, version, typed);
      const lines = typed.split('\n');
      const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
      const range = { start: { line: 0, character: 0 }, end: position };
      await Promise.all([
        client.pull(textDocument.uri),
        client.complete(textDocument.uri, position),
        client.hover(textDocument.uri, position),
        client.request('textDocument/documentSymbol', { textDocument }),
        client.request('textDocument/foldingRange', { textDocument }),
        client.request('textDocument/selectionRange', { textDocument, positions: [position] }),
        client.request('textDocument/formatting', { textDocument, options }),
        client.request('textDocument/documentLink', { textDocument }),
        client.request('textDocument/semanticTokens/full', { textDocument }),
        client.request('textDocument/definition', { textDocument, position }),
        client.request('textDocument/codeAction', { textDocument, range, context: { diagnostics: [] } }),
      ]);
    }
  });

  it('keep their features beside one that is broken', async () => {
    await start();
    const broken = 'apiVersion: v1\nkind: Pod\nspec: "never closed\n';
    await client.open(uri('a.yaml'), `${bad}---\n${broken}---\n${bad}`);
    const found = await client.pull(uri('a.yaml'));
    expect(found.filter(({ code }) => code === 'FieldValueInvalid').map(({ range }) => range.start.line)).toEqual([3, 12]);
    expect(found.some(({ code }) => code === 'Syntax')).toBe(true);
  });

  it('of one edit are read again only where it was made', async () => {
    await start();
    const documents = Array.from({ length: 50 }, (_, i) => good.replace('good', `good-${i}`));
    await client.open(uri('a.yaml'), documents.join('---\n'));
    expect(await client.pull(uri('a.yaml'))).toEqual([]);
    documents[10] = bad;
    documents.splice(3, 1);
    await client.replace(uri('a.yaml'), 2, documents.join('---\n'));
    const [found, ...others] = await client.pull(uri('a.yaml'));
    expect(others).toEqual([]);
    expect(found?.range.start).toEqual({ line: 9 * 5 + 3, character: 8 });
  });
});

it('a request that is cancelled ends, and the next one is answered', async () => {
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `a-${i}.yaml`), good.replace('good', `good-${i}`));
  await start();
  await client.indexed();
  const cancel = new CancellationTokenSource();
  const asked = client.connection.sendRequest('workspace/symbol', { query: 'good' }, cancel.token);
  cancel.cancel();
  await asked.catch((error: Error) => expect(error.message).toMatch(/cancel/i));
  expect(await names()).toHaveLength(200);
});

it('files that are left alone by the settings have no findings, and get them when the settings change', async () => {
  const settings = { files: { include: ['deploy/**'], exclude: ['**/*.gen.yaml'] } };
  client = await LanguageClient.inProcess({ pull: true, folder, settings });
  for (const name of ['deploy/a.yaml', 'deploy/b.gen.yaml', 'other/c.yaml']) await client.open(uri(name), bad);
  await client.indexed();
  const counts = async (): Promise<number[]> =>
    Promise.all(['deploy/a.yaml', 'deploy/b.gen.yaml', 'other/c.yaml'].map(async (name) => (await client.pull(uri(name))).length));
  expect(await counts()).toEqual([1, 0, 0]);
  settings.files = { include: ['**/*'], exclude: [] };
  await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
  await expect.poll(counts).toEqual([1, 1, 1]);
});
