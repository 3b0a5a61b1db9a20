import { DidChangeWatchedFilesNotification } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { isManifestName, isScanned } from './scan';
import { type LiveWorkspace, pathOf } from './live-workspace';

/** Keeps the workspace as the disk and the client's folders are. */
export function watchWorkspace(context: ServerContext, workspace: LiveWorkspace): void {
  const { connection, client, capabilities } = context;
  connection.onDidChangeWatchedFiles(({ changes }) => {
    const uris = changes.map(({ uri }) => uri).filter((uri) => isManifestName(uri) && isScanned(uri));
    void workspace.reread([...new Set(uris)]);
  });
  if (client.workspace?.didChangeWatchedFiles?.dynamicRegistration) {
    context.onStart(() => {
      const watchers = [{ globPattern: '**/*.{yaml,yml,json}' }, { globPattern: '**/Kustomization' }];
      void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    });
  }
  if (!client.workspace?.workspaceFolders) return;
  capabilities.workspace = { workspaceFolders: { supported: true, changeNotifications: true } };
  // Before the answer to `initialize` the library would ask the client to register, which it can't yet.
  context.onStart(() => {
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      workspace.removeFolders(removed.flatMap(({ uri }) => pathOf(uri) ?? []));
      void workspace.addFolders(added.flatMap(({ uri }) => pathOf(uri) ?? []));
    });
  });
}
