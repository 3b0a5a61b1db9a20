import * as vscode from 'vscode';
import { RefusedError } from '../errors';
import { tellFailure } from '../notify';
import type { Workbench } from '../workbench';
import type { DebugSessions } from './debug-sessions';
import { sessionKey } from './debug-sessions-key';
import { t } from '../words';

/**
 * Launch configurations of type `podium`: checked, and filled in from the manifest that is open where there are none. Once
 * there is something to connect to, the debugger that does the work is started, and the configuration has no session itself.
 */
export class PodiumDebugProvider implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly workbench: Workbench,
    private readonly sessions: DebugSessions,
  ) {}

  provideDebugConfigurations(): vscode.DebugConfiguration[] {
    return [
      { type: 'podium', request: 'launch', name: t`Debug this manifest`, manifests: ['${file}'] },
      { type: 'podium', request: 'attach', name: t`Attach to a pod` },
    ];
  }

  /** F5 without a launch.json comes with an empty configuration. */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (configuration.type) return configuration;
    const uri = vscode.window.activeTextEditor?.document.uri;
    if (uri?.scheme !== 'file') return undefined;
    try {
      const { defaultConfiguration } = await import('./default-configuration');
      return await defaultConfiguration(this.workbench, folder, uri);
    } catch (error) {
      tellFailure(error, 'debugging');
      return undefined;
    }
  }

  /** Of a person's configuration undefined: another session is there instead, or what went wrong has been told. */
  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (configuration[sessionKey] !== undefined) return configuration;
    try {
      const { debugConfiguration, configurationProblem } = await import('./configuration');
      const checked = debugConfiguration.safeParse(configuration);
      const { markProblems } = await import('./launch-problems');
      await markProblems(folder, configuration.name, checked.error?.issues ?? []);
      if (!checked.success) {
        const open = { title: t`Open launch.json`, command: 'workbench.action.debug.configure' };
        throw new RefusedError(
          t`The launch configuration "${configuration.name}" can't be used: ${configurationProblem(checked.error)}`,
          [open],
        );
      }
      const inner =
        checked.data.request === 'attach'
          ? await (await import('./attach')).attach(this.workbench, this.sessions, folder, checked.data)
          : await (await import('./launch')).launch(this.workbench, this.sessions, folder, checked.data);
      await this.sessions.start(folder, inner);
    } catch (error) {
      tellFailure(error, 'debugging');
    }
    return undefined;
  }
}
