import * as vscode from 'vscode';
import type { Workbench } from '../workbench';

/** A shell in a pod among the profiles of the editor's terminals. */
export function registerTerminalProfile(workbench: Workbench): vscode.Disposable {
  return vscode.window.registerTerminalProfileProvider('podium.shell', {
    async provideTerminalProfile() {
      const { shellTerminal } = await import('./shell');
      return new vscode.TerminalProfile(await shellTerminal(workbench));
    },
  });
}
