import * as vscode from 'vscode';
import type { Watched, Watches, WatchRequest } from '../clusters/watches';
import { Filter } from './filter';
import { ListingNode } from './listing-node';
import type { Appearance, TreeHost, TreeNode } from './tree-node';

/** Changes are shown this long after the first of them, and lists of many objects more seldom. */
const flushMs = 150;
const slowFlushMs = 1000;

interface Hold {
  request: WatchRequest;
  watched: Watched;
  end(): void;
}

/**
 * A tree of what watches tell. A node's watches are open while it is, with all above it, and the view is to be seen; changes
 * are gathered and drawn item by item, so that what doesn't change isn't drawn anew.
 */
export class LiveTree implements TreeHost {
  filter = Filter.none;
  private readonly opened = new Map<string, TreeNode>();
  private readonly holds = new Map<string, Hold[]>();
  private readonly looksNew = new Set<TreeNode>();
  private readonly isStale = new Set<TreeNode>();
  private drawnAt = new WeakMap<TreeNode, number>();
  private timer: NodeJS.Timeout | undefined;
  private isVisible = true;

  constructor(
    private readonly roots: () => readonly TreeNode[],
    private readonly watches: () => Watches | undefined,
    private readonly fire: (nodes: TreeNode[] | undefined) => void,
    private readonly onVisible: (isVisible: boolean) => void,
  ) {}

  getChildren(node: TreeNode | undefined): readonly TreeNode[] {
    if (!node) return this.roots();
    this.opened.set(node.id, node);
    // What it says of its children it can say from now on.
    if (this.hold(node)) this.touch(node);
    return node.children(this);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return toTreeItem(node.id, node.appearance(this));
  }

  expanded(node: TreeNode): void {
    this.opened.set(node.id, node);
    this.reconcile();
  }

  collapsed(node: TreeNode): void {
    this.opened.delete(node.id);
    this.reconcile();
    if (node instanceof ListingNode) this.touch(node);
  }

  visible(isVisible: boolean): void {
    this.isVisible = isVisible;
    this.onVisible(isVisible);
    this.reconcile();
  }

  setFilter(filter: Filter): void {
    this.filter = filter;
    for (const node of this.opened.values()) if (node instanceof ListingNode) this.stale(node);
  }

  /** Other roots, of another connection: nothing is held over. */
  restart(): void {
    for (const id of this.holds.keys()) this.letGo(id);
    this.opened.clear();
    this.looksNew.clear();
    this.isStale.clear();
    this.fire(undefined);
  }

  /** Roots that are kept keep what is open below them. */
  redraw(forgetsClosed: boolean): void {
    if (forgetsClosed) this.forgetOthers(new Set(this.roots()));
    this.fire(undefined);
  }

  private forgetOthers(roots: ReadonlySet<TreeNode>): void {
    const rootOf = (node: TreeNode): TreeNode => (node.parent ? rootOf(node.parent) : node);
    for (const node of this.opened.values()) if (!roots.has(rootOf(node))) this.forget(node);
  }

  /** The nodes that are open and whose objects are followed. */
  get openNodes(): readonly TreeNode[] {
    return [...this.holds.keys()].flatMap((id) => this.opened.get(id) ?? []);
  }

  watched(request: WatchRequest): Watched | undefined {
    return this.watches()?.peek(request);
  }

  isFollowed(node: TreeNode): boolean {
    return this.holds.has(node.id);
  }

  now(): number {
    return Date.now();
  }

  touch(node: TreeNode): void {
    this.looksNew.add(node);
    this.schedule();
  }

  stale(node: TreeNode): void {
    if (node instanceof ListingNode) node.invalidate();
    this.isStale.add(node);
    this.schedule();
  }

  forget(node: TreeNode): void {
    const below = `${node.id}/`;
    for (const id of [...this.opened.keys()]) {
      if (id !== node.id && !id.startsWith(below)) continue;
      this.opened.delete(id);
      this.letGo(id);
    }
    this.looksNew.delete(node);
    this.isStale.delete(node);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.onVisible(false);
    for (const id of this.holds.keys()) this.letGo(id);
  }

  private reconcile(): void {
    for (const node of this.opened.values()) {
      if (!this.isOpen(node)) this.letGo(node.id);
      // What changed while nobody looked is drawn now.
      else if (this.hold(node)) this.stale(node);
    }
    for (const id of this.holds.keys()) if (!this.opened.has(id)) this.letGo(id);
  }

  /** True when watches were opened for it. */
  private hold(node: TreeNode): boolean {
    const needs = node.needs();
    const watches = this.watches();
    if (!watches || needs.length === 0 || this.holds.has(node.id) || !this.isVisible) return false;
    const held = needs.map((request): Hold => {
      const { watched, release } = watches.open(request);
      const unsubscribe = watched.onDidChange((change) => node.changed(change, this));
      const end = (): void => {
        unsubscribe();
        release();
      };
      return { request, watched, end };
    });
    this.holds.set(node.id, held);
    return true;
  }

  private letGo(id: string): void {
    for (const { end } of this.holds.get(id) ?? []) end();
    this.holds.delete(id);
  }

  private isOpen(node: TreeNode): boolean {
    if (!this.isVisible) return false;
    for (let at: TreeNode | undefined = node; at; at = at.parent) if (!this.opened.has(at.id)) return false;
    return true;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, flushMs);
  }

  private flush(): void {
    const stale = new Set([...this.isStale].filter((node) => this.opened.has(node.id) && this.isDue(node)));
    const isCovered = (node: TreeNode | undefined): boolean =>
      node !== undefined && (stale.has(node) || isCovered(node.parent));
    const changed = [...this.looksNew].filter((node) => !isCovered(node));
    const drawn = [...[...stale].filter((node) => !isCovered(node.parent)), ...changed];
    const later = [...this.isStale].filter((node) => this.opened.has(node.id) && !stale.has(node));
    this.isStale.clear();
    this.looksNew.clear();
    for (const node of later) this.isStale.add(node);
    if (later.length > 0) this.schedule();
    for (const node of stale) this.drawnAt.set(node, Date.now());
    if (drawn.length > 0) this.fire(drawn);
  }

  private isDue(node: TreeNode): boolean {
    const isLarge = node instanceof ListingNode && node.isLarge;
    return !isLarge || Date.now() - (this.drawnAt.get(node) ?? 0) >= slowFlushMs;
  }
}

function toTreeItem(id: string, looks: Appearance): vscode.TreeItem {
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  const state = looks.collapsible === 'expanded' ? Expanded : looks.collapsible === 'collapsed' ? Collapsed : None;
  const item = new vscode.TreeItem(looks.label, state);
  item.id = id;
  item.description = looks.description ?? '';
  if (looks.icon) item.iconPath = themeIcon(looks.icon, looks.color);
  if (looks.context) item.contextValue = looks.context;
  if (looks.spoken) item.accessibilityInformation = { label: looks.spoken };
  if (looks.command) {
    const { title, id: command, args } = looks.command;
    item.command = { title, command, arguments: args };
  }
  return item;
}

function themeIcon(icon: string, color: string | undefined): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}
