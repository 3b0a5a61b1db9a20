import { ErrorCodes, type Range, ResponseError, type TextEdit, type WorkspaceEdit } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { kustomizedFiles } from '../references/kustomized';
import { offsetIn, rangeIn } from '../documents/positions';
import { helmNavigation } from '../helm/navigation';
import type { SourceFile } from '../documents/source-file';
import { namedAt } from '../references/cursor-object';
import { rangeOf } from '../references/places';
import { planRename, RenameError, type RenamePlan, renameTarget } from '../references/rename';
import { replacement } from '../references/edits';
import type { ObjectLinks } from '../references/reference';
import { referencesOf } from '../references/workspace-references';

/** Names, labels, keys, ports, volumes and containers are renamed wherever they are written. */
export function registerRename(context: ServerContext): void {
  const { connection, capabilities, documents, client } = context;
  capabilities.renameProvider = client.textDocument?.rename?.prepareSupport ? { prepareProvider: true } : true;
  connection.onPrepareRename(({ textDocument, position }) => {
    const file = documents.file(textDocument.uri);
    if (!file) return null;
    const offset = offsetIn(file, position);
    if (isOfChart(file)) return helmNavigation(context).prepareRename({ file, offset });
    return told(() => prepare(file, offset, context));
  });
  connection.onRenameRequest(({ textDocument, position, newName }) => {
    const file = documents.file(textDocument.uri);
    if (!file) return null;
    const offset = offsetIn(file, position);
    if (isOfChart(file)) return helmNavigation(context).rename({ file, offset }, newName);
    return told(() => rename(file, offset, newName, context));
  });
}

const isOfChart = ({ kind }: SourceFile): boolean => kind === 'helm-template' || kind === 'helm-values';

/** Why it can't be done is for the user to read. */
function told<T>(make: () => T): T | ResponseError {
  try {
    return make();
  } catch (error) {
    if (error instanceof RenameError) return new ResponseError(ErrorCodes.InvalidRequest, error.message);
    throw error;
  }
}

function prepare(file: SourceFile, offset: number, context: ServerContext): { range: Range; placeholder: string } {
  const { index } = referencesOf(context);
  const { place, name } = renameTarget(namedAt(index, file, offset));
  const range = rangeOf(place.object, place.at, place.part);
  if (!range) throw new RenameError('this name is not written here');
  return { range: rangeIn(file, range), placeholder: name };
}

function rename(file: SourceFile, offset: number, newName: string, context: ServerContext): WorkspaceEdit {
  const { index } = referencesOf(context);
  const kustomized = kustomizedFiles(context);
  // A patch says by the same name what it is a patch of.
  const patchesOf = ({ id, name, object }: ObjectLinks): ObjectLinks[] =>
    [...index.named(id, name)].filter(({ object: { uri } }) => kustomized.isPatch(uri) && kustomized.areBuiltTogether(uri, object.uri));
  return workspaceEdit(planRename(index, renameTarget(namedAt(index, file, offset)), newName, patchesOf), context);
}

function workspaceEdit({ occurrences, newName }: RenamePlan, { workspace, client }: ServerContext): WorkspaceEdit {
  const edits = new Map<string, { file: SourceFile; edits: Map<number, TextEdit> }>();
  for (const { object, at, part } of occurrences) {
    const { uri } = object.object;
    const file = workspace.file(uri);
    const edit = file && replacement(file.text, object, at, newName, part);
    if (!edit) continue;
    const entry = edits.get(uri) ?? { file, edits: new Map<number, TextEdit>() };
    edits.set(uri, entry);
    // Through an anchor one text stands for several places.
    entry.edits.set(edit.start, { range: rangeIn(file, edit), newText: edit.text });
  }
  const all = [...edits].map(([uri, entry]) => ({ uri, version: entry.file.version ?? null, edits: [...entry.edits.values()] }));
  if (!client.workspace?.workspaceEdit?.documentChanges) {
    return { changes: Object.fromEntries(all.map(({ uri, edits: list }) => [uri, list])) };
  }
  return { documentChanges: all.map(({ uri, version, edits: list }) => ({ textDocument: { uri, version }, edits: list })) };
}
