import * as vscode from 'vscode';
import type { ClusterManager, ClusterState } from './clusters/cluster-manager';
import type { Health } from './health';
import { t } from './words';

/** The cluster and its namespace at a glance; a click chooses another. Hidden while no cluster is known. */
export function registerStatusBar(clusters: ClusterManager, health: Health): vscode.Disposable {
  const { Left } = vscode.StatusBarAlignment;
  const cluster = vscode.window.createStatusBarItem('podium.cluster', Left, 20);
  const namespace = vscode.window.createStatusBarItem('podium.namespace', Left, 19);
  cluster.name = t`Podium: Cluster`;
  cluster.command = 'podium.chooseCluster';
  namespace.name = t`Podium: Namespace`;
  namespace.command = 'podium.chooseNamespace';
  namespace.tooltip = t`Namespace that Podium shows and deploys to: click to choose`;
  const show = (): void => {
    showCluster(cluster, clusters.state, health);
    if (clusters.state.kind === 'connected') {
      namespace.text = `$(symbol-namespace) ${clusters.namespace || t`all namespaces`}`;
      namespace.show();
    } else namespace.hide();
  };
  return vscode.Disposable.from(cluster, namespace, clusters.onDidChange(show), health.onDidChange(show));
}

function showCluster(item: vscode.StatusBarItem, state: ClusterState, health: Health): void {
  if (!('ref' in state)) {
    item.hide();
    return;
  }
  const { name } = state.ref;
  const [icon, tooltip, level] = appearance(state, health);
  item.text = `$(${icon}) ${name}${state.kind === 'connected' ? health.text : ''}`;
  item.tooltip = new vscode.MarkdownString(tooltip, true);
  item.backgroundColor = level ? new vscode.ThemeColor(`statusBarItem.${level}Background`) : undefined;
  item.accessibilityInformation = { label: t`Podium cluster ${name}: ${tooltip.replaceAll(/[*$`]|\(\w+\)/g, '')}` };
  item.show();
}

function appearance(state: Extract<ClusterState, { ref: unknown }>, health: Health): [string, string, string?] {
  const where = state.ref.kind === 'local' ? t`Cluster **${state.ref.name}**` : t`Context **${state.ref.name}**`;
  switch (state.kind) {
    case 'busy':
      return ['loading~spin', `${where}: ${state.message}`];
    case 'connecting':
      return ['loading~spin', t`${where}: connecting`];
    case 'unreachable':
      return ['warning', `${where}: ${state.failure.message}`, 'error'];
    case 'stopped':
      return ['circle-outline', t`${where} is stopped`];
    case 'idle':
      return ['circle-outline', t`${where}: not connected`];
    case 'connected':
      return ['server-environment', `${where} · ${state.session.version}\n\n${health.details}`, health.isGood ? undefined : 'warning'];
  }
}
