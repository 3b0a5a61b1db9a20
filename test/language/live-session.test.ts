import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodeAction, LogMessageParams } from 'vscode-languageserver-protocol';
import { editorMethods, type DriftParams } from '../../runtime/client/editor-protocol';
import { eventually } from '../support/test-cluster';
import { kubeconfigOf, LiveEditor, LiveServer } from './live-server';
import { SeveredNetwork } from './severed-network';

const uri = 'file:///manifest.yaml';
const labels = { app: 'web' };
const spec = {
  replicas: 3,
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
};
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec };
const manifest = JSON.stringify(deployment, undefined, 1).replaceAll(/^ */gm, (indent) => indent);
const ready = (count: number): object => ({
  replicas: 3,
  updatedReplicas: 3,
  readyReplicas: count,
  observedGeneration: 1,
});
const nameHint = async (editor: LiveEditor): Promise<string | undefined> => (await editor.hintTexts(uri))[0];

let server: LiveServer;
let network: SeveredNetwork;
const open: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await LiveServer.start();
  await server.put({ ...deployment, status: ready(3) });
  network = await SeveredNetwork.to(server.server.port);
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
  await network.close();
  await server.close();
});

async function start(token?: string, options: Parameters<typeof LiveEditor.start>[1] = {}): Promise<LiveEditor> {
  const kubeconfigText = kubeconfigOf(`https://127.0.0.1:${network.port}`, server.server.ca, token);
  const editor = await LiveEditor.start({ kubeconfigText }, options);
  open.push(editor);
  await editor.client.open(uri, manifest, 'json');
  return editor;
}

async function shows(editor: LiveEditor, text: string): Promise<void> {
  await eventually(async () => expect(await nameHint(editor)).toBe(text));
}

describe('completion', () => {
  const other = 'file:///other.yaml';

  async function offered(editor: LiveEditor, marked: string): Promise<string[]> {
    const offset = marked.indexOf('|');
    const text = marked.slice(0, offset) + marked.slice(offset + 1);
    const line = text.slice(0, offset).split('\n').length - 1;
    await editor.client.close(other);
    await editor.client.open(other, text);
    const items = await editor.client.complete(other, { line, character: offset - text.lastIndexOf('\n', offset - 1) - 1 });
    return items.map(({ label }) => label);
  }

  it('offers keys of ConfigMaps, and labels of pods, that only the cluster has', async () => {
    const metadata = { name: 'settings', namespace: 'shop' };
    await server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { LEVEL: 'debug', MODE: 'fast' } });
    const pod = { name: 'till', namespace: 'shop', labels: { team: 'north' } };
    await server.put({ apiVersion: 'v1', kind: 'Pod', metadata: pod, spec: { containers: [{ name: 'a', image: 'b' }] } });
    const editor = await start();
    const use = (key: string): string =>
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: shop}\nspec:\n  containers:\n  - name: a\n    env:\n' +
      `    - name: A\n      valueFrom:\n        configMapKeyRef:\n          name: settings\n          key: ${key}\n`;
    const service = (selector: string): string =>
      `apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: shop}\nspec:\n  selector:\n    ${selector}\n`;
    await eventually(async () => expect(await offered(editor, use('|'))).toEqual(['LEVEL', 'MODE']));
    await eventually(async () => expect(await offered(editor, service('|'))).toContain('team'));
    expect(await offered(editor, service('team: |'))).toEqual(['north']);
  });
});

describe('hints', () => {
  it('follow the cluster, and the client is asked to show them no more than five times a second', async () => {
    const editor = await start();
    await shows(editor, '3/3 ready');
    const before = editor.hintRefreshes.length;
    for (let i = 0; i < 30; i++) await server.status(deployment, ready(i % 3));
    await shows(editor, '2/3 ready');
    await eventually(() => expect(editor.hintRefreshes.length).toBeGreaterThan(before));
    const [first = 0, last = 0] = [editor.hintRefreshes[0], editor.hintRefreshes.at(-1)];
    // Messages take their time: single gaps may be shorter, the number in all may not be larger.
    expect(editor.hintRefreshes.length).toBeLessThanOrEqual(Math.ceil((last - first) / 200) + 2);
  });

  it('ask for nothing when an event changes nothing that is shown', async () => {
    const editor = await start();
    await shows(editor, '3/3 ready');
    await eventually(() => expect(editor.hintRefreshes.length).toBeGreaterThan(0));
    const before = editor.hintRefreshes.length;
    await server.patch(deployment, { metadata: { annotations: { seen: 'yes' } } });
    await server.status(deployment, ready(2));
    await shows(editor, '2/3 ready');
    await eventually(() => expect(editor.hintRefreshes.length).toBeGreaterThan(before));
    expect(editor.hintRefreshes.length).toBe(before + 1);
  });

  it('keep still on the line that is being typed at, and catch up afterwards', async () => {
    const editor = await start();
    await shows(editor, '3/3 ready');
    const typed = manifest.replace('"web",', '"web" ,');
    let version = 2;
    const type = () => editor.client.replace(uri, version, version++ % 2 === 0 ? typed : manifest);
    await type();
    await server.status(deployment, ready(1));
    await eventually(async () => {
      await type();
      // The other hint tells that the event has arrived.
      expect(await editor.hintTexts(uri)).toEqual(['3/3 ready', '1 → 3', '→ no pods']);
    });
    await shows(editor, '1/3 ready');
  });

  it('are those of the namespace that the context works in, and go with the cluster', async () => {
    const editor = await start();
    await editor.client.replace(
      uri,
      2,
      manifest.replace(/\n *"namespace": "shop"/, '').replace('"web",\n  }', '"web"\n  }'),
    );
    await shows(editor, '3/3 ready');
    await editor.client.connection.sendNotification(editorMethods.cluster, null);
    await eventually(async () => expect(await editor.hintTexts(uri)).toEqual([]));
    await eventually(() => expect(network.connections).toBe(0));
    await eventually(() => expect(editor.states.at(-1)).toEqual({ state: 'none' }));
  });

  it('come by the settings too, for a client that names no cluster', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podium-live-'));
    open.push({ stop: async () => rmSync(folder, { recursive: true }) });
    writeFileSync(`${folder}/config`, kubeconfigOf(server.server.url, server.server.ca));
    const editor = await LiveEditor.start(undefined, { settings: { cluster: { kubeconfig: `${folder}/config` } } });
    open.push(editor);
    await editor.client.open(uri, manifest, 'json');
    await shows(editor, '3/3 ready');
  });
});

describe('drift', () => {
  it('is told to a client that marks it, when the file or the cluster changes', async () => {
    const told: DriftParams[] = [];
    const editor = await start(undefined, { initializationOptions: { drift: true } });
    editor.client.connection.onNotification(editorMethods.drift, (params: DriftParams) => void told.push(params));
    await shows(editor, '3/3 ready');
    await server.patch(deployment, { spec: { replicas: 5 } }, 'somebody');
    await eventually(() =>
      expect(told.at(-1)?.fields).toMatchObject([{ path: 'spec.replicas', file: '3', live: '5', manager: 'somebody' }]),
    );
    await editor.client.replace(uri, 2, manifest.replace('"replicas": 3', '"replicas": 5'));
    await eventually(() => expect(told.at(-1)).toMatchObject({ version: 2, fields: [] }));
    expect((await editor.client.pull(uri)).filter(({ code }) => code === 'Drift')).toEqual([]);
  });
});

describe('references', () => {
  const pod = `apiVersion: v1
kind: Pod
metadata:
  name: reader
spec:
  containers:
  - name: main
    image: reader:1
    envFrom:
    - configMapRef:
        name: settings
`;
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } };

  it('lead nowhere where the cluster has no such object either, until it has', async () => {
    const editor = await start();
    const other = 'file:///pod.yaml';
    await editor.client.open(other, pod);
    const broken = async () => (await editor.client.pull(other)).filter(({ code }) => /^missing-/.test(String(code)));
    await eventually(async () => expect(await broken()).toMatchObject([{ range: { start: { line: 10 } } }]));
    const before = editor.findingRefreshes.length;
    await server.put(settings);
    await eventually(async () => expect(await broken()).toEqual([]));
    await eventually(() => expect(editor.findingRefreshes.length).toBeGreaterThan(before));
    await server.client.configMaps.delete('settings', 'shop');
    await eventually(async () => expect(await broken()).toHaveLength(1));
  });
});

describe('keys', () => {
  const file = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { written: "1" }
---
apiVersion: v1
kind: Pod
metadata: { name: reader, namespace: shop }
spec:
  containers:
  - name: main
    image: reader:1
    env:
    - name: A
      valueFrom: { configMapKeyRef: { name: settings, key: elsewhere } }
    - name: B
      valueFrom: { configMapKeyRef: { name: settings, key: nowhere } }
`;

  it('that only the cluster’s object has are not missing', async () => {
    const editor = await start();
    const other = 'file:///keys.yaml';
    await editor.client.open(other, file);
    const missing = async () =>
      (await editor.client.pull(other)).filter(({ code }) => code === 'missing-key').map(({ range }) => range.start.line);
    await eventually(async () => expect(await missing()).toEqual([14, 16]));
    const metadata = { name: 'settings', namespace: 'shop' };
    await server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { elsewhere: 'a value' } });
    await eventually(async () => expect(await missing()).toEqual([16]));
  });
});

describe('fixes', () => {
  const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\ndata: { host: a }\n';
  const pod = (name: string, key = 'hots') => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop }
spec:
  containers:
  - name: main
    image: reader:1
    env:
    - name: HOST
      valueFrom: { configMapKeyRef: { name: settings, key: ${key} } }
`;

  it('are proven by the cluster, and not offered if it refuses them', async () => {
    // Of a pod that is there, the environment can't be changed.
    await server.seed(pod('there'));
    const editor = await start();
    const other = 'file:///pods.yaml';
    await editor.client.open(other, [settings, pod('new'), pod('there')].join('---\n'));
    const offered = async (line: number) => {
      const range = { start: { line, character: 60 }, end: { line, character: 60 } };
      const params = { textDocument: { uri: other }, range, context: { diagnostics: [], only: ['quickfix'] } };
      const actions = await editor.client.request<CodeAction[]>('textDocument/codeAction', params);
      return actions.filter(({ title }) => title.startsWith('Change to'));
    };
    const proven = { title: 'Change to "host" (checked by the cluster)', isPreferred: true };
    await eventually(async () => expect(await offered(14)).toMatchObject([proven]));
    await eventually(async () => expect(await offered(25)).toEqual([]));
    await editor.client.connection.sendNotification(editorMethods.cluster, null);
    await eventually(async () => expect(await offered(25)).toMatchObject([{ title: 'Change to "host"' }]));
  });
});

describe('the Kubernetes version', () => {
  const pdb = 'apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec: {}\n';

  it('is the connected cluster’s unless the settings tell one', async () => {
    const older = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url !== '/version') response.statusCode = 404;
      response.end(JSON.stringify({ gitVersion: 'v1.20.4' }));
    });
    await new Promise<void>((done) => older.listen(0, '127.0.0.1', done));
    open.push({ stop: async () => older.closeAllConnections() ?? void older.close() });
    const { port } = older.address() as AddressInfo;
    const kubeconfigText = kubeconfigOf(`http://127.0.0.1:${port}`, server.server.ca);
    for (const [settings, codes] of [[{}, []], [{ kubernetesVersion: '1.36' }, ['RemovedVersion']]] as const) {
      const editor = await LiveEditor.start({ kubeconfigText }, { settings });
      open.push(editor);
      await editor.client.open(uri, pdb);
      await eventually(() => expect(editor.states.at(-1)?.state).toBe('connected'));
      const errors = async () => (await editor.client.pull(uri)).filter(({ severity }) => severity === 1);
      await eventually(async () => expect((await errors()).map(({ code }) => code)).toEqual(codes));
    }
  });
});

describe('a cluster that fails', () => {
  it('loses its watches and is caught up with; what was known stays meanwhile', async () => {
    const editor = await start();
    await shows(editor, '3/3 ready');
    network.cut();
    expect(await nameHint(editor)).toBe('3/3 ready');
    await server.status(deployment, ready(0));
    await shows(editor, '0/3 ready');
    expect(editor.states.map(({ state }) => state)).not.toContain('unreachable');
  });

  it('is unreachable, and costs neither an answer nor a secret', async () => {
    await network.close();
    const logged: string[] = [];
    const editor = await start('a-very-secret-token');
    editor.client.connection.onNotification(
      'window/logMessage',
      ({ message }: LogMessageParams) => void logged.push(message),
    );
    await eventually(() => expect(editor.states.at(-1)).toMatchObject({ state: 'unreachable', context: 'test' }));
    expect(editor.states.at(-1)?.message).toContain('ECONNREFUSED');
    expect(await editor.hintTexts(uri)).toEqual([]);
    expect(await editor.client.pull(uri)).toEqual([]);
    expect(JSON.stringify([logged, editor.states])).not.toContain('a-very-secret-token');
  });

  it('is slow, and nothing waits for it', async () => {
    network.clog();
    const editor = await start();
    expect(await editor.hintTexts(uri)).toEqual([]);
    expect(await editor.client.pull(uri)).toEqual([]);
    const position = { line: 1, character: 3 };
    expect(await editor.client.hover(uri, position)).not.toBeNull();
    await editor.stop();
    open.pop();
    await eventually(() => expect(network.connections).toBe(0));
  });

  it('refuses this user, and that is said', async () => {
    const editor = await start('wrong');
    await eventually(() =>
      expect(editor.states.at(-1)).toMatchObject({ state: 'unreachable', message: 'Unauthorized' }),
    );
  });

  it('has a kubeconfig that cannot be read, and that is said', async () => {
    const editor = await LiveEditor.start({ kubeconfigText: '{ contexts: 5' });
    open.push(editor);
    await eventually(() => expect(editor.states.at(-1)?.state).toBe('unreachable'));
    expect(editor.states.at(-1)?.message).toMatch(/^kubeconfig: /);
  });
});

describe('what is open to the cluster', () => {
  it('is closed when the server is shut down', async () => {
    const editor = await start();
    await shows(editor, '3/3 ready');
    expect(network.connections).toBeGreaterThan(2);
    await editor.stop();
    open.pop();
    await eventually(() => expect(network.connections).toBe(0));
  });
});

describe('a kind that the cluster defines', () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer', maximum: 10 } } },
                status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        },
      ],
    },
  };
  const widget = (size: number) =>
    `apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: ${size}\n`;
  const other = 'file:///widget.yaml';

  it('is validated by its schema there, and its objects are shown as their controller sums them up', async () => {
    await server.put(definition);
    const conditions = [{ type: 'Ready', status: 'False', reason: 'Warming', message: 'not yet' }];
    await eventually(() =>
      server.put({
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { name: 'w', namespace: 'shop' },
        spec: { size: 3 },
        status: { conditions },
      }),
    );
    const editor = await start();
    await editor.client.open(other, widget(11));
    await editor.client.pull(other);
    // The schema comes later than the first answer, and the client is told to ask again.
    await eventually(() => expect(editor.findingRefreshes.length).toBeGreaterThan(0));
    await eventually(async () => expect(await editor.hintTexts(other)).toEqual(['not Ready: Warming']));
    await eventually(async () => {
      const errors = (await editor.client.pull(other)).filter(({ severity }) => severity === 1);
      expect(errors).toMatchObject([
        { range: { start: { line: 5 } }, message: expect.stringContaining('less than or equal to 10') },
      ]);
    });
    await editor.client.replace(other, 2, widget(4));
    await eventually(async () => {
      const codes = (await editor.client.pull(other)).map(({ code }) => code);
      expect(codes).toEqual(['Drift']);
    });
  });
});
