import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { uriOf } from './file-uri';

/** Changes within this time are told together. */
const settleMs = 100;

/** Watches folders by itself, for clients that don't. A folder that can't be watched is only as new as the last scan. */
export class FolderWatches {
  private readonly watchers = new Map<string, FSWatcher>();
  private changed = new Set<string>();

  constructor(private readonly tell: (uris: string[]) => void) {}

  add(folder: string): void {
    if (this.watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => name && this.note(join(folder, name)));
      watcher.on('error', () => this.remove(folder));
      this.watchers.set(folder, watcher);
    } catch {
      // Too many watches, or the folder is gone.
    }
  }

  private remove(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
  }

  private note(path: string): void {
    if (this.changed.size === 0) setTimeout(() => this.flush(), settleMs);
    this.changed.add(path);
  }

  private flush(): void {
    const paths = [...this.changed];
    this.changed = new Set();
    this.tell(paths.map(uriOf));
  }
}
