import type { ServerContext } from '../context';
import { offsetIn } from '../documents/positions';

/** Where what is named under the cursor is defined. */
export function registerDefinition({ connection, documents, providers, capabilities }: ServerContext): void {
  capabilities.definitionProvider = true;
  connection.onDefinition(async ({ textDocument, position }, token) => {
    const file = documents.file(textDocument.uri);
    if (!file) return [];
    // Of links a client is given what each client can take: places.
    const found = await providers.ask('definition', { file, offset: offsetIn(file, position), token });
    return found.map((place) =>
      'uri' in place ? place : { uri: place.targetUri, range: place.targetSelectionRange },
    );
  });
}
