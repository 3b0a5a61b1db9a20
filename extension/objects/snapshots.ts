import * as vscode from 'vscode';

const scheme = 'podium-snapshot';
/** Kept for as long as their documents are open. */
const texts = new Map<string, string>();
let counter = 0;

/** Documents that can only be read: what an object was when it was asked for. */
export function registerSnapshots(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: ({ path }) => texts.get(path) ?? '',
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      if (uri.scheme === scheme) texts.delete(uri.path);
    }),
  );
}

export interface Snapshot {
  /** Of the tab; its ending chooses the language. */
  name: string;
  text: string;
}

export async function showSnapshot(snapshot: Snapshot): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(keep(snapshot));
  await vscode.window.showTextDocument(document, { preview: true });
  return document;
}

/** The editor's own view of differences. */
export async function showComparison(
  left: Snapshot | vscode.Uri,
  right: Snapshot | vscode.Uri,
  title: string,
): Promise<void> {
  const uriOf = (side: Snapshot | vscode.Uri): vscode.Uri => (side instanceof vscode.Uri ? side : keep(side));
  await vscode.commands.executeCommand('vscode.diff', uriOf(left), uriOf(right), title, { preview: true });
}

function keep({ name, text }: Snapshot): vscode.Uri {
  const path = `/${++counter}/${name.replaceAll('/', '∕')}`;
  texts.set(path, text);
  return vscode.Uri.from({ scheme, path });
}
