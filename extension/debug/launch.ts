import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { KubeObject, Live, Pod } from '../../runtime/api/kinds';
import type { ContainerPlace } from '../../runtime/client/debug/processes';
import { type ObjectRef, resourceOf, restart, rolloutKinds } from '../../runtime/client/operations';
import { podLogs } from '../../runtime/client/pods/streams';
import { podSourceOf, runningPods, type Target } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';
import { applyManifest } from '../deploy/apply';
import { type Manifest, namespaceOf } from '../deploy/manifests';
import { manifestsOf } from '../deploy/sources';
import { RefusedError } from '../errors';
import { logFailure } from '../notify';
import { targetOf } from '../pods/pick';
import { type Step, type Workbench, withProgress } from '../workbench';
import { buildImage } from './build';
import type { LaunchConfiguration } from './configuration';
import type { DebugSessions } from './debug-sessions';
import { sessionKey } from './debug-sessions-key';
import { innerConfiguration } from './inner-configuration';
import { t } from '../words';

/** How long pods may take to run. */
const runTimeoutMs = 120_000;
const pollMs = 200;

/** Builds, deploys, waits and attaches; what the pod writes goes to the Debug Console. Returns the inner debugger's configuration. */
export async function launch(
  workbench: Workbench,
  sessions: DebugSessions,
  folder: vscode.WorkspaceFolder | undefined,
  configuration: LaunchConfiguration,
): Promise<vscode.DebugConfiguration> {
  const session = await workbench.clusters.connect();
  const manifests = await readAll(workbench, folder, configuration.manifests);
  const main = workloadOf(manifests, configuration.target);
  const namespace = configuration.namespace ?? namespaceOf(workbench.clusters);
  const ref = { ...refOfManifest(main, namespace) };
  const { pod, end } = await withProgress(t`Launching ${ref.name}`, async (step, token) => {
    const built =
      configuration.build &&
      (await buildImage(
        workbench,
        absolute(folder, configuration.build.context),
        configuration.build.image,
        step,
        token,
      ));
    const since = Date.now();
    const changed = await deployAll(session, manifests, namespace, step);
    if (built && !changed.has(main) && rolloutKinds.has(ref.kind)) await restart(session.client, ref, Date.now());
    step(t`waiting for a pod`);
    const found = await newestPod(session, targetOf(ref), built || changed.has(main) ? since : 0, token);
    return {
      pod: found,
      end: configuration.onStop === 'delete' ? () => removeAll(session, manifests, namespace) : async () => {},
    };
  });
  const log = new AbortController();
  const inner = await innerConfiguration(
    workbench,
    sessions,
    folder,
    configuration,
    { session, pod, container: configuration.container },
    async () => {
      log.abort();
      await end();
    },
  );
  void copyLog(session, sessions.placeOf(String(inner[sessionKey])), log.signal).catch((error: unknown) =>
    logFailure(error, 'the log of the pod'),
  );
  return inner;
}

async function readAll(
  workbench: Workbench,
  folder: vscode.WorkspaceFolder | undefined,
  paths: readonly string[],
): Promise<Manifest[]> {
  const read = await Promise.all(paths.map((path) => manifestsOf(workbench, vscode.Uri.file(absolute(folder, path)))));
  const problem = read.flatMap(({ problems }) => problems)[0];
  if (problem) throw new RefusedError(problem.message);
  return read.flatMap(({ manifests }) => manifests);
}

function absolute(folder: vscode.WorkspaceFolder | undefined, path: string): string {
  return isAbsolute(path) || !folder ? path : join(folder.uri.fsPath, path);
}

const withPods: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'Pod',
]);

/** The workload that is debugged: the one named `deploy/web`, or the first that has pods. */
export function workloadOf(manifests: readonly Manifest[], target?: string): Manifest {
  const name = target?.split('/').at(-1);
  const found = manifests.find(
    ({ object }) => withPods.has(object.kind ?? '') && (!name || object.metadata.name === name),
  );
  if (!found)
    throw new RefusedError(
      name ? t`The manifests have no workload "${name}".` : t`The manifests have no workload: nothing would run.`,
    );
  return found;
}

function refOfManifest({ object }: Manifest, namespace: string): ObjectRef {
  const { apiVersion = '', kind = '', metadata } = object;
  return { apiVersion, kind, name: metadata.name ?? '', namespace: metadata.namespace ?? namespace };
}

/** Applies all. Returns those that are new or have another generation. Throws StatusError at the first that is refused. */
async function deployAll(
  { client }: Session,
  manifests: readonly Manifest[],
  namespace: string,
  step: Step,
): Promise<Set<Manifest>> {
  const changed = new Set<Manifest>();
  for (const manifest of manifests) {
    step(t`deploying ${manifest.title}`);
    const before = await generationOf(client, manifest, namespace);
    const { metadata } = await applyManifest(client, manifest, namespace);
    if (before !== (metadata.generation ?? metadata.resourceVersion)) changed.add(manifest);
  }
  return changed;
}

async function generationOf(
  client: Session['client'],
  manifest: Manifest,
  namespace: string,
): Promise<number | string | undefined> {
  const { liveObject } = await import('../deploy/apply');
  const object = await liveObject(client, manifest, namespace);
  return object?.metadata.generation ?? object?.metadata.resourceVersion;
}

/** A running pod that is as new as it must be. */
async function newestPod(
  { client }: Session,
  target: Target,
  since: number,
  token: vscode.CancellationToken,
): Promise<Live<Pod>> {
  const end = Date.now() + runTimeoutMs;
  for (;;) {
    const pods = await runningPods(client, await podSourceOf(client, target)).catch(() => []);
    // The server's times are in whole seconds.
    const [found] = pods.filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') >= since - 1_000);
    if (found) return found;
    if (token.isCancellationRequested) throw new RefusedError(t`The launch was cancelled.`);
    if (Date.now() > end) throw new RefusedError(t`No pod of ${target.kind}/${target.name} runs: look at its events.`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function removeAll({ client }: Session, manifests: readonly Manifest[], namespace: string): Promise<void> {
  for (const manifest of [...manifests].reverse()) {
    const ref = refOfManifest(manifest, namespace);
    const resource = await resourceOf<KubeObject>(client, ref);
    await resource.delete(ref.name, ref.namespace, { propagationPolicy: 'Background' }).catch(() => {});
  }
}

async function copyLog({ client }: Session, place: ContainerPlace | undefined, signal: AbortSignal): Promise<void> {
  if (!place) return;
  const { pod, container } = place;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of podLogs(client, pod, { container, follow: true, signal })) {
      vscode.debug.activeDebugConsole.append(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
