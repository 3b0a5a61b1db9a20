import * as vscode from 'vscode';
import { isStatusError } from '../../runtime/api/status';
import type { Client } from '../../runtime/client/resource-client';
import type { ClusterModel } from '../cluster/cluster-model';

/** Applies the open manifest with server-side apply: all documents that can be, and each that can't is named. */
export function registerDeployCommand(model: ClusterModel): vscode.Disposable {
  return vscode.commands.registerCommand('podium.deploy', async (uri?: vscode.Uri) => {
    const target = uri ?? vscode.window.activeTextEditor?.document.uri;
    if (!target) {
      void vscode.window.showInformationMessage('Open a manifest to deploy it.');
      return;
    }
    await model.discover();
    const { state } = model;
    if (state.kind !== 'connected') {
      const start = 'Start Cluster';
      if ((await vscode.window.showInformationMessage('No cluster runs.', start)) === start) await vscode.commands.executeCommand('podium.startCluster');
      return;
    }
    const document = await vscode.workspace.openTextDocument(target);
    await deploy(document, state.client);
  });
}

async function deploy(document: vscode.TextDocument, client: Client): Promise<void> {
  const { parseManifests } = await import('../../runtime/api/yaml');
  const applied: string[] = [];
  const failures: string[] = [];
  for (const { value, errors } of parseManifests(document.getText())) {
    const object = value as { kind?: string; metadata?: { name?: string } } | null;
    const title = `${object?.kind ?? 'document'} ${object?.metadata?.name ?? ''}`.trim();
    try {
      if (errors[0]) throw new Error(errors[0].message);
      await client.apply(object as Parameters<Client['apply']>[0], { fieldManager: 'podium', force: true });
      applied.push(title);
    } catch (error) {
      failures.push(isStatusError(error) ? error.message : `${title}: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) void vscode.window.showErrorMessage(`Not deployed: ${failures.join('; ')}`);
  if (applied.length > 0) void vscode.window.showInformationMessage(`Deployed ${applied.join(', ')}`);
}
