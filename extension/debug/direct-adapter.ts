import * as vscode from 'vscode';
import { inBackground } from '../notify';
import { portKey, sessionKey } from './debug-sessions-key';

/** The editor speaks to a debugger in a pod as it is: through the forward, with no adapter between. */
export class DirectAdapter implements vscode.DebugAdapterDescriptorFactory {
  createDebugAdapterDescriptor({ configuration }: vscode.DebugSession): vscode.DebugAdapterDescriptor | undefined {
    const port = configuration[portKey] as number | undefined;
    return port === undefined ? undefined : new vscode.DebugAdapterServer(port, '127.0.0.1');
  }
}

interface Subprocess {
  name?: string;
  subProcessId?: number;
}

/** debugpy tells of processes that the program starts; each gets a session below, through the same forward. */
export function followSubprocesses(): vscode.Disposable {
  return vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
    if (event !== 'debugpyAttach' || session.configuration[sessionKey] === undefined) return;
    const { name = 'subprocess', subProcessId } = (body ?? {}) as Subprocess;
    const inner = { ...session.configuration, name, subProcessId };
    const options = { parentSession: session, lifecycleManagedByParent: true };
    inBackground(
      Promise.resolve(vscode.debug.startDebugging(session.workspaceFolder, inner, options)),
      'a subprocess of a debugged program',
    );
  });
}
