import * as vscode from 'vscode';
import type { Session } from '../clusters/session';
import type { Step, Workbench } from '../workbench';

/** Where the image with debuggers comes from: the setting, or on Podium's own clusters the one that the engine makes. */
export function toolsImageOf(
  { podium }: Workbench,
  { ref }: Session,
  step: Step,
  token: vscode.CancellationToken,
): () => Promise<string | undefined> {
  const set = vscode.workspace.getConfiguration('podium').get('debug.image', '');
  if (set) return () => Promise.resolve(set);
  if (ref.kind !== 'local') return () => Promise.resolve(undefined);
  return async () => (await podium.run(['debug-image'], step, token)).trim();
}
