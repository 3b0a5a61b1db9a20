import type { Watched, WatchChange, WatchRequest } from '../clusters/watches';
import type { Filter } from './filter';

/** How a node looks; plain data, so that it can be tested without an editor. */
export interface Appearance {
  label: string;
  description?: string;
  /** Codicon, and a theme colour for it. */
  icon?: string;
  color?: string;
  /** For `when` clauses of menus: words, each with a blank before and after it. */
  context?: string;
  collapsible?: 'collapsed' | 'expanded';
  command?: { title: string; id: string; args: unknown[] };
  /** For screen readers, where the icon says more than the text. */
  spoken?: string;
}

/** What a tree does for its nodes. */
export interface TreeHost {
  /** The watch, while the node that needs it is open. */
  watched(request: WatchRequest): Watched | undefined;
  /** The node is open, so that what it says of its children is so. */
  isFollowed(node: TreeNode): boolean;
  readonly filter: Filter;
  now(): number;
  /** The node looks different. */
  touch(node: TreeNode): void;
  /** Other children, or others in number. */
  stale(node: TreeNode): void;
  /** The node is no longer there, nor what is below it. */
  forget(node: TreeNode): void;
}

export abstract class TreeNode {
  constructor(
    /** Unique in its tree, and the same for the same thing whenever it is made. */
    readonly id: string,
    readonly parent: TreeNode | undefined,
  ) {}

  abstract appearance(host: TreeHost): Appearance;

  children(_host: TreeHost): readonly TreeNode[] {
    return [];
  }

  /** What its children come from; watched while the node is open. */
  needs(): readonly WatchRequest[] {
    return [];
  }

  /** One of the watches that it needs tells something. */
  changed(_change: WatchChange, host: TreeHost): void {
    host.stale(this);
  }

  /** For the tooltip, asked for when it is shown: Markdown. */
  details(_host: TreeHost): string | undefined {
    return undefined;
  }
}

/** A line that is not a thing: what is awaited, what failed, what can be done. */
export class MessageNode extends TreeNode {
  constructor(
    parent: TreeNode | undefined,
    name: string,
    private readonly looks: Appearance,
  ) {
    super(`${parent?.id ?? ''}/message/${name}`, parent);
  }

  override appearance(): Appearance {
    return this.looks;
  }

  /** A line has room for its beginning only. Plain text: it may quote anything. */
  override details(): string {
    const text = [this.looks.label, this.looks.description].filter(Boolean).join('\n');
    return `~~~text\n${text.replaceAll('~~~', '')}\n~~~`;
  }
}

/** A heading with children that are always the same. */
export class HeadingNode extends TreeNode {
  private made: readonly TreeNode[] | undefined;

  constructor(
    parent: TreeNode | undefined,
    name: string,
    private readonly looks: Appearance,
    private readonly make: (heading: HeadingNode) => readonly TreeNode[],
  ) {
    super(`${parent?.id ?? ''}/${name}`, parent);
  }

  override appearance(): Appearance {
    return { collapsible: 'collapsed', ...this.looks };
  }

  override children(): readonly TreeNode[] {
    return (this.made ??= this.make(this));
  }
}
