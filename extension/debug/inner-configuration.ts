import type * as vscode from 'vscode';
import type { Live, Pod } from '../../runtime/api/kinds';
import type { DebugConnection } from '../../runtime/client/debug/attach';
import { refOf } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';
import { RefusedError } from '../errors';
import { containerOf } from '../pods/pick';
import { type Workbench, withProgress } from '../workbench';
import type { DebugSessions } from './debug-sessions';
import { portKey, sessionKey } from './debug-sessions-key';
import { stopAtFirstLine } from './entry-breakpoint';
import { openDebugger, type OpenOptions } from './open-debugger';
import { sourceFolder } from './source-folder';
import { t } from '../words';

export interface InnerOptions extends OpenOptions {
  name: string;
  localRoot?: string | undefined;
  remoteRoot?: string | undefined;
}

export interface PodToDebug {
  session: Session;
  pod: Live<Pod>;
  container?: string | undefined;
}

/** What the debugger that does the work is told: the forwarded port, and how paths there are paths here. */
export async function innerConfiguration(
  workbench: Workbench,
  sessions: DebugSessions,
  folder: vscode.WorkspaceFolder | undefined,
  options: InnerOptions,
  { session, pod, container }: PodToDebug,
  more: () => Promise<void> = async () => {},
): Promise<vscode.DebugConfiguration> {
  const place = await containerOf(pod, container, t`Debug ${pod.metadata.name}`);
  const { connection, release } = await withProgress(t`Attaching to ${refOf(pod).name}`, (step, token) =>
    openDebugger(workbench, session, place, options, { step, token }),
  );
  if (connection.runtime !== 'node' && sessions.has(connection)) {
    await Promise.all([connection.close(), release(), more()]);
    throw new RefusedError(t`${refOf(pod).name} is debugged already, and its program takes one debugger alone.`);
  }
  const localRoot = options.localRoot ?? (await sourceFolder(folder, connection));
  const remoteRoot = options.remoteRoot ?? remoteFolder(connection);
  const passEntry = options.stopOnEntry ? stopAtFirstLine(connection, localRoot, remoteRoot) : () => {};
  const end = async (): Promise<void> => {
    passEntry();
    await Promise.all([release(), more()]);
  };
  return {
    ...byRuntime[connection.runtime](connection, localRoot, remoteRoot),
    request: 'attach',
    name: options.name,
    [sessionKey]: sessions.add(connection, end),
  };
}

/** Go tells where its files were when it was compiled; the others run their files. */
function remoteFolder({ runtime, cwd, program }: DebugConnection): string {
  return runtime === 'go' ? (program ?? '').replace(/\/[^/]*$/, '') : cwd;
}

type Configure = (
  connection: DebugConnection,
  localRoot: string,
  remoteRoot: string,
) => { type: string; [field: string]: unknown };

const byRuntime: Record<DebugConnection['runtime'], Configure> = {
  node: ({ port }, localRoot, remoteRoot) => ({
    type: 'node',
    address: '127.0.0.1',
    port,
    continueOnAttach: false,
    localRoot,
    remoteRoot,
    // Both go by process numbers and files of this machine, and the process isn't on it.
    attachExistingChildren: false,
    autoAttachChildProcesses: false,
  }),
  python: ({ port }, localRoot, remoteRoot) => ({
    type: 'podium',
    [portKey]: port,
    // debugpy's adapter asks for it, though it listens there itself.
    connect: { host: '127.0.0.1', port },
    pathMappings: [{ localRoot, remoteRoot }],
    justMyCode: true,
  }),
  go: ({ port, pid }, localRoot, remoteRoot) => ({
    type: 'podium',
    [portKey]: port,
    mode: 'local',
    processId: pid,
    stopOnEntry: false,
    ...(remoteRoot && { substitutePath: [{ from: localRoot, to: remoteRoot }] }),
  }),
};
