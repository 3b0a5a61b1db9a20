import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

const languages = ['yaml', 'json'];
/** Not what a repository's history or a comparison shows. */
const schemes = ['file', 'untitled', 'vscode-vfs'];

/** Starts the language server with the first document that may be a manifest. */
export class LanguageClientHost implements vscode.Disposable {
  private client: Promise<LanguageClient> | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.consider(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.consider(document)),
    ];
    vscode.workspace.textDocuments.forEach((document) => this.consider(document));
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
    void this.client?.then(
      (client) => client.dispose(),
      () => {},
    );
  }

  private consider(document: vscode.TextDocument): void {
    if (this.client || !mayBeManifest(document)) return;
    this.client = this.start();
    this.client.catch((error: unknown) => this.output.error(`the language server did not start: ${String(error)}`));
  }

  private async start(): Promise<LanguageClient> {
    const { LanguageClient, TransportKind } = await import('vscode-languageclient/node');
    const module = vscode.Uri.joinPath(this.context.extensionUri, 'dist/server.js').fsPath;
    const client = new LanguageClient(
      'podium',
      'Podium Language Server',
      { module, transport: TransportKind.ipc },
      {
        documentSelector: languages.flatMap((language) => schemes.map((scheme) => ({ language, scheme }))),
      },
    );
    await client.start();
    return client;
  }
}

/** Any YAML, since a manifest may be about to be written; of JSON, which is mostly settings, what names a version. */
function mayBeManifest(document: vscode.TextDocument): boolean {
  const { languageId, uri } = document;
  if (!schemes.includes(uri.scheme)) return false;
  return languageId === 'yaml' || (languageId === 'json' && document.getText().includes('"apiVersion"'));
}
