import { type Connection, type InitializeResult, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { registerCompletion } from './features/completion';
import { registerDiagnostics } from './features/diagnostics';
import { registerHover } from './features/hover';
import { openDocuments } from './open-documents';

declare const PODIUM_VERSION: string;

/** Serves one client: a VS Code, or any other editor over stdio. */
export function startLanguageServer(connection: Connection): void {
  const documents = openDocuments(connection);
  registerHover(connection, documents);
  registerCompletion(connection, documents);
  connection.onInitialize(({ capabilities }): InitializeResult => {
    const pull = capabilities.textDocument?.diagnostic !== undefined;
    registerDiagnostics(connection, documents, { pull });
    return {
      serverInfo: { name: 'podium', version: PODIUM_VERSION },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        completionProvider: { triggerCharacters: [' '] },
        ...(pull && {
          diagnosticProvider: { identifier: 'podium', interFileDependencies: false, workspaceDiagnostics: false },
        }),
      },
    };
  });
  connection.listen();
}
