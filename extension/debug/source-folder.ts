import { posix } from 'node:path';
import * as vscode from 'vscode';
import type { DebugConnection } from '../../runtime/client/debug/attach';
import { askOne } from '../objects/ask';
import { t } from '../words';

const excluded = '**/{node_modules,.git}/**';

/**
 * The folder here that is the program's working directory there: the one that has the program at the same place. Of several
 * it is asked which; without any it is the workspace's.
 */
export async function sourceFolder(
  folder: vscode.WorkspaceFolder | undefined,
  { runtime, cwd, program }: DebugConnection,
): Promise<string> {
  const root = folder?.uri.fsPath ?? '';
  // Where a Go program was compiled is no place in its container.
  const from = runtime === 'go' ? posix.dirname(program ?? '') : cwd;
  const inside = program && (posix.isAbsolute(program) ? posix.relative(from, program) : posix.normalize(program));
  if (!folder || !inside || inside.startsWith('..')) return root;
  const files = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, `**/${inside}`), excluded, 20);
  const folders = files.map(({ fsPath }) => fsPath.slice(0, -inside.length - 1));
  if (folders.length === 0) return root;
  const items = folders.map((each) => ({
    label: vscode.workspace.asRelativePath(each),
    description: inside,
    value: each,
  }));
  return askOne(items, t`Where are the sources of what is debugged?`, t`Folder`);
}
