import * as vscode from 'vscode';

/** Deploys a manifest when it is saved, in folders whose setting says so. Never in a workspace that isn't trusted. */
export function deployOnSave(): vscode.Disposable {
  return vscode.workspace.onDidSaveTextDocument((document) => {
    if (!vscode.workspace.isTrusted || document.uri.scheme !== 'file') return;
    if (document.languageId !== 'yaml' && document.languageId !== 'json') return;
    if (!vscode.workspace.getConfiguration('podium', document.uri).get('deploy.onSave', false)) return;
    if (looksLikeManifest(document.getText())) void vscode.commands.executeCommand('podium.deploy', document.uri);
  });
}

/** Other YAML is saved in the same folders. */
function looksLikeManifest(text: string): boolean {
  return /(^|[\s{,"])apiVersion"?\s*:/.test(text) && /(^|[\s{,"])kind"?\s*:/.test(text);
}
