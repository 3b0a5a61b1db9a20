import * as vscode from 'vscode';
import { ClusterManager, type ClusterState } from './clusters/cluster-manager';
import type { ClusterRef } from './clusters/cluster-ref';
import { PodiumProcess } from './clusters/podium-process';
import { clusterCommandIds } from './commands/cluster-command-ids';
import { command, lazyCommands } from './commands/register';
import { registerDebug } from './debug/register';
import { Health } from './health';
import { LanguageClientHost } from './language/language-client';
import { reportTo } from './notify';
import { registerObjects } from './objects/register';
import { registerTerminalProfile } from './pods/terminal-profile';
import { registerTasks } from './tasks/task-provider';
import { registerStatusBar } from './status-bar';
import type { LazyTrees } from './tree/lazy-tree';
import { registerViews } from './views';
import { speak } from './words';
import type { Workbench } from './workbench';

/** What other extensions can use; docs/extension-api.md tells of it. */
export interface PodiumApi {
  /** Grows when something is taken away or means something else. */
  readonly version: 1;
  clusterState(): ClusterState['kind'];
  /** The cluster that this window works with; undefined while none is chosen. */
  selected(): ClusterRef | undefined;
  /** Empty: all. */
  namespace(): string;
  /** Another cluster or namespace, or another state of it. */
  readonly onDidChangeCluster: vscode.Event<void>;
  readonly views: LazyTrees;
}

/** Registers everything; touches no network, no Docker and no process. */
export function activate(context: vscode.ExtensionContext): PodiumApi {
  const began = performance.now();
  speak(vscode.l10n.bundle);
  const output = vscode.window.createOutputChannel('Podium', { log: true });
  reportTo(output);
  const clusters = new ClusterManager(context.workspaceState, output);
  const language = new LanguageClientHost(context, output, clusters);
  const workbench: Workbench = { context, output, clusters, podium: new PodiumProcess(context, output), language };
  const health = new Health(clusters);
  const { views, disposable } = registerViews(workbench, health);
  context.subscriptions.push(
    output,
    clusters,
    health,
    disposable,
    registerStatusBar(clusters, health),
    language,
    lazyCommands(async () => (await import('./commands/cluster-commands')).clusterCommands(workbench), clusterCommandIds),
    registerObjects(workbench),
    registerTasks(workbench),
    registerDebug(workbench),
    registerTerminalProfile(workbench),
    command('podium.retry', () => clusters.retry()),
    command('podium.refresh', () => clusters.retry()),
    command('podium.openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#start`, false),
    ),
    command('podium.showLog', () => output.show()),
    vscode.workspace.onDidChangeConfiguration(
      (event) => void (event.affectsConfiguration('podium') && clusters.settingsChanged()),
    ),
    vscode.workspace.onDidGrantWorkspaceTrust(() => clusters.retry()),
  );
  output.info(`activated in ${(performance.now() - began).toFixed(1)} ms`);
  return {
    version: 1,
    clusterState: () => clusters.state.kind,
    selected: () => clusters.ref,
    namespace: () => clusters.namespace,
    onDidChangeCluster: clusters.onDidChange,
    views,
  };
}

export function deactivate(): void {}
