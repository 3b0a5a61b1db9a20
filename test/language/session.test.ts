import { type CompletionItem, InsertTextMode, type MarkupContent } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LanguageClient } from './language-client';

const uri = 'file:///manifest.yaml';
const bad = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: A\n';
const good = bad.replace('A\n', 'a\n');
let client: LanguageClient;

/** Opens a manifest in which `|` marks the cursor. */
async function openAt(marked: string): Promise<{ text: string; position: { line: number; character: number } }> {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  await client.close(uri);
  await client.open(uri, text);
  return { text, position: TextDocument.create(uri, 'yaml', 1, text).positionAt(offset) };
}

async function completed(marked: string, label: string): Promise<{ labels: string[]; text: string }> {
  const { text, position } = await openAt(marked);
  const items = await client.complete(uri, position);
  const chosen = items.find((item) => item.label === label);
  return { labels: items.map((item) => item.label), text: chosen ? accept(text, chosen) : '' };
}

/** Applies an item as an editor does that adjusts the indentation of what it inserts to the line. */
function accept(text: string, { textEdit, additionalTextEdits = [], insertTextMode }: CompletionItem): string {
  if (!textEdit || !('range' in textEdit)) throw new Error('an item without a text edit');
  expect(insertTextMode).toBe(InsertTextMode.adjustIndentation);
  const indent = /^ */.exec(text.split('\n')[textEdit.range.start.line] ?? '')?.[0] ?? '';
  const adjusted = { ...textEdit, newText: textEdit.newText.replaceAll('\n', `\n${indent}`) };
  return TextDocument.applyEdits(TextDocument.create(uri, 'yaml', 1, text), [...additionalTextEdits, adjusted]);
}

async function hovered(marked: string): Promise<string> {
  const { position } = await openAt(marked);
  return ((await client.hover(uri, position))?.contents as MarkupContent | undefined)?.value ?? '';
}

describe('a session of the language server', () => {
  afterEach(async () => {
    expect(await client.stop()).toBe(0);
  });

  it('says what it is, and offers pulled diagnostics only to a client that pulls', async () => {
    client = await LanguageClient.start({ pull: false });
    expect(client.initialized.serverInfo?.name).toBe('podium');
    expect(client.initialized.capabilities.diagnosticProvider).toBeUndefined();
  });

  it('pulls what the document says now', async () => {
    client = await LanguageClient.start({ pull: true });
    expect(client.initialized.capabilities.diagnosticProvider).toBeDefined();
    await client.open(uri, bad);
    expect(await client.pull(uri)).toHaveLength(1);
    await client.replace(uri, 2, good);
    expect(await client.pull(uri)).toEqual([]);
  });

  it('pushes once for a burst of changes, and clears what it pushed when the document closes', async () => {
    client = await LanguageClient.start({ pull: false });
    const first = client.pushed(uri);
    await client.open(uri, good);
    for (const version of [2, 3, 4]) await client.replace(uri, version, version === 4 ? bad : `${good}# ${version}\n`);
    expect(await first).toMatchObject({ version: 4, diagnostics: [{ source: 'podium', code: 'FieldValueInvalid' }] });
    const cleared = client.pushed(uri);
    await client.close(uri);
    expect(await cleared).toMatchObject({ diagnostics: [] });
  });

  it('pushes what the last change left, also when changes waited while it was busy', async () => {
    client = await LanguageClient.start({ pull: false });
    const large = Array.from({ length: 3000 }, (_, i) => good.replace('name: a', `name: a${i}`)).join('---\n');
    await client.open('file:///large.yaml', large);
    await client.request('textDocument/hover', { textDocument: { uri }, position: { line: 0, character: 0 } });
    let next = client.pushed(uri);
    const folding = { textDocument: { uri: 'file:///large.yaml' } };
    const sent = [client.open(uri, good)];
    for (const version of [2, 3, 4]) {
      // Takes longer than the server waits for the next key.
      await client.replace('file:///large.yaml', version, `${large}# ${version}\n`);
      sent.push(client.replace(uri, version, version === 4 ? bad : good));
      void client.request('textDocument/foldingRange', folding);
    }
    await Promise.all(sent);
    const versions: number[] = [];
    for (let version = 0; version < 4; versions.push(version)) {
      version = (await next).version ?? 0;
      next = client.pushed(uri);
    }
    expect(versions).toEqual([...new Set(versions)].sort());
  });

  it('has nothing to say of a document that it was not shown', async () => {
    client = await LanguageClient.start({ pull: true });
    expect(await client.pull('file:///other.yaml')).toEqual([]);
    expect(await client.hover('file:///other.yaml', { line: 0, character: 0 })).toBeNull();
    expect(await client.complete('file:///other.yaml', { line: 0, character: 0 })).toEqual([]);
  });
});

describe('completion', () => {
  beforeAll(async () => {
    client = await LanguageClient.start({ pull: true });
  });
  afterAll(async () => {
    await client.stop();
  });

  it.each([
    {
      what: 'the kind, and the apiVersion that it needs',
      at: 'kind: Dep|',
      label: 'Deployment',
      text: 'apiVersion: apps/v1\nkind: Deployment',
    },
    {
      what: 'the kinds of a version',
      at: 'apiVersion: batch/v1\nkind: |',
      label: 'CronJob',
      text: 'apiVersion: batch/v1\nkind: CronJob',
    },
    {
      what: 'the version of a kind',
      at: 'apiVersion: |\nkind: Ingress',
      label: 'networking.k8s.io/v1',
      text: 'apiVersion: networking.k8s.io/v1\nkind: Ingress',
    },
    { what: 'a first line', at: '|', label: 'apiVersion', text: 'apiVersion: ' },
    {
      what: 'a field whose value stands beside it',
      at: 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  rep|\n  paused: true\n',
      label: 'replicas',
      text: 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: \n  paused: true\n',
    },
    {
      what: 'a field of the object inside',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  |',
      label: 'securityContext',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  securityContext:\n    ',
    },
    {
      what: 'a field of an item of a list',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    im|',
      label: 'image',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    image: ',
    },
    {
      what: 'the first field of a new item',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - |',
      label: 'name',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: ',
    },
    {
      what: 'a list as the first field of a new item',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - po|',
      label: 'ports',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - ports:\n      - ',
    },
    {
      what: 'a new item where the list has none',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    |',
      label: 'name',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: ',
    },
    {
      what: 'a field in place of another',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  node|X: n1\n',
      label: 'nodeName',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  nodeName: n1\n',
    },
    {
      what: 'one of a few values',
      at: 'apiVersion: v1\nkind: Service\nspec:\n  type: |\n',
      label: 'NodePort',
      text: 'apiVersion: v1\nkind: Service\nspec:\n  type: NodePort\n',
    },
    {
      what: 'a boolean',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: t|',
      label: 'true',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true',
    },
    {
      what: 'an item of a list of values',
      at: 'apiVersion: v1\nkind: PersistentVolumeClaim\nspec:\n  accessModes:\n  - Read|',
      label: 'ReadWriteOnce',
      text: 'apiVersion: v1\nkind: PersistentVolumeClaim\nspec:\n  accessModes:\n  - ReadWriteOnce',
    },
    {
      what: 'a field in a flow mapping',
      at: 'apiVersion: v1\nkind: Pod\nspec:\n  securityContext: { runAsU| }\n',
      label: 'runAsUser',
      text: 'apiVersion: v1\nkind: Pod\nspec:\n  securityContext: { runAsUser:  }\n',
    },
    {
      what: 'a field of an object in a list',
      at: 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  str|',
      label: 'stringData',
      text: 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  stringData:\n    ',
    },
    {
      what: 'the second document by its own kind',
      at: `${good}---\napiVersion: v1\nkind: Namespace\nspec:\n  f|`,
      label: 'finalizers',
      text: `${good}---\napiVersion: v1\nkind: Namespace\nspec:\n  finalizers:\n    - `,
    },
  ])('writes $what', async ({ at, label, text }) => {
    const { labels, text: accepted } = await completed(at, label);
    expect(labels).toContain(label);
    expect(accepted).toBe(text);
  });

  it('offers no field that is there already', async () => {
    const { labels } = await completed('apiVersion: v1\nkind: Pod\nspec:\n  nodeName: a\n  |', '');
    expect(labels).toContain('containers');
    expect(labels).not.toContain('nodeName');
  });

  it.each([
    'version: "3"\nservices:\n  web:\n    |',
    'on: push\n|',
    'apiVersion: v1\nkind: Pod\n# sp|',
    'apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    |',
  ])('is silent where nothing can be known: %j', async (at) => {
    expect((await completed(at, '')).labels).toEqual([]);
  });
});

describe('hover', () => {
  beforeAll(async () => {
    client = await LanguageClient.start({ pull: true });
  });
  afterAll(async () => {
    await client.stop();
  });

  it('tells what a field is for, its type and default', async () => {
    const text = await hovered('apiVersion: v1\nkind: Pod\nspec:\n  restart|Policy: Never\n');
    expect(text).toMatch(/^\*\*restartPolicy\*\* `string`\n\nRestart policy for all containers within the pod\./);
    expect(text).toContain('`OnFailure`');
  });

  it('tells what a kind is', async () => {
    expect(await hovered('apiVersion: apps/v1\nkind: Daemon|Set\n')).toMatch(/^\*\*DaemonSet\*\* `apps\/v1`\n\n\w+/);
  });

  it('finds a field in a list inside an item of a List', async () => {
    const text = await hovered(
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n' +
        '  spec:\n    containers:\n    - ima|ge: a:1\n',
    );
    expect(text).toMatch(/^\*\*image\*\* `string`/);
  });

  it.each([
    'apiVersion: example.com/v1\nkind: Widget\nsp|ec: {}\n',
    'apiVersion: v1\nkind: Pod\nspec:\n  no|pe: 1\n',
    '# ju|st a comment\n',
  ])('is silent where there is nothing to tell: %j', async (at) => {
    expect(await hovered(at)).toBe('');
  });
});
