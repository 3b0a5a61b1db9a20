import * as vscode from 'vscode';
import type { ClusterManager } from './clusters/cluster-manager';
import type { PodiumProcess } from './clusters/podium-process';
import type { LanguageClientHost } from './language/language-client';

/** What the parts of the extension share; made at activation, so it holds nothing that is slow to load. */
export interface Workbench {
  readonly context: vscode.ExtensionContext;
  readonly output: vscode.LogOutputChannel;
  readonly clusters: ClusterManager;
  readonly podium: PodiumProcess;
  readonly language: LanguageClientHost;
}

export type Step = (message: string) => void;

/** Progress of what takes over half a second, with its steps; a cancelled one throws what `run` throws. */
export function withProgress<T>(
  title: string,
  run: (step: Step, token: vscode.CancellationToken) => Promise<T>,
  cancellable = true,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable };
  const task = (progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken): Promise<T> =>
    run((message) => progress.report({ message }), token);
  return Promise.resolve(vscode.window.withProgress(options, task));
}
