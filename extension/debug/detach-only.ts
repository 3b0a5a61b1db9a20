import type * as vscode from 'vscode';
import { sessionKey } from './debug-sessions-key';

interface Request {
  type?: string;
  command?: string;
  arguments?: { terminateDebuggee?: boolean; restart?: boolean };
}

/**
 * Our sessions are only ever detached from. Told to end the program, js-debug kills the process by the number that it has
 * in its container, and all that descends from it: on this machine that is some other process. The editor passes requests to
 * trackers before the adapter, as the object that is sent on.
 */
export function detachOnly(session: vscode.DebugSession): vscode.DebugAdapterTracker | undefined {
  if (!isOurs(session)) return undefined;
  return {
    onWillReceiveMessage(message: Request) {
      if (message.type !== 'request') return;
      if (message.command === 'terminate') message.command = 'disconnect';
      if (message.command === 'disconnect') message.arguments = { ...message.arguments, terminateDebuggee: false };
    },
  };
}

/** Each process has a session below the one that was started. */
function isOurs(session: vscode.DebugSession): boolean {
  for (let at: vscode.DebugSession | undefined = session; at; at = at.parentSession) {
    if (at.configuration[sessionKey] !== undefined) return true;
  }
  return false;
}
