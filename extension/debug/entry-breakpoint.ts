import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import * as vscode from 'vscode';
import type { DebugConnection } from '../../runtime/client/debug/attach';

/**
 * A breakpoint on the first line of a program until something stops. debugpy only waits for a debugger, and js-debug takes
 * Node.js's own stop for one of its when a breakpoint is in the file. Returns the end of it.
 */
export function stopAtFirstLine({ cwd, program }: DebugConnection, localRoot: string, remoteRoot: string): () => void {
  const file = program && join(localRoot, posix.relative(remoteRoot, posix.resolve(cwd || '/', program)));
  if (!file || !existsSync(file)) return () => {};
  const location = new vscode.Location(vscode.Uri.file(file), new vscode.Position(0, 0));
  if (vscode.debug.breakpoints.some((each) => isAt(each, location))) return () => {};
  const breakpoint = new vscode.SourceBreakpoint(location);
  vscode.debug.addBreakpoints([breakpoint]);
  const subscription = vscode.debug.onDidChangeActiveStackItem((item) => {
    if (item) end();
  });
  const end = (): void => {
    subscription.dispose();
    vscode.debug.removeBreakpoints([breakpoint]);
  };
  return end;
}

function isAt(breakpoint: vscode.Breakpoint, { uri, range }: vscode.Location): boolean {
  if (!(breakpoint instanceof vscode.SourceBreakpoint) || !breakpoint.enabled) return false;
  const { location } = breakpoint;
  return location.uri.toString() === uri.toString() && location.range.start.line === range.start.line;
}
