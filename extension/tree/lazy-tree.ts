import * as vscode from 'vscode';
import type { LiveTree } from './live-tree';
import type { TreeNode } from './tree-node';

/** The trees of the two views. */
export interface LazyTrees {
  clusters: LazyTree;
  resources: LazyTree;
}

/** A tree whose code is loaded when its view is first seen; until then there is nothing in it. */
export class LazyTree implements vscode.TreeDataProvider<TreeNode> {
  private readonly changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  private loading: Promise<LiveTree> | undefined;

  constructor(private readonly load: (fire: (nodes: TreeNode[] | undefined) => void) => Promise<LiveTree>) {}

  tree(): Promise<LiveTree> {
    return (this.loading ??= this.load((nodes) => this.changes.fire(nodes)));
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    return [...(await this.tree()).getChildren(node)];
  }

  async getTreeItem(node: TreeNode): Promise<vscode.TreeItem> {
    return (await this.tree()).getTreeItem(node);
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    const details = node.details(await this.tree());
    if (details !== undefined) item.tooltip = new vscode.MarkdownString(details, true);
    return item;
  }

  dispose(): void {
    this.changes.dispose();
    void this.loading?.then((tree) => tree.dispose());
  }
}
