import picomatch from 'picomatch';
import { relative, sep } from 'node:path';
import { pathOf } from '../workspace/file-uri';
import type { Settings } from '../settings';

/** Which files the user wants looked at: globs relative to the workspace folder that a file is in. */
export class FileFilter {
  private include: (path: string) => boolean = () => true;
  private exclude: (path: string) => boolean = () => false;
  /** By URI; a path relative to a folder changes with the folders. */
  private known = new Map<string, boolean>();
  private knownFolders = '';

  constructor(
    settings: Settings['files'],
    private readonly folders: () => readonly string[],
  ) {
    this.set(settings);
  }

  set({ include, exclude }: Settings['files']): void {
    this.known = new Map();
    const options = { dot: true };
    this.include = include.length > 0 ? picomatch(include, options) : () => true;
    this.exclude = exclude.length > 0 ? picomatch(exclude, options) : () => false;
  }

  counts(uri: string): boolean {
    const folders = this.folders().join('\n');
    if (folders !== this.knownFolders) this.known = new Map();
    this.knownFolders = folders;
    let counts = this.known.get(uri);
    if (counts === undefined) {
      const path = this.relativePath(uri);
      counts = this.include(path) && !this.exclude(path);
      this.known.set(uri, counts);
    }
    return counts;
  }

  private relativePath(uri: string): string {
    const path = pathOf(uri) ?? uri.replace(/^[\w-]+:\/*/, '');
    const folder = this.folders().find((folder) => path.startsWith(folder + sep));
    const inside = folder === undefined ? path.replace(/^[\\/]+/, '') : relative(folder, path);
    return inside.split(sep).join('/');
  }
}
