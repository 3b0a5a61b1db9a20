import * as vscode from 'vscode';
import type { Forwards, OpenForward } from './forwards';
import { t } from '../words';

/** The list of forwards in the Podium view: where each listens, where it leads, what is wrong. */
export class ForwardsView implements vscode.TreeDataProvider<OpenForward> {
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(private readonly forwards: Forwards) {
    this.onDidChangeTreeData = forwards.onDidChange;
    forwards.onDidChange(
      () => void vscode.commands.executeCommand('setContext', 'podium.hasForwards', forwards.list().length > 0),
    );
  }

  getChildren(entry?: OpenForward): OpenForward[] {
    return entry ? [] : this.forwards.list();
  }

  getTreeItem({ id, target, forward, cluster, problem }: OpenForward): vscode.TreeItem {
    const addresses = forward.ports.map(({ local, remote }) => `${local} → ${remote}`).join(', ');
    const item = new vscode.TreeItem(`${target.kind}/${target.name}`);
    item.id = id;
    item.description = addresses;
    item.tooltip = [
      t`${forward.ports.map(({ address }) => address).join(', ')} leads to ${target.namespace}/${target.name} in ${cluster}`,
      problem ?? t`Pod ${forward.pod ?? ''}`,
    ].join('\n');
    item.iconPath = problem
      ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
      : new vscode.ThemeIcon('plug');
    item.contextValue = ' forward ';
    item.accessibilityInformation = {
      label: [t`Forward ${addresses} to ${target.kind} ${target.name}`, problem].filter(Boolean).join(', '),
    };
    return item;
  }
}
