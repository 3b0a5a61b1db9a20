import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Changes of files come in bursts: written beside, renamed, touched. */
const settleMs = 50;

/**
 * Hears of changes to paths, whether they exist yet or not: a file by its folder, a folder by itself, and what is missing by
 * the nearest folder that exists. Files that are replaced by rename or linked to stay watched.
 */
export class PathWatcher {
  private paths: readonly string[] = [];
  private readonly watchers = new Map<string, FSWatcher>();
  /** Names that matter in each watched folder; undefined: all. */
  private names = new Map<string, Set<string> | undefined>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly onChange: () => void) {}

  watch(paths: readonly string[]): void {
    this.paths = paths;
    this.arm();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
    this.names.clear();
  }

  private arm(): void {
    this.names = new Map();
    for (const path of this.paths) for (const each of new Set([path, realPath(path)])) this.add(each);
    for (const [folder, watcher] of this.watchers) {
      if (this.names.has(folder)) continue;
      watcher.close();
      this.watchers.delete(folder);
    }
    for (const folder of this.names.keys()) if (!this.watchers.has(folder)) this.open(folder);
  }

  private add(path: string): void {
    if (isFolder(path)) {
      this.names.set(path, undefined);
      return;
    }
    const folder = dirname(path);
    if (folder === path) return;
    if (!isFolder(folder)) {
      this.add(folder);
      return;
    }
    if (!this.names.has(folder)) this.names.set(folder, new Set());
    this.names.get(folder)?.add(basename(path));
  }

  private open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        const names = this.names.get(folder);
        if (!names || name === null || names.has(name)) this.changed();
      });
      watcher.on('error', () => this.lost(folder));
      this.watchers.set(folder, watcher);
    } catch {
      // Gone since it was looked at, or there are no watches left: an explicit refresh still finds what changed.
      this.names.delete(folder);
    }
  }

  private lost(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
    this.changed();
  }

  private changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.arm();
      this.onChange();
    }, settleMs);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
