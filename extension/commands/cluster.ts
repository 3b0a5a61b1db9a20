import * as vscode from 'vscode';
import type { ClusterModel } from '../cluster/cluster-model';
import { PodiumError, type PodiumProcess } from '../cluster/podium-process';

export function registerClusterCommands(
  podium: PodiumProcess,
  model: ClusterModel,
  output: vscode.LogOutputChannel,
): vscode.Disposable[] {
  const commands = new ClusterCommands(podium, model, output);
  return [
    vscode.commands.registerCommand('podium.startCluster', () => commands.start()),
    vscode.commands.registerCommand('podium.stopCluster', (answer?: StopAnswer) => commands.stop(answer)),
    vscode.commands.registerCommand('podium.copyKubeconfig', () => commands.copyKubeconfig()),
    vscode.commands.registerCommand('podium.refresh', () => model.look()),
    vscode.commands.registerCommand('podium.showLog', () => output.show()),
  ];
}

/** For key bindings and tasks, which know already: without it the command asks. */
interface StopAnswer {
  keep: boolean;
}

type Step = (line: string) => void;

class ClusterCommands {
  constructor(
    private readonly podium: PodiumProcess,
    private readonly model: ClusterModel,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  async start(): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showWarningMessage('Podium starts no cluster in a workspace that is not trusted.');
      return;
    }
    await this.model.discover();
    if (this.model.state.kind === 'connected' || this.model.state.kind === 'busy') return;
    await this.withProgress('Starting the cluster', async (report, token) => {
      await this.podium.run(await this.upArguments(), report, token);
      await this.model.connect();
    });
  }

  async stop(answer?: StopAnswer): Promise<void> {
    const keep = answer?.keep ?? (await this.askWhetherToKeep());
    if (keep === undefined) return;
    await this.withProgress('Stopping the cluster', async (report) => {
      await this.podium.run(['down', '--name', this.podium.clusterName, ...(keep ? ['--keep'] : [])], report);
      this.model.set({ kind: 'stopped' });
    });
  }

  async copyKubeconfig(): Promise<void> {
    try {
      await vscode.env.clipboard.writeText(await this.podium.kubeconfig());
      vscode.window.setStatusBarMessage('$(check) Kubeconfig copied', 3000);
    } catch (error) {
      if (!(error instanceof PodiumError)) throw error;
      void vscode.window.showErrorMessage(`There is no kubeconfig: ${error.message}`);
    }
  }

  /** A cluster that exists keeps its nodes and runtime; the settings are for a new one. */
  private async upArguments(): Promise<string[]> {
    const args = ['up', '--wait', '--name', this.podium.clusterName];
    if ((await this.podium.phase()) !== 'absent') return args;
    const settings = vscode.workspace.getConfiguration('podium');
    const runtime = settings.get<string>('cluster.runtime', 'auto');
    return [
      ...args,
      '--nodes',
      String(settings.get('cluster.nodes', 3)),
      ...(runtime === 'auto' ? [] : ['--runtime', runtime]),
    ];
  }

  /** Undefined when the question was put away. */
  private async askWhetherToKeep(): Promise<boolean | undefined> {
    const keep = 'Stop and Keep Its Objects';
    const remove = 'Remove';
    const choice = await vscode.window.showWarningMessage(
      `Stop cluster "${this.podium.clusterName}"?`,
      { modal: true, detail: 'A cluster that is removed takes its objects with it.' },
      keep,
      remove,
    );
    return choice === undefined ? undefined : choice === keep;
  }

  private async withProgress(
    title: string,
    act: (report: Step, token: vscode.CancellationToken) => Promise<void>,
  ): Promise<void> {
    this.model.set({ kind: 'busy', message: title });
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      try {
        await act((message) => progress.report({ message }), token);
      } catch (error) {
        if (!(error instanceof PodiumError)) throw error;
        this.model.set({ kind: 'failed', message: error.message });
        if (token.isCancellationRequested) await this.model.look();
        else void this.tell(`${title} failed: ${error.message}`);
      }
    });
  }

  private async tell(message: string): Promise<void> {
    const show = 'Show Log';
    if ((await vscode.window.showErrorMessage(message, show)) === show) this.output.show();
  }
}
