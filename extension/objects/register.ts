import * as vscode from 'vscode';
import { type Handler, lazyCommands } from '../commands/register';
import { deployOnSave } from '../deploy/deploy-on-save';
import { Forwards } from '../pods/forwards';
import { ForwardsView } from '../pods/forwards-view';
import type { Workbench } from '../workbench';
import { LazyFileSystem } from './lazy-file-system';
import { liveScheme } from './live-scheme';
import { deployCommandIds, objectCommandIds, podCommandIds, viewCommandIds } from './object-command-ids';
import { registerSnapshots } from './snapshots';

/** Commands on objects, and what they show: live objects as files, snapshots, forwards. Their code is loaded when it is needed. */
export function registerObjects(workbench: Workbench): vscode.Disposable {
  const forwards = new Forwards();
  const files = new LazyFileSystem(async () => new (await import('./live-documents')).LiveDocuments(workbench));
  return vscode.Disposable.from(
    forwards,
    vscode.window.registerTreeDataProvider('podium.forwards', new ForwardsView(forwards)),
    vscode.workspace.registerFileSystemProvider(liveScheme, files, { isCaseSensitive: true }),
    registerSnapshots(),
    deployOnSave(),
    lazyCommands(() => objectCommands(workbench), objectCommandIds),
    lazyCommands(() => podCommands(workbench, forwards), podCommandIds),
    lazyCommands(async () => (await import('../deploy/deploy-commands')).deployCommands(workbench), deployCommandIds),
    lazyCommands(async () => (await import('../looking/view-commands')).viewCommands(workbench), viewCommandIds),
  );
}

async function objectCommands(workbench: Workbench): Promise<Record<string, Handler>> {
  const [workloads, nodes, deletion, documents, diff, templates] = await Promise.all([
    import('./workload-commands'),
    import('./node-commands'),
    import('./delete-command'),
    import('./document-commands'),
    import('./diff-commands'),
    import('../deploy/new-manifest'),
  ]);
  return {
    ...workloads.workloadCommands(workbench),
    ...nodes.nodeCommands(workbench),
    ...deletion.deleteCommands(workbench),
    ...documents.documentCommands(workbench),
    ...diff.diffCommands(workbench),
    ...templates.newManifestCommands(),
  };
}

async function podCommands(workbench: Workbench, forwards: Forwards): Promise<Record<string, Handler>> {
  const [pods, copy, run, logs] = await Promise.all([
    import('../pods/pod-commands'),
    import('../pods/copy-commands'),
    import('../pods/run-command'),
    import('../logs/log-commands'),
  ]);
  return {
    ...pods.podCommands(workbench, forwards),
    ...copy.copyCommands(workbench),
    ...run.runCommands(workbench),
    ...logs.logCommands(workbench),
  };
}
