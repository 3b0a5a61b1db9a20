import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { createConnection } from 'vscode-languageserver/node';
import {
  type ClientCapabilities,
  type CompletionItem,
  type CompletionList,
  type ConfigurationParams,
  createProtocolConnection,
  type Diagnostic,
  type DocumentDiagnosticReport,
  type Hover,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node';
import { type EditorInitialization, editorMethods, type WorkspaceIndexed } from '../../runtime/client/editor-protocol';
import { startLanguageServer } from '../../server/language-server';

export interface ClientOptions {
  /** Whether the client pulls diagnostics. */
  pull: boolean;
  /** The workspace's folder. */
  folder?: string;
  /** What it answers when the server asks for `podium` settings. */
  settings?: object;
  initializationOptions?: EditorInitialization;
  capabilities?: ClientCapabilities;
}

/** A plain client of the language server: of the bundle over stdio, or of the sources in this process. */
export class LanguageClient {
  private constructor(
    private readonly separate: boolean,
    private readonly ended: Promise<number | null>,
    readonly connection: ProtocolConnection,
    readonly initialized: InitializeResult,
  ) {}

  static start({ server = 'dist/server.js', ...options }: ClientOptions & { server?: string }): Promise<LanguageClient> {
    return LanguageClient.spawn([process.execPath, resolve(server), '--stdio'], options);
  }

  static async spawn([command = '', ...args]: readonly string[], options: ClientOptions): Promise<LanguageClient> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    return LanguageClient.connect(createProtocolConnection(child.stdout, child.stdin), ended, options);
  }

  static async inProcess(options: ClientOptions): Promise<LanguageClient> {
    const [toServer, toClient] = [new PassThrough(), new PassThrough()];
    startLanguageServer(createConnection(toServer, toClient));
    return LanguageClient.connect(createProtocolConnection(toClient, toServer), undefined, options);
  }

  private static async connect(
    connection: ProtocolConnection,
    ended: Promise<number | null> | undefined,
    options: ClientOptions,
  ): Promise<LanguageClient> {
    connection.onRequest('workspace/configuration', ({ items }: ConfigurationParams) =>
      items.map(() => options.settings ?? {}),
    );
    connection.onRequest('client/registerCapability', () => null);
    connection.onRequest('workspace/diagnostic/refresh', () => null);
    connection.listen();
    const folders = options.folder ? [{ name: 'workspace', uri: pathToFileURL(options.folder).href }] : null;
    const asked = connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: folders,
      initializationOptions: options.initializationOptions,
      capabilities: { ...(options.pull && { textDocument: { diagnostic: {} } }), workspace: { configuration: true }, ...options.capabilities },
    });
    const gone = ended?.then((code) => Promise.reject(new Error(`the server ended with ${code}`)));
    const initialized = await (gone ? Promise.race([gone, asked]) : asked);
    gone?.catch(() => {});
    await connection.sendNotification('initialized', {});
    return new LanguageClient(ended !== undefined, ended ?? Promise.resolve(0), connection, initialized);
  }

  /** Any request. */
  request<R>(method: string, params: object): Promise<R> {
    return this.connection.sendRequest<R>(method, params);
  }

  /** Once the workspace has been scanned. */
  indexed(): Promise<WorkspaceIndexed> {
    return this.connection.sendRequest(editorMethods.workspaceIndexed);
  }

  open(uri: string, text: string, languageId = 'yaml'): Promise<void> {
    return this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: 1, text },
    });
  }

  replace(uri: string, version: number, text: string): Promise<void> {
    return this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    });
  }

  close(uri: string): Promise<void> {
    return this.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  }

  async pull(uri: string): Promise<Diagnostic[]> {
    const report = await this.connection.sendRequest<DocumentDiagnosticReport>('textDocument/diagnostic', {
      textDocument: { uri },
    });
    return report.kind === 'full' ? report.items : [];
  }

  /** The next diagnostics that the server pushes. Ask before what makes it push. */
  pushed(uri: string): Promise<PublishDiagnosticsParams> {
    return new Promise((done) => {
      const subscription = this.connection.onNotification(
        'textDocument/publishDiagnostics',
        (params: PublishDiagnosticsParams) => {
          if (params.uri !== uri) return;
          subscription.dispose();
          done(params);
        },
      );
    });
  }

  hover(uri: string, position: Position): Promise<Hover | null> {
    return this.connection.sendRequest('textDocument/hover', { textDocument: { uri }, position });
  }

  async complete(uri: string, position: Position): Promise<CompletionItem[]> {
    const result = await this.connection.sendRequest<CompletionItem[] | CompletionList | null>(
      'textDocument/completion',
      { textDocument: { uri }, position },
    );
    return Array.isArray(result) ? result : (result?.items ?? []);
  }

  /** The exit code after an orderly end. */
  async stop(): Promise<number | null> {
    await this.connection.sendRequest('shutdown');
    // In this process `exit` would end the tests.
    if (this.separate) await this.connection.sendNotification('exit');
    else this.connection.dispose();
    return this.ended;
  }
}
