import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  DocumentSymbol,
  FoldingRange,
  Location,
  PublishDiagnosticsParams,
  SymbolInformation,
  TextEdit,
} from 'vscode-languageserver-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LanguageClient } from './language-client';

const podium = [process.execPath, resolve('dist/podium/lib/podium.js'), 'language-server', '--stdio'];

/** What a plain editor (of the kind of Vim or Emacs) can: no pull, no dynamic registration, no settings, no watching of files. */
const plain = { workspace: {}, textDocument: { synchronization: {}, hover: {}, completion: {} } };

describe('an editor that starts `podium language-server --stdio`', () => {
  let client: LanguageClient;
  let folder: string;
  const uri = (name: string): string => pathToFileURL(join(folder, name)).href;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podium-second-editor-'));
    writeFileSync(join(folder, 'service.yaml'), 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n');
    client = await LanguageClient.spawn(podium, { pull: false, folder, capabilities: plain });
  });
  afterAll(async () => {
    expect(await client.stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a file and waits for what is pushed. */
  async function open(name: string, text: string): Promise<PublishDiagnosticsParams> {
    const pushed = client.pushed(uri(name));
    await client.open(uri(name), text);
    return pushed;
  }

  it('is told what is wrong, by version, and of every opened version', async () => {
    const wrong = await open('pod.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: A_b\nspec: {}\n');
    expect(wrong.version).toBe(1);
    expect(wrong.diagnostics.length).toBeGreaterThan(0);
    expect((await open('notes.yaml', 'just: notes\n')).diagnostics).toEqual([]);
    expect((await open('empty.yaml', '')).diagnostics).toEqual([]);
  });

  it('has the features that it asks for', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n    name: a\ndata:\n    a:   "1"\n';
    await open('map.yaml', text);
    const textDocument = { uri: uri('map.yaml') };
    const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument });
    expect(symbols.map(({ name }) => name)).toEqual(['ConfigMap/a']);
    expect((await client.request<FoldingRange[]>('textDocument/foldingRange', { textDocument })).length).toBe(2);
    const options = { tabSize: 2, insertSpaces: true };
    expect((await client.request<TextEdit[]>('textDocument/formatting', { textDocument, options })).length).toBe(2);
    expect(await client.hover(textDocument.uri, { line: 4, character: 1 })).not.toBeNull();
    expect((await client.complete(textDocument.uri, { line: 0, character: 0 })).length).toBeGreaterThan(0);
    await client.request<Location[]>('textDocument/definition', { textDocument, position: { line: 3, character: 11 } });
  });

  it('finds what comes to the disk, though it watches nothing itself', async () => {
    await client.indexed();
    const named = async (query: string): Promise<string[]> => {
      const found = await client.request<SymbolInformation[]>('workspace/symbol', { query });
      return found.map(({ name }) => name);
    };
    expect(await named('service/web')).toEqual(['Service/web']);
    writeFileSync(join(folder, 'later.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: later\n');
    await expect.poll(() => named('later'), { timeout: 10_000 }).toEqual(['Namespace/later']);
    rmSync(join(folder, 'later.yaml'));
    await expect.poll(() => named('later'), { timeout: 10_000 }).toEqual([]);
  });

  it('gets an error for what is not served, and goes on', async () => {
    await expect(client.request('textDocument/nothing', {})).rejects.toThrow(/Unhandled method/);
    expect(await client.hover('file:///nowhere.yaml', { line: 3, character: 3 })).toBeNull();
  });
});
