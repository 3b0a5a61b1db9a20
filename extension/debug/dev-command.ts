import * as vscode from 'vscode';
import { RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { t } from '../words';

/** Runs `podium dev` as a task: in the folder whose `podium.yaml` has a `dev` section, or for a target that is asked for. */
export async function startDev({ podium }: Workbench): Promise<vscode.TaskExecution | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new RefusedError(t`Open a folder first: its sources are followed.`);
  const target = (await hasDevSection(folder)) ? [] : await askTarget();
  if (!target) return undefined;
  const definition = { type: 'podium', command: 'dev', args: ['.', '--apply', ...target] };
  const args = [podium.program, 'dev', '--name', podium.clusterName, ...definition.args];
  const execution = new vscode.ProcessExecution(process.execPath, args, {
    cwd: folder.uri.fsPath,
    env: podium.environment,
  });
  const task = new vscode.Task(definition, folder, t`follow the sources`, 'podium', execution);
  task.isBackground = true;
  return vscode.tasks.executeTask(task);
}

async function hasDevSection(folder: vscode.WorkspaceFolder): Promise<boolean> {
  try {
    const text = Buffer.from(
      await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, 'podium.yaml')),
    ).toString();
    return /^dev:/m.test(text);
  } catch {
    return false;
  }
}

async function askTarget(): Promise<string[] | undefined> {
  const target = await vscode.window.showInputBox({
    title: t`Follow the Sources`,
    prompt: t`Whose pods are changed`,
    placeHolder: 'deploy/web',
  });
  return target ? ['--target', target] : undefined;
}
