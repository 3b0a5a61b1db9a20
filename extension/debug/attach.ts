import type * as vscode from 'vscode';
import type { Live, Pod } from '../../runtime/api/kinds';
import { parseTarget, podSourceOf, runningPods, type Target } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';
import { namespaceOf } from '../deploy/manifests';
import { RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { askDebugTarget } from './ask-target';
import type { AttachConfiguration } from './configuration';
import type { DebugSessions } from './debug-sessions';
import { innerConfiguration, type PodToDebug } from './inner-configuration';
import { t } from '../words';

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
  if (!first) throw new RefusedError(t`No pod of ${target.kind}/${target.name} runs.`);
  const { container } = configuration;
  if (configuration.replicas === 'all') {
    for (const pod of others)
      await startBeside(workbench, sessions, folder, configuration, { session, pod, container });
  }
  const alone = configuration.replicas === 'alone';
  return innerConfiguration(
    workbench,
    sessions,
    folder,
    { ...configuration, alone },
    { session, pod: first, container },
  );
}

async function podsToDebug({ client }: Session, target: Target): Promise<Live<Pod>[]> {
  return runningPods(client, await podSourceOf(client, target));
}

async function startBeside(
  workbench: Workbench,
  sessions: DebugSessions,
  folder: vscode.WorkspaceFolder | undefined,
  configuration: AttachConfiguration,
  place: PodToDebug,
): Promise<void> {
  const inner = await innerConfiguration(workbench, sessions, folder, configuration, place);
  await sessions.start(folder, { ...inner, name: `${configuration.name}: ${place.pod.metadata.name}` });
}
