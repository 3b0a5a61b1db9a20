import * as vscode from 'vscode';
import { registerClusterCommands } from './commands/cluster';
import { registerDeployCommand } from './commands/deploy';
import { ClusterModel, type ClusterState } from './cluster/cluster-model';
import { PodiumProcess } from './cluster/podium-process';
import { LanguageClientHost } from './language/language-client';
import { registerStatusBar } from './status-bar';
import { ClusterTree, type TreeEntry } from './tree/cluster-tree';

/** What other extensions can read. */
export interface PodiumApi {
  clusterState(): ClusterState['kind'];
  readonly clusterTree: vscode.TreeDataProvider<TreeEntry>;
}

/** Registers everything; touches no network, no Docker and no process. */
export function activate(context: vscode.ExtensionContext): PodiumApi {
  const output = vscode.window.createOutputChannel('Podium', { log: true });
  const podium = new PodiumProcess(context, output);
  const model = new ClusterModel(podium, output);
  const clusterTree = new ClusterTree(model);
  const view = vscode.window.createTreeView('podium.cluster', { treeDataProvider: clusterTree, showCollapseAll: true });
  context.subscriptions.push(
    output,
    model,
    view,
    view.onDidChangeVisibility(({ visible }) => void (visible && model.look())),
    registerStatusBar(model),
    new LanguageClientHost(context, output),
    ...registerClusterCommands(podium, model, output),
    registerDeployCommand(model),
  );
  return { clusterState: () => model.state.kind, clusterTree };
}

export function deactivate(): void {}
