import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  type Diagnostic,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node';
import { catalogue } from '../../runtime/api/catalogue';
import { OpenApi } from '../../runtime/api/openapi';

/** A language server to be measured. */
export interface LanguageServer {
  name: string;
  command: readonly string[];
  /** What it answers `workspace/configuration` with, for each section. */
  settings: Readonly<Record<string, object>>;
  /** What it is told before the first document. */
  prepare(connection: ProtocolConnection): void;
}

export const podium: LanguageServer = {
  name: 'Podium',
  command: [process.execPath, 'dist/server.js', '--stdio'],
  settings: {},
  prepare: () => {},
};

/**
 * The editors' usual one, with the schema of the same Kubernetes version. It would fetch that from the network; here the client
 * hands it over, as an editor may.
 */
export function yamlLanguageServer(): LanguageServer {
  const home = join('node_modules', 'yaml-language-server');
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const content = kubernetesSchemas();
  return {
    name: `yaml-language-server ${version}`,
    command: [process.execPath, join(home, 'bin/yaml-language-server'), '--stdio'],
    settings: {
      yaml: { validate: true, hover: true, completion: true, schemas: { kubernetes: '*.yaml' }, schemaStore: { enable: false } },
    },
    prepare(connection) {
      connection.onRequest('vscode/content', (uri: string) => content(uri.slice(uri.lastIndexOf('/') + 1)));
      void connection.sendNotification('yaml/registerContentRequest');
    },
  };
}

/** `all.json` and `_definitions.json`, as the schemas are published: nothing but known fields. */
function kubernetesSchemas(): (name: string) => string {
  const { definitions } = JSON.parse(new OpenApi(catalogue.resources()).v2()) as { definitions: Record<string, Definition> };
  for (const definition of Object.values(definitions)) {
    if (definition.properties) definition.additionalProperties = false;
    const [gvk] = definition['x-kubernetes-group-version-kind'] ?? [];
    if (!gvk || !definition.properties) continue;
    definition.properties['kind'] = { type: 'string', enum: [gvk.kind] };
    definition.properties['apiVersion'] = { type: 'string', enum: [gvk.group ? `${gvk.group}/${gvk.version}` : gvk.version] };
  }
  const kinds = Object.keys(definitions).filter((name) => definitions[name]?.['x-kubernetes-group-version-kind']);
  const texts: Record<string, string> = {
    'all.json': JSON.stringify({ oneOf: kinds.map((name) => ({ $ref: `_definitions.json#/definitions/${name}` })) }),
    '_definitions.json': JSON.stringify({ definitions }),
  };
  return (name) => texts[name] ?? '{}';
}

interface Definition {
  properties?: Record<string, object>;
  additionalProperties?: boolean;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

/** A client that takes diagnostics as the server pushes them. */
export class BenchClient {
  private readonly arrivals = new Map<string, (params: PublishDiagnosticsParams) => void>();
  private version = 1;

  private constructor(
    private readonly child: ChildProcess,
    readonly connection: ProtocolConnection,
  ) {}

  static async start(server: LanguageServer, folder: string, pulls = false): Promise<BenchClient> {
    const [command = '', ...args] = server.command;
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const connection = createProtocolConnection(child.stdout, child.stdin);
    const client = new BenchClient(child, connection);
    connection.onRequest('workspace/configuration', ({ items }: { items: { section?: string }[] }) =>
      items.map(({ section = '' }) => server.settings[section] ?? {}),
    );
    connection.onRequest('client/registerCapability', () => null);
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) =>
      client.arrivals.get(params.uri)?.(params),
    );
    connection.listen();
    const uri = pathToFileURL(folder).href;
    await connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: 'bench' }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true },
        ...(pulls && { textDocument: { diagnostic: {} } }),
      },
    });
    await connection.sendNotification('initialized', {});
    server.prepare(connection);
    return client;
  }

  /** Asks for the findings of an open document: the server has no pause of its own in the answer, as it has before a push. */
  async pull(uri: string): Promise<Diagnostic[]> {
    const report = await this.connection.sendRequest<{ items: Diagnostic[] }>('textDocument/diagnostic', { textDocument: { uri } });
    return report.items;
  }

  /** Opens a document; resolves with its findings. */
  open(uri: string, text: string): Promise<Diagnostic[]> {
    const found = this.findings(uri);
    this.show(uri, text);
    return found;
  }

  /** Replaces a stretch of one line; resolves with the findings of the text as it then is. */
  edit(uri: string, line: number, from: number, to: number, text: string): Promise<Diagnostic[]> {
    const found = this.findings(uri);
    this.change(uri, line, from, to, text);
    return found;
  }

  /** Opens a document and tells nothing of it. */
  show(uri: string, text: string): void {
    const textDocument = { uri, languageId: 'yaml', version: this.version, text };
    void this.connection.sendNotification('textDocument/didOpen', { textDocument });
  }

  change(uri: string, line: number, from: number, to: number, text: string): void {
    const range = { start: { line, character: from }, end: { line, character: to } };
    void this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++this.version },
      contentChanges: [{ range, text }],
    });
  }

  close(uri: string): Promise<void> {
    return this.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  }

  /** Resident, in MB. */
  memory(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    await ended;
  }

  private findings(uri: string): Promise<Diagnostic[]> {
    return new Promise((done) => {
      this.arrivals.set(uri, ({ diagnostics }) => {
        this.arrivals.delete(uri);
        done(diagnostics);
      });
    });
  }
}
