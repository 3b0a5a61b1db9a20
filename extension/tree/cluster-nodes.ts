import type { KubeObject, Live, Node } from '../../runtime/api/kinds';
import type { ClusterManager, ClusterState } from '../clusters/cluster-manager';
import { type ClusterRef, isSame, keyOf } from '../clusters/cluster-ref';
import type { KubeContext } from '../clusters/kubeconfig-files';
import type { LocalCluster } from '../clusters/local-clusters';
import type { Session } from '../clusters/session';
import type { WatchRequest } from '../clusters/watches';
import { headings } from './group-node';
import { namespaceKind, nodeKind, podKind } from './kinds';
import { type Listing, ListingNode, type ObjectHolder } from './listing-node';
import { ObjectNode } from './object-node';
import { statusOf } from './object-status';
import { type Appearance, MessageNode, type TreeHost, TreeNode } from './tree-node';
import { t } from '../words';

/** A cluster that can be chosen; the chosen one opens. */
export class ClusterNode extends TreeNode {
  private inside: { session: Session; nodes: readonly TreeNode[] } | undefined;

  constructor(
    private readonly clusters: ClusterManager,
    readonly cluster: ClusterRef,
    private facts: LocalCluster | KubeContext,
  ) {
    // A cluster that can be opened is another item than before, since the editor remembers of an item that it was closed.
    super(`${keyOf(cluster)}${opens(clusters, cluster) ? '/open' : ''}`, undefined);
  }

  /** Takes over what a later look at the files has found. */
  update({ facts }: ClusterNode): this {
    this.facts = facts;
    return this;
  }

  override appearance(): Appearance {
    const { name, kind } = this.cluster;
    const state = this.state();
    const { text, icon, color } = looks(state, kind);
    const words = [kind, state ? 'current' : 'other', this.isRunning() ? 'running' : 'stopped', state?.kind ?? ''];
    return {
      label: name,
      description: [text, this.about()].filter(Boolean).join(' · '),
      icon,
      ...(color && { color }),
      context: ` cluster ${words.join(' ')} `,
      ...(opens(this.clusters, this.cluster) && { collapsible: 'expanded' }),
      spoken: kind === 'local' ? t`cluster ${name}, ${text}` : t`context ${name}, ${text}`,
    };
  }

  override details(): string {
    const state = this.state();
    const failure = state?.kind === 'unreachable' ? [`$(warning) ${state.failure.message}`] : [];
    const where = 'server' in this.facts ? [this.facts.server, this.facts.file] : [this.facts.kubeconfig];
    return [`**${this.cluster.name}**`, ...failure, ...where].join('\n\n');
  }

  override children(): readonly TreeNode[] {
    const state = this.state();
    const session = state && 'session' in state ? state.session : undefined;
    const lost = state?.kind === 'unreachable' ? [failureNode(this, state)] : [];
    if (!session) return lost;
    if (this.inside?.session !== session)
      this.inside = { session, nodes: [new NodesNode(this, this.clusters), new NamespacesNode(this, this.clusters)] };
    return [...lost, ...this.inside.nodes];
  }

  /** Of the chosen cluster; others have none. */
  private state(): Extract<ClusterState, { ref: unknown }> | undefined {
    const { state } = this.clusters;
    return 'ref' in state && isSame(state.ref, this.cluster) ? state : undefined;
  }

  private isRunning(): boolean {
    return 'server' in this.facts || this.facts.daemon !== undefined;
  }

  private about(): string {
    if ('server' in this.facts) return this.facts.server;
    const { config, daemon } = this.facts;
    if (!config) return t`its record can't be read`;
    const running = daemon ? t`running` : t`stopped`;
    return this.state() ? config.runtime : `${running} · ${config.runtime}`;
  }
}

/** Whether there is something to see in a cluster: only in the chosen one. */
function opens({ state }: ClusterManager, cluster: ClusterRef): boolean {
  return (state.kind === 'connected' || state.kind === 'unreachable') && isSame(state.ref, cluster);
}

function looks(state: ClusterState | undefined, kind: ClusterRef['kind']): { text: string; icon: string; color?: string } {
  const icon = kind === 'local' ? 'server-environment' : 'cloud';
  switch (state?.kind) {
    case 'connected':
      return { text: state.session.version, icon, color: 'testing.iconPassed' };
    case 'connecting':
      return { text: t`connecting`, icon: 'loading~spin' };
    case 'busy':
      return { text: state.message, icon: 'loading~spin' };
    case 'unreachable':
      return { text: state.failure.summary, icon: 'error', color: 'testing.iconFailed' };
    case 'stopped':
      return { text: t`stopped`, icon };
    case 'idle':
      return { text: t`not connected`, icon };
    default:
      return { text: '', icon };
  }
}

function failureNode(parent: TreeNode, { failure }: Extract<ClusterState, { kind: 'unreachable' }>): TreeNode {
  return new MessageNode(parent, 'failure', {
    label: t`Try Again`,
    description: failure.message,
    icon: 'refresh',
    context: ' failure ',
    command: { title: t`Try Again`, id: 'podium.retry', args: [] },
    spoken: t`${failure.message} Press Enter to try again.`,
  });
}

/** The nodes of the chosen cluster, with their pods. */
class NodesNode extends ListingNode {
  constructor(
    parent: TreeNode,
    private readonly clusters: ClusterManager,
  ) {
    super(`${parent.id}/nodes`, parent);
  }

  override appearance(host: TreeHost): Appearance {
    const nodes = (host.watched({ resource: nodeKind.resource })?.list() ?? []) as Live<Node>[];
    const ready = nodes.filter((node) => statusOf(node).level !== 'error').length;
    return {
      label: 'Nodes',
      description: nodes.length > 0 ? `${ready}/${nodes.length}` : '',
      icon: 'server',
      context: ` nodes ${this.clusters.ref?.kind ?? ''} `,
      collapsible: 'expanded',
    };
  }

  override changed(change: Parameters<ListingNode['changed']>[0], host: TreeHost): void {
    super.changed(change, host);
    host.touch(this);
  }

  protected override listing(): Listing {
    return {
      request: { resource: nodeKind.resource },
      pick: (watched) => watched.list(),
      filtered: false,
      compare: byNumber,
      node: (object, parent) => new NodeNode(parent, this.clusters, object),
    };
  }
}

const numbers = new Intl.Collator('en', { numeric: true });

/** `node-2` before `node-10`. */
function byNumber(a: Live<KubeObject>, b: Live<KubeObject>): number {
  return numbers.compare(a.metadata.name, b.metadata.name);
}

/** By what was done to a node of this machine. */
const awayIcons: Record<string, string> = {
  stopped: 'circle-slash',
  paused: 'debug-pause',
  disconnected: 'debug-disconnect',
};

/** A node: its pods below it, watched by themselves. */
export class NodeNode extends ObjectNode {
  constructor(
    parent: TreeNode,
    private readonly clusters: ClusterManager,
    object: Live<KubeObject>,
  ) {
    super(parent, { kind: nodeKind, showNamespace: false }, object);
  }

  get nodeName(): string {
    return this.object.metadata.name;
  }

  override appearance(host: TreeHost): Appearance {
    const base = super.appearance(host);
    const state = this.hostState();
    const { unschedulable } = (this.object as Live<Node>).spec ?? {};
    const words = ['node', state ? 'local' : 'remote', state ?? '', unschedulable ? 'cordoned' : 'schedulable'];
    const { icon, color, ...rest } = base;
    // What the cluster says of it is as old as its last word.
    const away = state && state !== 'running' ? awayIcons[state] : undefined;
    return {
      ...rest,
      ...(away ? { icon: away, color: 'disabledForeground' } : { ...(icon && { icon }), ...(color && { color }) }),
      description: away ? `${state} · ${base.description ?? ''}` : (base.description ?? ''),
      context: `${base.context ?? ''}${words.filter(Boolean).join(' ')} `,
      collapsible: 'collapsed',
    };
  }

  protected override listing(): Listing {
    const fieldSelector = `spec.nodeName=${this.nodeName}`;
    const request: WatchRequest = { resource: podKind.resource, fieldSelector };
    return {
      request,
      pick: (watched) => watched.list(),
      filtered: false,
      node: (object, parent) => new ObjectNode(parent, { kind: podKind, showNamespace: true }, object),
    };
  }

  /** What was asked of it, in a cluster of this machine. */
  private hostState(): string | undefined {
    const { ref, sources } = this.clusters;
    const config = ref?.kind === 'local' ? sources?.local.get(ref.name)?.config : undefined;
    return config?.nodes.find(({ name }) => name === this.nodeName)?.state;
  }
}

class NamespacesNode extends ListingNode {
  constructor(
    parent: TreeNode,
    private readonly clusters: ClusterManager,
  ) {
    super(`${parent.id}/namespaces`, parent);
  }

  override appearance(): Appearance {
    return { label: 'Namespaces', icon: 'symbol-namespace', context: ' namespaces ', collapsible: 'expanded' };
  }

  protected override listing(): Listing {
    return {
      request: { resource: namespaceKind.resource },
      pick: (watched) => watched.list(),
      filtered: false,
      node: (object, parent) => new NamespaceNode(parent, this.clusters, object),
    };
  }
}

/** A namespace: manifests can be dropped on it, and all that is in it is below it. */
export class NamespaceNode extends ObjectNode implements ObjectHolder {
  private made: readonly TreeNode[] | undefined;

  constructor(
    parent: TreeNode,
    private readonly clusters: ClusterManager,
    object: Live<KubeObject>,
  ) {
    super(parent, { kind: namespaceKind, showNamespace: false }, object);
  }

  get namespaceName(): string {
    return this.object.metadata.name;
  }

  override appearance(host: TreeHost): Appearance {
    const base = super.appearance(host);
    const isCurrent = this.clusters.namespace === this.namespaceName;
    return {
      ...base,
      description: isCurrent ? t`current` : base.description === 'Active' ? '' : (base.description ?? ''),
      context: `${base.context ?? ''}namespace ${isCurrent ? 'current' : 'other'} `,
      collapsible: 'collapsed',
    };
  }

  override needs(): [] {
    return [];
  }

  override children(): readonly TreeNode[] {
    return (this.made ??= headings(this, this.namespaceName, false));
  }
}
