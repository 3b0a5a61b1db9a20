import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editorMethods } from '../../runtime/client/editor-protocol';
import { eventually } from '../support/test-cluster';
import { LanguageClient } from './language-client';

/** Renders the chart's one template otherwise than the server's own engine would. */
const rendered = `---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: three
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
`;
const template = rendered.split('\n').slice(2).join('\n').replace('three', '{{ .Values.replicas }}');

let folder: string;
let client: LanguageClient;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podium-helm-'));
  cpSync(join(import.meta.dirname, 'helm/binary'), folder, { recursive: true });
  mkdirSync(join(folder, 'chart/templates'));
  writeFileSync(join(folder, 'chart/templates/deployment.yaml'), template);
});

afterEach(async () => {
  await client.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that answers as helm would. */
function helm(script: string): string {
  const path = join(folder, 'helm');
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" >> ${folder}/calls\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const printing = (text: string): string => `cat <<'END'\n${text}END`;
const calls = (): string[] => {
  try {
    return readFileSync(join(folder, 'calls'), 'utf8').split('\n');
  } catch {
    return [];
  }
};

async function start(path: string, trusted: boolean): Promise<() => Promise<string[]>> {
  client = await LanguageClient.inProcess({
    pull: true,
    folder: join(folder, 'chart'),
    settings: { helm: { path } },
    initializationOptions: { trusted },
  });
  const uri = pathToFileURL(join(folder, 'chart/templates/deployment.yaml')).href;
  await client.open(uri, template);
  return async () =>
    (await client.pull(uri)).map(({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);
}

describe('helm where it is installed', () => {
  it('renders the chart, and what is wrong is told at the template’s line', async () => {
    const found = await start(helm(printing(rendered)), true);
    expect(await found()).toEqual([]);
    await eventually(async () => expect(await found()).toEqual([expect.stringMatching(/^6:3 .*replicas/)]));
    expect(calls()).toEqual(['template', 'release-name', join(folder, 'chart'), '--namespace', 'default', '']);
  });

  it('leaves what it renders alike to the server’s own engine', async () => {
    const found = await start(helm(printing(rendered.replace('three', '2'))), true);
    await eventually(async () => {
      expect(await found()).toEqual([]);
      expect(calls()).not.toEqual([]);
    });
    expect(await found()).toEqual([]);
  });

  it('says where it stops', async () => {
    const error = 'Error: execution error at (web/templates/deployment.yaml:6:13): too few replicas';
    const found = await start(helm(`echo '${error}' >&2; exit 1`), true);
    await eventually(async () => expect(await found()).toEqual(['6:13 too few replicas']));
  });

  it('is not run before the workspace is trusted', async () => {
    const found = await start(helm(printing(rendered)), false);
    expect(await found()).toEqual([]);
    await client.connection.sendNotification(editorMethods.trusted);
    await eventually(async () => expect(await found()).toHaveLength(1));
    // The one run is that after the workspace was trusted.
    expect(calls().filter((word) => word === 'template')).toHaveLength(1);
  });

  it('that is not there is done without', async () => {
    const found = await start(join(folder, 'no-helm'), true);
    expect(await found()).toEqual([]);
    expect(await found()).toEqual([]);
  });
});
