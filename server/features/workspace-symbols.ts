import { type SymbolInformation, SymbolKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { locationIn } from '../documents/positions';
import { valueRange } from '../manifests/ranges';
import { Slices } from '../workspace/slices';
import type { SourceObject } from '../workspace/workspace';

/** More are of no use in a list that narrows down while one types. */
const maxAnswers = 200;

/** All objects of the workspace by parts of their kind and name. */
export function registerWorkspaceSymbols({ connection, workspace, capabilities }: ServerContext): void {
  capabilities.workspaceSymbolProvider = true;
  connection.onWorkspaceSymbol(async ({ query }, token): Promise<SymbolInformation[]> => {
    await workspace.ready;
    const slices = new Slices();
    const best = ranked(workspace.objects(), query.toLowerCase()).slice(0, maxAnswers);
    const symbols: SymbolInformation[] = [];
    for (const object of best) {
      await slices.pause();
      if (token.isCancellationRequested) return [];
      symbols.push(...symbolOf(object, workspace.file(object.uri)));
    }
    return symbols;
  });
}

/** Names that begin with the query first, then those that have it, then those that have its letters in their order. */
function ranked(objects: Iterable<SourceObject>, query: string): SourceObject[] {
  const found: { object: SourceObject; rank: number; title: string }[] = [];
  for (const object of objects) {
    const title = titleOf(object);
    const rank = rankOf(title.toLowerCase(), object.key.name.toLowerCase(), query);
    if (rank !== undefined) found.push({ object, rank, title });
  }
  found.sort((a, b) => a.rank - b.rank || (a.title < b.title ? -1 : a.title > b.title ? 1 : 0));
  return found.map(({ object }) => object);
}

const titleOf = ({ key }: SourceObject): string => (key.name ? `${key.kind}/${key.name}` : key.kind);

function rankOf(title: string, name: string, query: string): number | undefined {
  if (name.startsWith(query)) return 0;
  if (title.includes(query)) return 1;
  let at = 0;
  for (const char of query.replaceAll(/\s/g, '')) {
    at = title.indexOf(char, at) + 1;
    if (at === 0) return undefined;
  }
  return 2;
}

function symbolOf(object: SourceObject, file: Parameters<typeof locationIn>[0] | undefined): SymbolInformation[] {
  // The file may have gone since it was indexed.
  const document = file && documentOf(object);
  if (!document) return [];
  const prefix = object.path === '' ? '' : `${object.path}.`;
  const range = valueRange(document, `${prefix}${object.key.name ? 'metadata.name' : 'kind'}`, '');
  const containerName = object.key.namespace;
  const location = locationIn(file, range);
  return [{ name: titleOf(object), kind: SymbolKind.Class, location, ...(containerName && { containerName }) }];
}

function documentOf(object: SourceObject): ReturnType<SourceObject['document']> | undefined {
  try {
    return object.document();
  } catch {
    return undefined;
  }
}
