import * as vscode from 'vscode';
import { command } from '../commands/register';
import type { Workbench } from '../workbench';
import { DebugSessions } from './debug-sessions';
import { DirectAdapter, followSubprocesses } from './direct-adapter';
import { detachOnly } from './detach-only';
import { restoreLeftBehind } from './left-behind';
import { PodiumDebugProvider } from './provider';

export function registerDebug(workbench: Workbench): vscode.Disposable {
  const sessions = new DebugSessions();
  const provider = new PodiumDebugProvider(workbench, sessions);
  return vscode.Disposable.from(
    sessions,
    ...['pwa-node', 'podium'].map((type) =>
      vscode.debug.registerDebugAdapterTrackerFactory(type, { createDebugAdapterTracker: detachOnly }),
    ),
    vscode.debug.registerDebugAdapterDescriptorFactory('podium', new DirectAdapter()),
    followSubprocesses(),
    restoreLeftBehind(workbench),
    vscode.debug.registerDebugConfigurationProvider('podium', provider),
    vscode.debug.registerDebugConfigurationProvider(
      'podium',
      provider,
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    command('podium.dev', async () => (await import('./dev-command')).startDev(workbench)),
    command('podium.debug', async (given?: unknown) => {
      const { kind, namespace, name } = await (await import('./ask-target')).askDebugTarget(workbench, given);
      const folder = vscode.workspace.workspaceFolders?.[0];
      const { attach } = await import('./attach');
      const inner = await attach(workbench, sessions, folder, {
        type: 'podium',
        request: 'attach',
        name: `${kind}/${name}`,
        target: `${kind}/${name}`,
        namespace,
        replicas: 'one',
      });
      return sessions.start(folder, inner);
    }),
  );
}
