import * as vscode from 'vscode';
import type { UntypedObject } from '../../runtime/api/kinds';
import { isStatusError } from '../../runtime/api/status';
import type { Client } from '../../runtime/client/resource-client';
import type { Workbench } from '../workbench';
import { command } from './register';

export interface DeployResult {
  /** `Deployment web` */
  applied: string[];
  failures: string[];
}

/** Applies a manifest with server-side apply: all documents that can be, and each that can't is named. */
export function registerDeployCommand({ clusters }: Workbench): vscode.Disposable {
  return command('podium.deploy', async (uri?: vscode.Uri): Promise<DeployResult | undefined> => {
    const target = uri ?? vscode.window.activeTextEditor?.document.uri;
    if (!target) {
      void vscode.window.showInformationMessage('Open a manifest to deploy it.');
      return undefined;
    }
    const { client } = await clusters.connect();
    const document = await vscode.workspace.openTextDocument(target);
    const result = await deploy(document.getText(), client);
    report(result);
    return result;
  });
}

async function deploy(text: string, client: Client): Promise<DeployResult> {
  const { parseManifests } = await import('../../runtime/api/yaml');
  const result: DeployResult = { applied: [], failures: [] };
  for (const { value, errors } of parseManifests(text)) {
    if (errors[0]) result.failures.push(errors[0].message);
    else for (const object of objectsOf(value)) await apply(object, client, result);
  }
  return result;
}

/** A document's object or, of a list, its items: the API server knows no list as an object. */
function objectsOf(value: unknown): UntypedObject[] {
  const object = (value ?? {}) as UntypedObject;
  const { items } = object;
  return object.kind?.endsWith('List') && Array.isArray(items) ? (items as UntypedObject[]) : [object];
}

async function apply(object: UntypedObject, client: Client, result: DeployResult): Promise<void> {
  const title = `${object.kind ?? 'Document'} ${object.metadata?.name ?? ''}`.trim();
  const missing = (['apiVersion', 'kind'] as const).find((field) => typeof object[field] !== 'string');
  if (missing) {
    result.failures.push(`${title}: ${missing} not set`);
    return;
  }
  try {
    await client.apply(
      { ...object, metadata: object.metadata ?? {} },
      { fieldManager: 'podium', force: true, fieldValidation: 'Strict' },
    );
    result.applied.push(title);
  } catch (error) {
    const { message } = error as Error;
    result.failures.push(isStatusError(error) ? message : `${title}: ${message}`);
  }
}

function report({ applied, failures }: DeployResult): void {
  if (failures.length > 0) void vscode.window.showErrorMessage(`Not deployed: ${failures.join('; ')}`);
  if (applied.length > 0) void vscode.window.showInformationMessage(`Deployed ${applied.join(', ')}`);
  if (applied.length + failures.length === 0)
    void vscode.window.showInformationMessage('There is nothing to deploy in this file.');
}
