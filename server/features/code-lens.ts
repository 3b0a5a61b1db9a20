import type { ServerContext } from '../context';

/** Lenses above the lines that providers name. */
export function registerCodeLenses({ connection, documents, providers, capabilities }: ServerContext): void {
  capabilities.codeLensProvider = {};
  connection.onCodeLens(async ({ textDocument }, token) => {
    const file = documents.file(textDocument.uri);
    return file ? providers.ask('codeLens', { file, token }) : [];
  });
}
