import { type Connection, type InitializeResult, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { registerDiagnostics } from './features/diagnostics';
import { openDocuments } from './open-documents';

declare const PODIUM_VERSION: string;

/** Serves one client: a VS Code, or any other editor over stdio. */
export function startLanguageServer(connection: Connection): void {
  const documents = openDocuments(connection);
  connection.onInitialize(({ capabilities }): InitializeResult => {
    const pull = capabilities.textDocument?.diagnostic !== undefined;
    registerDiagnostics(connection, documents, { pull });
    return {
      serverInfo: { name: 'podium', version: PODIUM_VERSION },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        ...(pull && { diagnosticProvider: { identifier: 'podium', interFileDependencies: false, workspaceDiagnostics: false } }),
      },
    };
  });
  connection.listen();
}
