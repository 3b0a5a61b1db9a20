import * as vscode from 'vscode';
import { type ClusterModel, isReady } from './cluster/cluster-model';

/** The cluster at a glance; hidden while none is known. */
export function registerStatusBar(model: ClusterModel): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('podium.status', vscode.StatusBarAlignment.Left);
  item.name = 'Podium';
  item.command = 'podium.cluster.focus';
  const update = (): void => {
    const { state } = model;
    if (state.kind === 'busy') item.text = `$(loading~spin) ${state.message}`;
    if (state.kind === 'failed') item.text = `$(error) ${model.clusterName}`;
    if (state.kind === 'connected') {
      const nodes = state.informers.nodes.list();
      item.text = `$(server-environment) ${model.clusterName}: ${nodes.filter(isReady).length}/${nodes.length}`;
      item.tooltip = `Cluster ${model.clusterName}: nodes that are ready`;
    }
    if (state.kind === 'unknown' || state.kind === 'stopped') item.hide();
    else item.show();
  };
  const subscription = model.onDidChange(update);
  return vscode.Disposable.from(item, subscription);
}
