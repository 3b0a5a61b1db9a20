import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import {
  type CompletionItem,
  type CompletionList,
  createProtocolConnection,
  type Diagnostic,
  type DocumentDiagnosticReport,
  type Hover,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node';

/** A plain client of the bundled language server, over stdio. */
export class LanguageClient {
  private constructor(
    private readonly child: ChildProcess,
    private readonly connection: ProtocolConnection,
    readonly initialized: InitializeResult,
  ) {}

  static async start({ pull, server = 'dist/server.js' }: { pull: boolean; server?: string }): Promise<LanguageClient> {
    const child = spawn(process.execPath, [resolve(server), '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const connection = createProtocolConnection(child.stdout, child.stdin);
    connection.listen();
    const gone = new Promise<never>((_, reject) => {
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    gone.catch(() => {});
    const capabilities = pull ? { textDocument: { diagnostic: {} } } : {};
    const asked = connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities,
    });
    const initialized = await Promise.race([gone, asked]);
    await connection.sendNotification('initialized', {});
    return new LanguageClient(child, connection, initialized);
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
    const exited = new Promise<number | null>((done) => this.child.once('exit', done));
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    return exited;
  }
}
