import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CancellationTokenSource,
  type WorkspaceDiagnosticReport,
  type WorkspaceDiagnosticReportPartialResult,
  WorkspaceDiagnosticRequest,
} from 'vscode-languageserver-protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LanguageClient } from './language-client';

const map = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

describe('diagnostics of the whole workspace', () => {
  let client: LanguageClient;
  let folder: string;
  const uri = (name: string): string => pathToFileURL(join(folder, name)).href;
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podium-workspace-diagnostics-'));
    write('bad.yaml', map('A'));
    write('good.yaml', map('a'));
    write('worse.yaml', map('B'));
    client = await LanguageClient.inProcess({ pull: true, folder });
  });
  afterEach(async () => {
    await client.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (known: { uri: string; value: string }[] = []): Promise<WorkspaceDiagnosticReport> =>
    client.connection.sendRequest(WorkspaceDiagnosticRequest.type, { previousResultIds: known });

  const idsOf = ({ items }: WorkspaceDiagnosticReport) =>
    items.map((item) => ({ uri: item.uri, value: item.resultId ?? '' }));

  const told = ({ items }: WorkspaceDiagnosticReport): string[] =>
    items
      .map((item) => `${item.uri.slice(uri('').length + 1)} ${item.kind === 'full' ? item.items.length : item.kind}`)
      .sort();

  it('are those of all files, open or not, and told once', async () => {
    const first = await ask();
    expect(told(first)).toEqual(['bad.yaml 1', 'worse.yaml 1']);
    expect(told(await ask(idsOf(first)))).toEqual(['bad.yaml unchanged', 'worse.yaml unchanged']);
    expect(told(await ask())).toEqual(['bad.yaml 1', 'worse.yaml 1']);
  });

  it('follow what is typed and what is deleted', async () => {
    const first = await ask();
    await client.open(uri('bad.yaml'), map('A'));
    await client.replace(uri('bad.yaml'), 2, map('b'));
    unlinkSync(join(folder, 'worse.yaml'));
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('worse.yaml'), type: 3 }],
    });
    await expect.poll(async () => told(await ask(idsOf(first)))).toEqual(['bad.yaml 0', 'worse.yaml 0']);
  });

  it('come in parts to who asks for parts', async () => {
    for (let i = 0; i < 120; i++) write(`many-${i}.yaml`, map(`M${i}`));
    await client.stop();
    client = await LanguageClient.inProcess({ pull: true, folder });
    const parts: number[] = [];
    const token = 'parts';
    const count = ({ items }: WorkspaceDiagnosticReportPartialResult): void => void parts.push(items.length);
    client.connection.onProgress(WorkspaceDiagnosticRequest.partialResult, token, count);
    const { items } = await client.connection.sendRequest(WorkspaceDiagnosticRequest.type, {
      previousResultIds: [],
      partialResultToken: token,
    });
    expect(parts).toEqual([50, 50]);
    expect(items).toHaveLength(22);
  });

  it('end with the cancellation', async () => {
    const source = new CancellationTokenSource();
    const answer = client.connection.sendRequest(
      WorkspaceDiagnosticRequest.type,
      { previousResultIds: [] },
      source.token,
    );
    source.cancel();
    await answer.catch((error: Error) => expect(error.message).toMatch(/cancel/i));
    expect(told(await ask())).toEqual(['bad.yaml 1', 'worse.yaml 1']);
  });
});
