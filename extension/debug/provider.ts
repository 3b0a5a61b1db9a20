import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { Manifest } from '../deploy/manifests';
import { RefusedError } from '../errors';
import { tellFailure } from '../notify';
import type { Workbench } from '../workbench';
import type { DebugSessions } from './debug-sessions';

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
      { type: 'podium', request: 'launch', name: 'Debug this manifest', manifests: ['${file}'] },
      { type: 'podium', request: 'attach', name: 'Attach to a pod' },
    ];
  }

  /** F5 without a launch.json comes with an empty configuration. */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (configuration.type) return configuration;
    const uri = vscode.window.activeTextEditor?.document.uri;
    return uri?.scheme === 'file' ? this.forFile(folder, uri) : undefined;
  }

  /** Always undefined: another session is there instead, or what went wrong has been told. */
  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    try {
      const { debugConfiguration, configurationProblem } = await import('./configuration');
      const checked = debugConfiguration.safeParse(configuration);
      if (!checked.success) {
        const open = { title: 'Open launch.json', command: 'workbench.action.debug.configure' };
        throw new RefusedError(
          `The launch configuration "${configuration.name}" can't be used: ${configurationProblem(checked.error)}`,
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

  private async forFile(
    folder: vscode.WorkspaceFolder | undefined,
    uri: vscode.Uri,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const [{ manifestsOf }, { workloadOf }] = await Promise.all([import('../deploy/sources'), import('./launch')]);
    try {
      const main = workloadOf((await manifestsOf(this.workbench, uri)).manifests);
      const context = await dockerfileFolder(folder, uri);
      const image = imageOf(main);
      return {
        type: 'podium',
        request: 'launch',
        name: `Debug ${main.title}`,
        manifests: [uri.fsPath],
        ...(context && image && { build: { context, image }, localRoot: context }),
      };
    } catch (error) {
      tellFailure(error, 'debugging');
      return undefined;
    }
  }
}

/** The nearest folder with a Dockerfile: the manifest's own, or one around it in the workspace. */
async function dockerfileFolder(
  folder: vscode.WorkspaceFolder | undefined,
  uri: vscode.Uri,
): Promise<string | undefined> {
  const root = folder?.uri.fsPath ?? dirname(uri.fsPath);
  for (let at = dirname(uri.fsPath); at.startsWith(root); at = dirname(at)) {
    try {
      await vscode.workspace.fs.stat(vscode.Uri.file(join(at, 'Dockerfile')));
      return at;
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
  return undefined;
}

function imageOf({ object }: Manifest): string | undefined {
  interface Spec {
    containers?: { image?: string }[];
    template?: { spec?: Spec };
  }
  const { spec } = object as { spec?: Spec };
  return (spec?.template?.spec ?? spec)?.containers?.[0]?.image;
}
