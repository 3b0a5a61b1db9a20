import * as vscode from 'vscode';
import type { KubeObject, Live, Namespace, Node, Pod, Service } from '../../runtime/api/kinds';
import type { ClusterManager } from '../clusters/cluster-manager';
import type { Session } from '../clusters/session';
import type { Watched } from '../clusters/watches';
import { isReady } from '../health';
import { podProblem, podStatus } from './pod-status';

/** One line of the tree; children are read from the informers when it is opened. */
export interface TreeEntry {
  id: string;
  label: string;
  description?: string;
  tooltip?: string;
  icon?: vscode.ThemeIcon;
  contextValue?: string;
  expanded?: boolean;
  children?(): TreeEntry[];
}

interface ClusterInformers {
  nodes: Watched<Node>;
  namespaces: Watched<Namespace>;
  pods: Watched<Pod>;
  services: Watched<Service>;
}

/** The cluster as a tree: nodes with their pods, namespaces with their pods and Services. */
export class ClusterTree implements vscode.TreeDataProvider<TreeEntry> {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;

  private session: Session | undefined;
  private informers: ClusterInformers | undefined;

  constructor(private readonly model: ClusterManager) {
    model.onDidChange(() => {
      this.follow(model.session);
      this.changes.fire();
    });
  }

  private follow(session: Session | undefined): void {
    if (session === this.session) return;
    this.session = session;
    this.informers = session && {
      nodes: this.open<Node>(session, 'nodes'),
      namespaces: this.open<Namespace>(session, 'namespaces'),
      pods: this.open<Pod>(session, 'pods'),
      services: this.open<Service>(session, 'services'),
    };
  }

  private open<T extends KubeObject>({ watches }: Session, resource: string): Watched<T> {
    const { watched } = watches.open<T>({ resource: { group: '', version: 'v1', resource, namespaced: true } });
    watched.onDidChange(() => this.changes.fire());
    return watched;
  }

  getTreeItem(entry: TreeEntry): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(entry.label, entry.children ? (entry.expanded ? Expanded : Collapsed) : None);
    item.id = entry.id;
    item.description = entry.description ?? '';
    item.tooltip = entry.tooltip ?? [entry.label, entry.description].filter(Boolean).join(' · ');
    if (entry.icon) item.iconPath = entry.icon;
    if (entry.contextValue) item.contextValue = entry.contextValue;
    return item;
  }

  async getChildren(entry?: TreeEntry): Promise<TreeEntry[]> {
    if (entry) return entry.children?.() ?? [];
    await this.model.discover();
    const { state } = this.model;
    if (this.informers) return rootEntries(this.informers);
    if (state.kind === 'busy') return [{ id: 'busy', label: state.message, icon: themed('loading~spin') }];
    if (state.kind === 'unreachable')
      return [{ id: 'failed', label: state.failure.message, icon: themed('error', 'testing.iconFailed') }];
    return [];
  }
}

function rootEntries(informers: ClusterInformers): TreeEntry[] {
  const nodes = sorted(informers.nodes.list());
  const namespaces = sorted(informers.namespaces.list());
  return [
    {
      id: 'nodes',
      label: 'Nodes',
      description: `${nodes.filter(isReady).length}/${nodes.length}`,
      expanded: true,
      icon: themed('server'),
      children: () => nodes.map((node) => nodeEntry(node, informers)),
    },
    {
      id: 'namespaces',
      label: 'Namespaces',
      description: String(namespaces.length),
      expanded: true,
      icon: themed('symbol-namespace'),
      children: () => namespaces.map((namespace) => namespaceEntry(namespace.metadata.name, informers)),
    },
  ];
}

function nodeEntry(node: Live<Node>, { pods }: ClusterInformers): TreeEntry {
  const { name } = node.metadata;
  const own = sorted(pods.list().filter(({ spec }) => spec?.nodeName === name));
  const ready = isReady(node);
  const status = `${ready ? 'Ready' : 'NotReady'}${node.spec?.unschedulable ? ',SchedulingDisabled' : ''}`;
  return {
    id: `node/${name}`,
    label: name,
    description: `${status} · ${counted(own.length, 'pod')}`,
    contextValue: 'node',
    icon: ready ? themed('vm-active', 'testing.iconPassed') : themed('vm-outline', 'testing.iconFailed'),
    children: () => own.map((pod) => podEntry(pod, `node/${name}`)),
  };
}

function namespaceEntry(name: string, { pods, services }: ClusterInformers): TreeEntry {
  const ownPods = sorted(pods.list(name));
  const ownServices = sorted(services.list(name));
  return {
    id: `namespace/${name}`,
    label: name,
    contextValue: 'namespace',
    icon: themed('symbol-namespace'),
    expanded: name === 'default',
    description: `${counted(ownPods.length, 'pod')}, ${counted(ownServices.length, 'service')}`,
    children: () => [
      ...ownPods.map((pod) => podEntry(pod, `namespace/${name}`)),
      ...ownServices.map((service) => serviceEntry(service, ownPods)),
    ],
  };
}

function podEntry(pod: Live<Pod>, parent: string): TreeEntry {
  const status = podStatus(pod);
  const problem = podProblem(pod);
  const color = problem
    ? 'testing.iconFailed'
    : isReady(pod) || status === 'Completed'
      ? 'testing.iconPassed'
      : 'testing.iconQueued';
  return {
    id: `${parent}/pod/${pod.metadata.uid}`,
    label: pod.metadata.name,
    description: status,
    contextValue: 'pod',
    ...(problem && { tooltip: problem }),
    icon: themed(problem ? 'error' : 'circle-filled', color),
  };
}

function serviceEntry(service: Live<Service>, pods: readonly Live<Pod>[]): TreeEntry {
  const { metadata, spec } = service;
  const selector = Object.entries(spec?.selector ?? {});
  const ready = pods
    .filter((pod) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
    .filter(isReady);
  const ports = (spec?.ports ?? []).map(({ port, nodePort }) => (nodePort ? `${port}:${nodePort}` : port)).join(',');
  const backends = selector.length > 0 ? `→ ${counted(ready.length, 'ready pod')}` : '';
  return {
    id: `service/${metadata.uid}`,
    label: metadata.name,
    contextValue: 'service',
    icon: themed('radio-tower'),
    description: [spec?.type === 'ExternalName' ? spec.externalName : spec?.clusterIP, ports, backends]
      .filter(Boolean)
      .join(' '),
  };
}

function themed(icon: string, color?: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function sorted<T extends KubeObject>(objects: readonly Live<T>[]): Live<T>[] {
  return [...objects].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}
