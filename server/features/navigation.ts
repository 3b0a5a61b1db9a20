import { DocumentHighlightKind, type Location } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { offsetIn } from '../documents/positions';
import type { PlaceRequest } from '../providers';
import { namedAt } from '../references/cursor-object';
import { locationsOf } from '../references/locations';
import type { Occurrence } from '../references/occurrence';
import { usesOfAll } from '../references/uses';
import { referencesOf } from '../references/workspace-references';

/** From a name to what it means, and to everything else that means it. */
export function registerNavigation(context: ServerContext): void {
  const { connection, capabilities, documents, providers } = context;
  providers.add('definition', 'references', (at) => definitionsAt(at, context));
  providers.add('references', 'references', (at) => locationsOf(occurrencesAt(at, at.includeDeclaration, context), context));
  capabilities.documentHighlightProvider = true;
  connection.onDocumentHighlight(({ textDocument, position }, token) => {
    const file = documents.file(textDocument.uri);
    if (!file) return [];
    const here = occurrencesAt({ file, offset: offsetIn(file, position), token }, true, context).filter(
      ({ object }) => object.object.uri === file.uri,
    );
    return locationsOf(here, context).map(({ range }) => ({ range, kind: DocumentHighlightKind.Text }));
  });
}

function definitionsAt({ file, offset }: PlaceRequest, context: ServerContext): Location[] {
  const named = namedAt(referencesOf(context).index, file, offset);
  return named ? locationsOf(named.definitions, context) : [];
}

function occurrencesAt({ file, offset }: PlaceRequest, withDefinitions: boolean, context: ServerContext): Occurrence[] {
  const { index } = referencesOf(context);
  const named = namedAt(index, file, offset);
  if (!named) return [];
  return [...(withDefinitions ? named.definitions : []), ...usesOfAll(index, named.definitions)];
}
