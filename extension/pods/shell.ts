import * as vscode from 'vscode';
import { objectFor, podOwners } from '../objects/target';
import type { Workbench } from '../workbench';
import { containerOf, givenContainer, podOf } from './pick';
import { ShellTerminal } from './shell-terminal';
import { t } from '../words';

/** A terminal in a container of what was given, or of a pod that is asked for. */
export async function shellTerminal(
  workbench: Workbench,
  given?: unknown,
  command?: readonly string[],
): Promise<vscode.ExtensionTerminalOptions> {
  const { session, ref } = await objectFor(workbench, given, podOwners, t`Open Shell`);
  const pod = await podOf(session, ref, { ask: true, title: t`Shell in ${ref.name}` });
  const target = await containerOf(pod, givenContainer(given), t`Shell in ${pod.metadata.name}`);
  return {
    name: `${target.pod.name}/${target.container}`,
    iconPath: new vscode.ThemeIcon('terminal-linux'),
    pty: new ShellTerminal(session, target, command),
  };
}
