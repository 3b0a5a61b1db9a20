import type { Change } from './rules';

/** A change that reaches into containers, with its place in the order of all changes. */
export type FileEdit = Exclude<Change, { do: 'rebuild' }> & { version: number };

/**
 * What changed since the image was built, the last change of each path, and how far each container has followed. A container
 * that is new to it, of a replaced pod or of a program that ended, lacks everything.
 */
export class PendingChanges {
  private readonly edits = new Map<string, FileEdit>();
  private readonly reached = new Map<string, number>();
  version = 0;

  add(change: Exclude<Change, { do: 'rebuild' }>): void {
    this.edits.set(change.to, { ...change, version: ++this.version });
  }

  lackedBy(containerId: string): FileEdit[] {
    const from = this.reached.get(containerId) ?? 0;
    return [...this.edits.values()].filter(({ version }) => version > from);
  }

  isNew(containerId: string): boolean {
    return !this.reached.has(containerId);
  }

  followed(containerId: string, version: number): void {
    this.reached.set(containerId, version);
  }

  /** An image holds all changes up to a version. */
  built(version: number): void {
    for (const [path, edit] of this.edits) if (edit.version <= version) this.edits.delete(path);
  }
}
