import type { Health } from '../health';
import type { Workbench } from '../workbench';
import { ClusterNode } from './cluster-nodes';
import { FailingPods } from './failing-pods';
import { headings } from './group-node';
import { LiveTree } from './live-tree';
import { MessageNode, type TreeNode } from './tree-node';
import { t } from '../words';

/** One of the two trees, for the chosen cluster, whichever that is from now on. */
export function makeTree(
  name: 'clusters' | 'resources',
  workbench: Workbench,
  health: Health,
  fire: (nodes: TreeNode[] | undefined) => void,
): LiveTree {
  const { clusters } = workbench;
  const watches = () => ('session' in clusters.state ? clusters.state.session?.watches : undefined);
  const roots = name === 'clusters' ? clusterRoots(workbench) : resourceRoots(workbench);
  const failing = name === 'resources' ? new FailingPods(clusters, health) : undefined;
  const tree = new LiveTree(roots, watches, fire, (isVisible) => failing?.look(isVisible));
  let shown = watches();
  let drawn = '';
  clusters.onDidChange(() => {
    const now = watches();
    failing?.follow();
    const key = keyOf(name, workbench);
    if (now !== shown) tree.restart();
    else if (key !== drawn) tree.redraw(name === 'resources');
    shown = now;
    drawn = key;
  });
  return tree;
}

/** What the roots depend on, apart from what watches tell. */
function keyOf(name: 'clusters' | 'resources', { clusters }: Workbench): string {
  const { state, namespace, sources } = clusters;
  if (name === 'resources') return `${state.kind} ${namespace}`;
  return JSON.stringify([state.kind, clusters.ref, namespace, sources?.summary(), 'message' in state ? state.message : '', failureOf(state)]);
}

function failureOf(state: Workbench['clusters']['state']): string {
  return state.kind === 'unreachable' ? state.failure.message : '';
}

function clusterRoots({ clusters }: Workbench): () => readonly TreeNode[] {
  let before = new Map<string, ClusterNode>();
  return () => {
    const { sources } = clusters;
    if (!sources) return [];
    const made = [
      ...sources.local.list().map((cluster) => new ClusterNode(clusters, { kind: 'local', name: cluster.name }, cluster)),
      ...sources.foreignContexts().map((context) => new ClusterNode(clusters, { kind: 'context', name: context.name }, context)),
    ];
    const nodes = made.map((node) => before.get(node.id)?.update(node) ?? node);
    before = new Map(nodes.map((node) => [node.id, node]));
    return [...nodes, ...sources.kubeconfig.problems.map(problemNode)];
  };
}

function problemNode({ message, source }: { message: string; source: string }): TreeNode {
  return new MessageNode(undefined, source, {
    label: t`kubeconfig can't be read`,
    description: message,
    icon: 'warning',
    color: 'list.warningForeground',
    context: ' problem ',
    command: { title: t`Open File`, id: 'podium.openKubeconfig', args: [source] },
    spoken: t`A kubeconfig can't be read: ${message}. Press Enter to open it.`,
  });
}

/** Made anew for another namespace; kept otherwise, so that items keep what they know. */
function resourceRoots({ clusters }: Workbench): () => readonly TreeNode[] {
  let made: { key: unknown; namespace: string; nodes: readonly TreeNode[] } | undefined;
  return () => {
    const { state, namespace } = clusters;
    const session = 'session' in state ? state.session : undefined;
    if (!session) return [];
    if (made?.key !== session || made.namespace !== namespace)
      made = { key: session, namespace, nodes: headings(undefined, namespace, true) };
    return made.nodes;
  };
}
