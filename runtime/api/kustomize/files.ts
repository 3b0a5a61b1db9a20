import { posix } from 'node:path';
import { KustomizeError } from './errors';
import type { Source } from './sources';

/** How a build reads. Paths are absolute, with `/`. Nothing throws: what can't be read is undefined. */
export interface KustomizeFiles {
  read(path: string): Uint8Array | undefined;
  kind(path: string): 'file' | 'folder' | undefined;
  /** With symbolic links followed; the path itself where nothing is there. */
  realPath(path: string): string;
}

export const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export const isKustomizationName = (path: string): boolean =>
  (fileNames as readonly string[]).includes(posix.basename(path));

/** What names something to be fetched: a URL, or a host's shorthand that only git resolves. */
export function isRemote(entry: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:\/\//i.test(entry) ||
    /^(git::|git@|gh:)/.test(entry) ||
    /^(github\.com|gitlab\.com|bitbucket\.org)[/:]/.test(entry) ||
    /[?&]ref=/.test(entry)
  );
}

/** Files as one kustomization may read them: none outside of its own folder, whatever links say. */
export class FolderFiles {
  readonly root: string;

  constructor(
    readonly files: KustomizeFiles,
    folder: string,
    /** All files that were read or asked for, for whoever follows changes. */
    readonly used: Set<string>,
  ) {
    this.root = files.realPath(posix.normalize(folder));
  }

  path(entry: string): string {
    return posix.isAbsolute(entry) ? posix.normalize(entry) : posix.join(this.root, entry);
  }

  kind(entry: string): 'file' | 'folder' | undefined {
    return this.files.kind(this.path(entry));
  }

  /** A file that the kustomization names. */
  load(entry: string, source: Source): Uint8Array {
    const path = this.path(entry);
    this.used.add(path);
    const kind = this.files.kind(path);
    if (isRemote(entry)) throw new KustomizeError(`'${entry}' is remote, and nothing is fetched`, source);
    if (kind === 'folder') throw new KustomizeError(`'${entry}' is a folder, a file is needed here`, source);
    const bytes = kind === undefined ? undefined : this.files.read(path);
    if (!bytes) throw new KustomizeError(`no such file: '${entry}'`, source);
    const real = this.files.realPath(path);
    if (real !== this.root && !real.startsWith(this.root === '/' ? '/' : `${this.root}/`)) {
      throw new KustomizeError(`'${entry}' is outside of the folder; only kustomizations may be there`, source);
    }
    return bytes;
  }

  text(entry: string, source: Source): string {
    return new TextDecoder().decode(this.load(entry, source));
  }
}
