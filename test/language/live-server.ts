import { setTimeout as sleep } from 'node:timers/promises';
import type { InlayHint } from 'vscode-languageserver-protocol';
import type { UntypedObject } from '../../runtime/api/kinds';
import { createAdmission } from '../../runtime/apiserver/admission';
import { parseManifests } from '../../runtime/api/yaml';
import type { ClusterState, ClusterTarget } from '../../runtime/client/editor-protocol';
import { editorMethods } from '../../runtime/client/editor-protocol';
import { Client } from '../../runtime/client/resource-client';
import { TestServer, type TestServerOptions } from '../apiserver/test-server';
import { type ClientOptions, LanguageClient } from './language-client';

/** The admission of a cluster, for servers that are to refuse what one would. */
export const withAdmission: TestServerOptions = {
  components: ({ lister, transport, clock }) => ({
    admission: createAdmission({
      lister,
      transport,
      clock,
      dial: () => Promise.reject(new Error('there is no network')),
    }),
  }),
};

const admin = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** An API server on loopback, whose objects a test writes as controllers and kubelets would. */
export class LiveServer {
  private readonly uids = new Map<string, string>();

  private constructor(
    readonly server: TestServer,
    readonly client: Client,
  ) {}

  static async start(options: TestServerOptions = {}): Promise<LiveServer> {
    const server = await TestServer.start(options);
    const live = new LiveServer(server, new Client(server.api.transport(admin)));
    for (const name of ['default', 'shop']) await live.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return live;
  }

  /** What the language server is told. */
  target(more: ClusterTarget = {}): ClusterTarget {
    return { kubeconfigText: kubeconfigOf(this.server.url, this.server.ca), ...more };
  }

  /**
   * Creates the objects of a text with their status. An annotation `test/manager` names who does so;
   * an event's uid `@web` is that of the object `web`.
   */
  async seed(text: string): Promise<void> {
    for (const { value } of parseManifests(text)) await this.put(value as UntypedObject);
  }

  async put({ status, ...object }: UntypedObject): Promise<void> {
    const { 'test/manager': fieldManager = 'kubectl', ...annotations } = object.metadata.annotations ?? {};
    const resource = this.client.resource<UntypedObject>(await this.client.resourceFor(object));
    const about = object['involvedObject'] as { uid?: string } | undefined;
    if (about?.uid?.startsWith('@')) about.uid = this.uids.get(about.uid.slice(1)) ?? '';
    const { metadata } = await resource.create(
      { ...object, metadata: { ...object.metadata, annotations } },
      { fieldManager },
    );
    this.uids.set(metadata.name, metadata.uid);
    if (status) await this.status(object, status);
  }

  /** What a controller or kubelet would report. */
  async status(object: UntypedObject, status: unknown): Promise<void> {
    const { name = '', namespace } = object.metadata;
    const resource = this.client.resource<UntypedObject>(await this.client.resourceFor(object));
    await resource.patch(name, namespace, 'merge', { status }, { subresource: 'status', fieldManager: 'controller' });
  }

  async patch(object: UntypedObject, patch: object, fieldManager = 'kubectl'): Promise<void> {
    const { name = '', namespace } = object.metadata;
    const resource = this.client.resource<UntypedObject>(await this.client.resourceFor(object));
    await resource.patch(name, namespace, 'merge', patch, { fieldManager });
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

export function kubeconfigOf(server: string, ca: string, token = 'admin'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'shop' } }],
  });
}

/** A client of the language server that shows a cluster, and what it was told. */
export class LiveEditor {
  readonly states: ClusterState[] = [];
  /** Times at which the client was asked to show hints anew. */
  readonly hintRefreshes: number[] = [];
  readonly findingRefreshes: number[] = [];

  private constructor(readonly client: LanguageClient) {}

  static async start(cluster: ClusterTarget | undefined, options: Partial<ClientOptions> = {}): Promise<LiveEditor> {
    const refreshes = {
      inlayHint: { refreshSupport: true },
      diagnostics: { refreshSupport: true },
      codeLens: { refreshSupport: true },
    };
    const client = await LanguageClient.inProcess({
      pull: true,
      ...options,
      ...((cluster ?? options.initializationOptions) && {
        initializationOptions: { ...(cluster && { cluster }), ...options.initializationOptions },
      }),
      capabilities: { workspace: { configuration: true, ...refreshes }, textDocument: { diagnostic: {} } },
    });
    const editor = new LiveEditor(client);
    const { connection } = client;
    connection.onNotification(editorMethods.clusterState, (state: ClusterState) => void editor.states.push(state));
    connection.onRequest('workspace/inlayHint/refresh', () => {
      editor.hintRefreshes.push(Date.now());
      return null;
    });
    connection.onRequest('workspace/diagnostic/refresh', () => {
      editor.findingRefreshes.push(Date.now());
      return null;
    });
    connection.onRequest('workspace/codeLens/refresh', () => null);
    return editor;
  }

  async hints(uri: string): Promise<InlayHint[]> {
    const range = { start: { line: 0, character: 0 }, end: { line: 100_000, character: 0 } };
    return (
      (await this.client.request<InlayHint[] | null>('textDocument/inlayHint', { textDocument: { uri }, range })) ?? []
    );
  }

  /** The hints' words, in order. */
  async hintTexts(uri: string): Promise<string[]> {
    return (await this.hints(uri)).map(({ label }) => String(label));
  }

  /** What `show` gives once it has stayed the same for a while. */
  async settled(show: () => Promise<string>): Promise<string> {
    let last = '';
    for (let same = 0; same < 4;) {
      const now = await show();
      same = now === last && this.states.at(-1)?.state === 'connected' ? same + 1 : 0;
      last = now;
      await sleep(150);
    }
    return last;
  }

  async stop(): Promise<void> {
    await this.client.stop();
  }
}
