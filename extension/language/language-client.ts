import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

/** Starts the language server with the first YAML or JSON document that is opened. */
export class LanguageClientHost implements vscode.Disposable {
  private client: Promise<LanguageClient> | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.subscription = vscode.workspace.onDidOpenTextDocument((document) => this.consider(document));
    vscode.workspace.textDocuments.forEach((document) => this.consider(document));
  }

  dispose(): void {
    this.subscription.dispose();
    void this.client?.then(
      (client) => client.dispose(),
      () => {},
    );
  }

  private consider({ languageId }: vscode.TextDocument): void {
    if (this.client || (languageId !== 'yaml' && languageId !== 'json')) return;
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
        documentSelector: [{ language: 'yaml' }, { language: 'json' }],
      },
    );
    await client.start();
    return client;
  }
}
