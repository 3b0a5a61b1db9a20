import { statSync } from 'node:fs';
import { DidChangeWatchedFilesNotification, WatchKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { pathOf } from './file-uri';
import { FolderWatches } from './folder-watches';
import type { LiveWorkspace } from './live-workspace';
import { isManifestName, isScanned } from './scan';

/** Keeps the workspace as the disk and the client's folders are. Returns what is to be told of each scanned folder. */
export function watchWorkspace(context: ServerContext, workspace: () => LiveWorkspace): (folder: string) => void {
  const { connection, client } = context;
  const changed = (uris: readonly string[]): void => void reread(workspace(), [...new Set(uris)]);
  connection.onDidChangeWatchedFiles(({ changes }) => changed(changes.map(({ uri }) => uri)));
  if (client.workspace?.workspaceFolders) followFolders(context, workspace);
  if (!client.workspace?.didChangeWatchedFiles?.dynamicRegistration) {
    const watches = new FolderWatches(changed);
    return (folder) => watches.add(folder);
  }
  context.onStart(() => {
    const watchers = [
      { globPattern: '**/*.{yaml,yml,json}' },
      { globPattern: '**/Kustomization' },
      // Of a folder that is deleted or moved away, nothing is said of the files in it.
      { globPattern: '**/*', kind: WatchKind.Delete },
    ];
    void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  });
  return () => {};
}

/** A folder that came is scanned. */
async function reread(workspace: LiveWorkspace, uris: readonly string[]): Promise<void> {
  await workspace.reread(uris);
  const paths = uris.flatMap((uri) => pathOf(uri) ?? []);
  for (const path of paths.filter((path) => !isManifestName(path) && isScanned(path) && isFolder(path))) {
    await workspace.scan(path);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function followFolders(context: ServerContext, workspace: () => LiveWorkspace): void {
  const { connection, capabilities, onStart } = context;
  capabilities.workspace = { ...capabilities.workspace, workspaceFolders: { supported: true, changeNotifications: true } };
  // Before the answer to `initialize` the library would ask the client to register, which it can't yet.
  onStart(() => {
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      workspace().removeFolders(removed.flatMap(({ uri }) => pathOf(uri) ?? []));
      void workspace().addFolders(added.flatMap(({ uri }) => pathOf(uri) ?? []));
    });
  });
}
