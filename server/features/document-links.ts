import type { ServerContext } from '../context';

/** Links that providers find in a file. */
export function registerDocumentLinks({ connection, documents, providers, capabilities }: ServerContext): void {
  capabilities.documentLinkProvider = {};
  connection.onDocumentLinks(async ({ textDocument }, token) => {
    const file = documents.file(textDocument.uri);
    return file ? providers.ask('documentLink', { file, token }) : [];
  });
}
