import type { ServerContext } from '../context';
import { offsetIn } from '../documents/positions';

/** Who refers to what is under the cursor. */
export function registerReferences({ connection, documents, providers, capabilities }: ServerContext): void {
  capabilities.referencesProvider = true;
  connection.onReferences(async ({ textDocument, position, context: { includeDeclaration } }, token) => {
    const file = documents.file(textDocument.uri);
    if (!file) return [];
    return providers.ask('references', { file, offset: offsetIn(file, position), token, includeDeclaration });
  });
}
