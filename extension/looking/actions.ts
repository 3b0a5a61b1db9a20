import * as vscode from 'vscode';
import type { ObjectRef } from '../../runtime/client/operations';
import { t } from '../words';
import type { FromPage } from './protocol';

interface Action extends vscode.QuickPickItem {
  run(): unknown;
}

const withPods = ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Service'];

/** Asks what is to be done with an object of a view, and does it. */
export async function chooseAction({ ref, file, isLive = true }: Extract<FromPage, { type: 'menu' }>): Promise<void> {
  const command = (icon: string, label: string, id: string, given: unknown = ref): Action => ({
    label: `$(${icon}) ${label}`,
    run: () => vscode.commands.executeCommand(id, given),
  });
  const hasPods = isLive && withPods.includes(ref.kind);
  const uri = file === undefined ? undefined : vscode.Uri.parse(file);
  const actions: Action[] = [
    ...(isLive ? [command('book', t`Describe`, 'podium.describe')] : []),
    ...(hasPods ? [command('output', t`Show Logs`, 'podium.logs')] : []),
    ...(hasPods ? [command('terminal', t`Open Shell`, 'podium.shell')] : []),
    ...(isLive ? [command('edit', t`Edit in Cluster`, 'podium.edit')] : []),
    ...(uri ? [{ label: `$(go-to-file) ${t`Open File`}`, run: () => openAt(uri, ref) }] : []),
    ...(uri ? [command('rocket', t`Deploy`, 'podium.deploy', uri)] : []),
  ];
  const chosen = await vscode.window.showQuickPick(actions, { title: `${ref.kind} ${ref.name}` });
  await chosen?.run();
}

/** Where the file writes the object, as the language server knows it. */
async function openAt(uri: vscode.Uri, { kind, name }: ObjectRef): Promise<void> {
  const find = 'vscode.executeWorkspaceSymbolProvider';
  const symbols = await vscode.commands.executeCommand<vscode.SymbolInformation[]>(find, `${kind}/${name}`);
  const place = symbols.find(({ location }) => location.uri.fsPath === uri.fsPath);
  await vscode.window.showTextDocument(uri, place ? { selection: place.location.range } : {});
}
