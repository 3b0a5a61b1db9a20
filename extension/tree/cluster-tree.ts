import * as vscode from 'vscode';
import type { KubeObject, Live, Node, Pod, Service } from '../../runtime/api/kinds';
import { type ClusterInformers, type ClusterModel, isReady } from '../cluster/cluster-model';
import { podStatus, podProblem } from './pod-status';

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

/** The cluster as a tree: nodes with their pods, namespaces with their pods and Services. */
export class ClusterTree implements vscode.TreeDataProvider<TreeEntry> {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;

  constructor(private readonly model: ClusterModel) {
    model.onDidChange(() => this.changes.fire());
  }

  getTreeItem(entry: TreeEntry): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(entry.label, entry.children ? (entry.expanded ? Expanded : Collapsed) : None);
    item.id = entry.id;
    item.description = entry.description ?? '';
    item.tooltip = entry.tooltip ?? '';
    if (entry.icon) item.iconPath = entry.icon;
    if (entry.contextValue) item.contextValue = entry.contextValue;
    return item;
  }

  async getChildren(entry?: TreeEntry): Promise<TreeEntry[]> {
    if (entry) return entry.children?.() ?? [];
    await this.model.discover();
    const { state } = this.model;
    if (state.kind === 'connected') return rootEntries(state.informers);
    if (state.kind === 'busy') return [{ id: 'busy', label: state.message, icon: new vscode.ThemeIcon('loading~spin') }];
    if (state.kind === 'failed') return [{ id: 'failed', label: state.message, icon: new vscode.ThemeIcon('error') }];
    return [];
  }
}

function rootEntries(informers: ClusterInformers): TreeEntry[] {
  const nodes = sorted(informers.nodes.list());
  const ready = nodes.filter(isReady).length;
  return [
    {
      id: 'nodes', label: 'Nodes', description: `${ready}/${nodes.length} ready`, expanded: true, icon: new vscode.ThemeIcon('server'),
      children: () => nodes.map((node) => nodeEntry(node, informers)),
    },
    {
      id: 'namespaces', label: 'Namespaces', expanded: true, icon: new vscode.ThemeIcon('symbol-namespace'),
      children: () => sorted(informers.namespaces.list()).map(({ metadata }) => namespaceEntry(metadata.name, informers)),
    },
  ];
}

function nodeEntry(node: Live<Node>, { pods }: ClusterInformers): TreeEntry {
  const { name } = node.metadata;
  const own = sorted(pods.list().filter(({ spec }) => spec?.nodeName === name));
  const ready = isReady(node);
  const cordoned = node.spec?.unschedulable ? ', SchedulingDisabled' : '';
  return {
    id: `node/${name}`, label: name, description: `${ready ? 'Ready' : 'NotReady'}${cordoned} · ${own.length} pods`, contextValue: 'node',
    icon: ready ? new vscode.ThemeIcon('vm-active', new vscode.ThemeColor('testing.iconPassed')) : new vscode.ThemeIcon('vm-outline', new vscode.ThemeColor('testing.iconFailed')),
    children: () => own.map((pod) => podEntry(pod, `node/${name}`)),
  };
}

function namespaceEntry(name: string, { pods, services }: ClusterInformers): TreeEntry {
  const ownPods = sorted(pods.list(name));
  const ownServices = sorted(services.list(name));
  return {
    id: `namespace/${name}`, label: name, contextValue: 'namespace', icon: new vscode.ThemeIcon('symbol-namespace'), expanded: name === 'default',
    description: `${ownPods.length} pods, ${ownServices.length} services`,
    children: () => [...ownPods.map((pod) => podEntry(pod, `namespace/${name}`)), ...ownServices.map((service) => serviceEntry(service, pods.list(name)))],
  };
}

function podEntry(pod: Live<Pod>, parent: string): TreeEntry {
  const status = podStatus(pod);
  const problem = podProblem(pod);
  const color = problem ? 'testing.iconFailed' : isReady(pod) || status === 'Completed' ? 'testing.iconPassed' : 'testing.iconQueued';
  return {
    id: `${parent}/pod/${pod.metadata.uid}`, label: pod.metadata.name, description: status, contextValue: 'pod', ...(problem && { tooltip: problem }),
    icon: new vscode.ThemeIcon(problem ? 'error' : 'circle-filled', new vscode.ThemeColor(color)),
  };
}

function serviceEntry(service: Live<Service>, pods: readonly Live<Pod>[]): TreeEntry {
  const { metadata, spec } = service;
  const selected = Object.entries(spec?.selector ?? {});
  const backends = selected.length > 0 ? pods.filter((pod) => selected.every(([key, value]) => pod.metadata.labels?.[key] === value)) : [];
  const ports = (spec?.ports ?? []).map(({ port, nodePort }) => (nodePort ? `${port}:${nodePort}` : port)).join(', ');
  return {
    id: `service/${metadata.uid}`, label: metadata.name, contextValue: 'service', icon: new vscode.ThemeIcon('radio-tower'),
    description: `${spec?.clusterIP ?? ''} ${ports} → ${backends.filter(isReady).length} pods`,
  };
}

function sorted<T extends KubeObject>(objects: Live<T>[]): Live<T>[] {
  return [...objects].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}
