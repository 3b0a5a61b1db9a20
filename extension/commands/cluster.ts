import * as vscode from 'vscode';
import type { ClusterModel } from '../cluster/cluster-model';
import { PodiumError, type PodiumProcess } from '../cluster/podium-process';

export function registerClusterCommands(podium: PodiumProcess, model: ClusterModel): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand('podium.startCluster', () => startCluster(podium, model)),
    vscode.commands.registerCommand('podium.stopCluster', () => stopCluster(podium, model)),
    vscode.commands.registerCommand('podium.copyKubeconfig', async () => {
      await vscode.env.clipboard.writeText(await podium.run(['kubeconfig', '--name', podium.clusterName]));
      vscode.window.setStatusBarMessage('Kubeconfig copied', 3000);
    }),
  ];
}

async function startCluster(podium: PodiumProcess, model: ClusterModel): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage('Podium starts no cluster in a workspace that is not trusted.');
    return;
  }
  const settings = vscode.workspace.getConfiguration('podium');
  const args = ['up', '--wait', '--name', podium.clusterName];
  const runtime = settings.get<string>('cluster.runtime', 'auto');
  if (model.state.kind === 'unknown') await model.discover();
  if (model.state.kind === 'stopped' && !(await isKnown(podium))) args.push('--nodes', String(settings.get('cluster.nodes', 3)), ...(runtime === 'auto' ? [] : ['--runtime', runtime]));
  await withProgress('Starting the cluster', model, async (report, token) => {
    await podium.run(args, report, token);
    await model.connect();
  });
}

async function stopCluster(podium: PodiumProcess, model: ClusterModel): Promise<void> {
  const keep = 'Stop and Keep Its Objects';
  const remove = 'Remove';
  const choice = await vscode.window.showWarningMessage(`Stop cluster "${podium.clusterName}"?`, { modal: true }, keep, remove);
  if (!choice) return;
  await withProgress('Stopping the cluster', model, async (report) => {
    await podium.run(['down', '--name', podium.clusterName, ...(choice === keep ? ['--keep'] : [])], report);
    model.set({ kind: 'stopped' });
  });
}

async function isKnown(podium: PodiumProcess): Promise<boolean> {
  try {
    await podium.run(['status', '--name', podium.clusterName, '-o', 'json']);
    return true;
  } catch (error) {
    if (error instanceof PodiumError) return false;
    throw error;
  }
}

type Step = (line: string) => void;

async function withProgress(title: string, model: ClusterModel, act: (report: Step, token: vscode.CancellationToken) => Promise<void>): Promise<void> {
  model.set({ kind: 'busy', message: title });
  try {
    await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (progress, token) =>
      act((message) => progress.report({ message }), token));
  } catch (error) {
    if (!(error instanceof PodiumError)) throw error;
    model.set({ kind: 'failed', message: error.message });
    void vscode.window.showErrorMessage(`${title} failed: ${error.message}`);
  }
}
