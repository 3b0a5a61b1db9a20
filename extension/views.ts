import * as vscode from 'vscode';
import type { Health } from './health';
import { guarded, inBackground } from './notify';
import { command } from './commands/register';
import { LazyTree, type LazyTrees } from './tree/lazy-tree';
import type { TreeNode } from './tree/tree-node';
import type { Workbench } from './workbench';
import { t } from './words';

/** The two trees. What they show is loaded when one of them is seen. */
export function registerViews(workbench: Workbench, health: Health): { views: LazyTrees; disposable: vscode.Disposable } {
  const { clusters } = workbench;
  const make = (name: keyof LazyTrees): LazyTree =>
    new LazyTree(async (fire) => {
      const [{ makeTree }] = await Promise.all([import('./tree/trees'), clusters.discover()]);
      return makeTree(name, workbench, health, fire);
    });
  const views: LazyTrees = { clusters: make('clusters'), resources: make('resources') };
  const drop = new DropManifests();
  const options = { showCollapseAll: true, canSelectMany: true, dragAndDropController: drop };
  const clusterView = vscode.window.createTreeView('podium.cluster', { ...options, treeDataProvider: views.clusters });
  const resourceView = vscode.window.createTreeView('podium.resources', { ...options, treeDataProvider: views.resources });
  const welcome = clusterView.onDidChangeVisibility(guarded(({ visible }) => visible && welcomeOnce(workbench)));
  const following = [welcome, follow(clusterView, views.clusters, workbench), follow(resourceView, views.resources, workbench)];
  const tell = (): void => describeViews(clusterView, resourceView, workbench, health);
  const disposable = vscode.Disposable.from(
    clusterView,
    resourceView,
    ...following,
    views.clusters,
    views.resources,
    clusters.onDidChange(tell),
    health.onDidChange(tell),
    command('podium.showMore', (node: { showMore(host: unknown): void }) => showMore(views, node)),
    command('podium.filter', async (text?: unknown) => (await import('./commands/filter')).filterByText(views, text, resourceView)),
    command('podium.filterByLabels', async (labels?: unknown) =>
      (await import('./commands/filter')).filterByLabels(views, labels, resourceView),
    ),
    command('podium.clearFilter', async () => (await import('./commands/filter')).clearFilter(views, resourceView)),
  );
  return { views, disposable };
}

/** The tour opens by itself the first time that the view is seen, unless walkthroughs are not wanted. */
async function welcomeOnce({ context }: Workbench): Promise<void> {
  const wanted = vscode.workspace.getConfiguration('workbench').get('welcomePage.walkthroughs.openOnInstall', true);
  if (!wanted || context.globalState.get('podium.welcomed')) return;
  await context.globalState.update('podium.welcomed', true);
  await vscode.commands.executeCommand('podium.openWalkthrough');
}

/** Keeps a tree's watches as open as its view is. */
function follow(view: vscode.TreeView<TreeNode>, lazy: LazyTree, { clusters }: Workbench): vscode.Disposable {
  let look: vscode.Disposable | undefined;
  const see = (visible: boolean): void => {
    if (visible) look ??= clusters.look();
    else {
      look?.dispose();
      look = undefined;
    }
    inBackground(lazy.tree().then((tree) => tree.visible(visible)));
  };
  if (view.visible) see(true);
  return vscode.Disposable.from(
    view.onDidChangeVisibility(({ visible }) => see(visible)),
    view.onDidExpandElement(guarded(async ({ element }) => (await lazy.tree()).expanded(element))),
    view.onDidCollapseElement(guarded(async ({ element }) => (await lazy.tree()).collapsed(element))),
    new vscode.Disposable(() => look?.dispose()),
  );
}

/** What stands beside the headings: the namespace, what is wrong, and how many things are. */
function describeViews(
  clusterView: vscode.TreeView<TreeNode>,
  resourceView: vscode.TreeView<TreeNode>,
  { clusters }: Workbench,
  health: Health,
): void {
  const { state } = clusters;
  const session = 'session' in state ? state.session : undefined;
  const where = 'ref' in state ? `${state.ref.name} · ${clusters.namespace || t`all namespaces`}` : '';
  resourceView.description = session ? where : '';
  if (state.kind === 'unreachable') resourceView.message = t`${state.failure.message} Podium goes on trying.`;
  else delete resourceView.message;
  const unready = health.unready().length;
  const problems = unready + health.failingPods();
  clusterView.badge =
    state.kind === 'unreachable'
      ? { value: 1, tooltip: state.failure.message }
      : problems > 0
        ? { value: problems, tooltip: t`Failing: ${unready} nodes, ${health.failingPods()} pods` }
        : undefined;
}

async function showMore({ clusters, resources }: LazyTrees, node: { showMore(host: unknown): void }): Promise<void> {
  for (const lazy of [clusters, resources]) {
    const tree = await lazy.tree();
    if (tree.openNodes.some((open) => (open as unknown) === node)) node.showMore(tree);
  }
}

/** Manifest files that are dropped on a namespace, or on something in one, are deployed there. */
class DropManifests implements vscode.TreeDragAndDropController<TreeNode> {
  readonly dropMimeTypes = ['text/uri-list'];
  readonly dragMimeTypes = [];

  async handleDrop(target: TreeNode | undefined, dropped: vscode.DataTransfer): Promise<void> {
    const list = await dropped.get('text/uri-list')?.asString();
    const uris = (list ?? '').split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
    const namespace = namespaceOf(target);
    for (const uri of uris)
      await vscode.commands.executeCommand('podium.deploy', vscode.Uri.parse(uri), namespace ? { namespace } : undefined);
  }
}

/** The namespace that a node is, or is in. */
function namespaceOf(target: TreeNode | undefined): string | undefined {
  for (let at = target; at; at = at.parent) {
    const { namespaceName, object } = at as { namespaceName?: string; object?: { metadata: { namespace?: string } } };
    const namespace = namespaceName ?? object?.metadata.namespace;
    if (namespace) return namespace;
  }
  return undefined;
}
