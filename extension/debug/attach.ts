import type * as vscode from 'vscode';
import type { Live, Pod } from '../../runtime/api/kinds';
import { attachNode } from '../../runtime/client/debug/attach-node';
import { parseTarget, podSourceOf, refOf, runningPods, type Target } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';
import { namespaceOf } from '../deploy/manifests';
import { RefusedError } from '../errors';
import { containerOf } from '../pods/pick';
import { type Workbench, withProgress } from '../workbench';
import { signalOf } from '../pods/copy-commands';
import { askDebugTarget } from './ask-target';
import { sourceFolder } from './source-folder';
import type { AttachConfiguration } from './configuration';
import type { DebugSessions } from './debug-sessions';
import { sessionKey } from './debug-sessions-key';

export interface Paths {
  localRoot?: string | undefined;
  remoteRoot?: string | undefined;
}

export interface PodToDebug {
  session: Session;
  pod: Live<Pod>;
  container?: string | undefined;
}

/** Attaches to a pod that runs; of all replicas the others get sessions of their own. Returns the inner debugger's configuration. */
export async function attach(
  workbench: Workbench,
  sessions: DebugSessions,
  folder: vscode.WorkspaceFolder | undefined,
  configuration: AttachConfiguration,
): Promise<vscode.DebugConfiguration> {
  const session = await workbench.clusters.connect();
  const namespace = configuration.namespace ?? namespaceOf(workbench.clusters);
  const target = configuration.target ? parseTarget(configuration.target, namespace) : await askDebugTarget(workbench);
  const [first, ...others] = await podsToDebug(session, target);
  if (!first) throw new RefusedError(`No pod of ${target.kind}/${target.name} runs.`);
  const { container } = configuration;
  if (configuration.replicas === 'all') {
    for (const pod of others) await startBeside(sessions, folder, configuration, { session, pod, container });
  }
  return innerConfiguration(sessions, folder, configuration, { session, pod: first, container });
}

async function podsToDebug({ client }: Session, target: Target): Promise<Live<Pod>[]> {
  return runningPods(client, await podSourceOf(client, target));
}

async function startBeside(
  sessions: DebugSessions,
  folder: vscode.WorkspaceFolder | undefined,
  configuration: AttachConfiguration,
  place: PodToDebug,
): Promise<void> {
  const inner = await innerConfiguration(sessions, folder, configuration, place);
  await sessions.start(folder, { ...inner, name: `${configuration.name}: ${place.pod.metadata.name}` });
}

/** What js-debug is told: the forwarded port, and how paths there are paths here. */
export async function innerConfiguration(
  sessions: DebugSessions,
  folder: vscode.WorkspaceFolder | undefined,
  { name, localRoot, remoteRoot }: Paths & { name: string },
  { session, pod, container }: PodToDebug,
  more: () => Promise<void> = async () => {},
): Promise<vscode.DebugConfiguration> {
  const place = await containerOf(pod, container, `Debug ${pod.metadata.name}`);
  const connection = await withProgress(`Attaching to ${refOf(pod).name}`, (_step, token) =>
    attachNode(session.client, place, signalOf(token)),
  );
  return {
    type: 'node',
    request: 'attach',
    name,
    address: '127.0.0.1',
    port: connection.port,
    continueOnAttach: false,
    localRoot: localRoot ?? (await sourceFolder(folder, connection)),
    remoteRoot: remoteRoot ?? connection.cwd,
    // Both go by process numbers and files of this machine, and the process isn't on it.
    attachExistingChildren: false,
    autoAttachChildProcesses: false,
    [sessionKey]: sessions.add(connection, more),
  };
}
