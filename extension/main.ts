import * as vscode from 'vscode';
import { registerClusterCommands } from './commands/cluster';
import { registerDeployCommand } from './commands/deploy';
import { ClusterModel } from './cluster/cluster-model';
import { PodiumProcess } from './cluster/podium-process';
import { LanguageClientHost } from './language/language-client';
import { registerStatusBar } from './status-bar';
import { ClusterTree } from './tree/cluster-tree';

/** Registers everything; touches no network, no Docker and no process. */
export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('Podium', { log: true });
  const podium = new PodiumProcess(context, output);
  const model = new ClusterModel(podium, output);
  const tree = new ClusterTree(model);
  context.subscriptions.push(
    output,
    model,
    vscode.window.createTreeView('podium.cluster', { treeDataProvider: tree, showCollapseAll: true }),
    registerStatusBar(model),
    new LanguageClientHost(context),
    ...registerClusterCommands(podium, model),
    registerDeployCommand(model),
  );
}

export function deactivate(): void {}
