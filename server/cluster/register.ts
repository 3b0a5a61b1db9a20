import * as z from 'zod';
import { type ClusterTarget, editorMethods } from '../../runtime/client/editor-protocol';
import { kubeconfigPaths } from '../../runtime/client/kubeconfig';
import type { ServerContext } from '../context';
import { Throttle } from '../throttle';
import { registerDriftNotifications } from './providers/drift-notifications';
import { registerDryRunOnSave } from './providers/dry-run-on-save';
import { objectsOf } from './providers/live-file';
import { registerLiveFindings } from './providers/live-findings';
import { registerLiveHints } from './providers/live-hints';
import { registerLiveHover } from './providers/live-hover';
import { registerLiveLenses } from './providers/live-lenses';
import { registerRefresh } from './providers/refresh';
import { TypingLines } from './providers/typing-lines';
import { registerWhatIf } from './what-if/register';
import { needsOf } from './watches/needs';

/** What the cluster makes of the open documents, shown in them. */
export function registerCluster(context: ServerContext): void {
  const typing = new TypingLines(context.documents);
  registerLiveFindings(context);
  registerLiveHints(context, typing);
  registerLiveHover(context);
  registerLiveLenses(context);
  registerDriftNotifications(context);
  registerDryRunOnSave(context);
  registerWhatIf(context);
  registerRefresh(context, typing);
  chooseCluster(context);
  followDocuments(context);
  tellState(context);
  context.onStop(() => {
    typing.close();
    context.cluster.close();
  });
}

/** The cluster that the client names or, of a client that names none, the settings. */
function chooseCluster(context: ServerContext): void {
  const { connection, cluster, initialization } = context;
  let named = targetFrom(initialization.cluster, context);
  const choose = (): void => cluster.use((named === undefined ? targetOfSettings(context) : named) ?? undefined);
  connection.onNotification(editorMethods.cluster, (target: unknown) => {
    named = targetFrom(target, context);
    choose();
  });
  context.onStart(choose);
  context.onDidChangeSettings(choose);
}

const targetSchema = z
  .object({
    kubeconfig: z.array(z.string()).optional(),
    kubeconfigText: z.string().optional(),
    context: z.string().optional(),
    namespace: z.string().optional(),
  })
  .nullish();

/** Undefined if the client names none, null if it wants none. What can't be understood names none. */
function targetFrom(value: unknown, { logger }: ServerContext): ClusterTarget | null | undefined {
  const { success, data } = targetSchema.safeParse(value);
  if (!success) logger.warn({}, 'what the client says of the cluster cannot be understood');
  return data && (Object.fromEntries(Object.entries(data).filter(([, part]) => part !== undefined)) as ClusterTarget);
}

function targetOfSettings({ settings }: ServerContext): ClusterTarget | undefined {
  const { kubeconfig, context, namespace } = settings().cluster;
  if (kubeconfig === '' && context === '') return undefined;
  const files = kubeconfig === '' ? kubeconfigPaths() : kubeconfigPaths({ KUBECONFIG: kubeconfig });
  return { kubeconfig: files, ...(context && { context }), ...(namespace && { namespace }) };
}

/** Watches what the objects in open documents need, and no longer than they are open. */
function followDocuments(context: ServerContext): void {
  const { documents, workspace, cluster } = context;
  const follow = new Throttle(
    () => {
      // Once a cluster is chosen, its state changes, and it is asked for then.
      const files = cluster.state === 'none' ? [] : documents.all();
      cluster.require(files.flatMap(({ uri }) => objectsOf(uri, context).flatMap(({ written }) => needsOf(written))));
    },
    { delayMs: 100, gapMs: 300 },
  );
  // Which namespace objects without one are in, and whether they are in any, the cluster tells.
  cluster.onDidChange(() => follow.ask());
  documents.onDidChange(() => follow.ask());
  documents.onDidClose(() => follow.ask());
  workspace.onDidChange((uris) => {
    if (documents.all().some(({ uri }) => uris.has(uri))) follow.ask();
  });
  context.onStop(() => follow.stop());
}

function tellState({ connection, cluster }: ServerContext): void {
  let told = JSON.stringify(cluster.details);
  cluster.onDidChange(() => {
    const state = JSON.stringify(cluster.details);
    if (state === told) return;
    told = state;
    void connection.sendNotification(editorMethods.clusterState, cluster.details);
  });
}
