import * as vscode from 'vscode';
import { type ClusterModel, isReady } from './cluster/cluster-model';

/** The cluster at a glance; hidden while none is known. */
export function registerStatusBar(model: ClusterModel): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('podium.status', vscode.StatusBarAlignment.Left);
  item.name = 'Podium';
  item.command = 'podium.cluster.focus';
  const subscription = model.onDidChange(() => show(item, model));
  return vscode.Disposable.from(item, subscription);
}

function show(item: vscode.StatusBarItem, { state, clusterName }: ClusterModel): void {
  switch (state.kind) {
    case 'busy':
      item.text = `$(loading~spin) ${state.message}`;
      item.tooltip = `Cluster ${clusterName}`;
      break;
    case 'failed':
      item.text = `$(error) ${clusterName}`;
      item.tooltip = state.message;
      break;
    case 'connected': {
      const nodes = state.informers.nodes.list();
      const ready = nodes.filter(isReady).length;
      item.text = `$(server-environment) ${clusterName}: ${ready}/${nodes.length}`;
      item.tooltip = `Cluster ${clusterName}: ${ready} of ${nodes.length} nodes are ready`;
      break;
    }
    default:
      item.hide();
      return;
  }
  item.show();
}
