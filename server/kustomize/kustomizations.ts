import { posix } from 'node:path';
import { buildKustomization, isKustomizationName, KustomizeError } from '../../runtime/api/kustomize';
import type { Build } from '../../runtime/api/kustomize';
import { parseManifests } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import { EditorFiles, slashPathOf } from '../workspace/local-files';
import { entriesOf } from './entries';
import type { Entry, EntryRole } from './entries';

/** One kustomization file. */
interface Known {
  readonly file: string;
  readonly folder: string;
  stamp: string;
  entries: readonly Entry[];
}

/** What a folder builds, or why it doesn't. */
export type Outcome = { readonly build: Build } | { readonly error: KustomizeError };

interface Built {
  readonly outcome: Outcome;
  readonly stamps: ReadonlyMap<string, string>;
}

/** A file is built by so many kustomizations at most: what the others would say is the same or nearly so. */
const maxRoots = 4;

const instances = new WeakMap<FindingContext, Kustomizations>();

/** The one of a context. */
export function kustomizationsOf(context: FindingContext): Kustomizations {
  const known = instances.get(context);
  if (known) return known;
  const made = new Kustomizations(context);
  instances.set(context, made);
  return made;
}

/** The kustomizations of the workspace: who uses which file, and what they build. */
export class Kustomizations {
  readonly files: EditorFiles;
  private readonly known = new Map<string, Known>();
  private readonly builds = new Map<string, Built>();
  /** File or folder → the kustomizations that name it. */
  private users: Map<string, { user: Known; role: EntryRole }[]> | undefined;

  constructor(context: FindingContext) {
    this.files = new EditorFiles(context.documents);
    context.workspace.onDidChange((uris) => {
      for (const uri of uris) this.follow(uri);
    });
  }

  /** A kustomization that came, changed or went. */
  private follow(uri: string): void {
    const path = slashPathOf(uri);
    if (path === undefined || !isKustomizationName(path)) return;
    this.users = undefined;
    if (this.files.kind(path) !== 'file') {
      this.known.delete(path);
      return;
    }
    const known = this.known.get(path);
    if (known) known.stamp = '';
    else this.known.set(path, { file: path, folder: posix.dirname(path), stamp: '', entries: [] });
  }

  /** What the kustomization at a path names. */
  entries(path: string): readonly Entry[] {
    const known = this.known.get(path) ?? { file: path, folder: posix.dirname(path), stamp: '', entries: [] };
    return this.current(known).entries;
  }

  private current(known: Known): Known {
    const stamp = this.files.stamp(known.file);
    if (known.stamp !== stamp) {
      const [document] = parseManifests(this.files.text(known.file) ?? '');
      known.entries = entriesOf(document, known.folder);
      known.stamp = stamp;
    }
    return known;
  }

  private usersOf(path: string): readonly { user: Known; role: EntryRole }[] {
    if (!this.users) {
      this.users = new Map();
      for (const known of this.known.values()) {
        for (const { path: used, role } of this.current(known).entries) {
          const users = this.users.get(used);
          if (users) users.push({ user: known, role });
          else this.users.set(used, [{ user: known, role }]);
        }
      }
    }
    return this.users.get(path) ?? [];
  }

  /** What a file is to the kustomizations of the workspace. */
  rolesOf(path: string): ReadonlySet<EntryRole> {
    return new Set(this.usersOf(path).map(({ role }) => role));
  }

  /** The folders of the outermost kustomizations that a file is part of: those that are applied. */
  rootsOf(path: string): string[] {
    const roots = new Set<string>();
    const seen = new Set<string>();
    const climb = (folder: string): void => {
      if (seen.has(folder)) return;
      seen.add(folder);
      const parents = this.usersOf(folder);
      if (parents.length === 0) roots.add(folder);
      for (const { user } of parents) climb(user.folder);
    };
    if (isKustomizationName(path)) climb(posix.dirname(path));
    for (const { user } of this.usersOf(path)) climb(user.folder);
    return [...roots].sort().slice(0, maxRoots);
  }

  /** What a folder builds now. */
  outcome(folder: string): Outcome {
    const known = this.builds.get(folder);
    if (known && [...known.stamps].every(([path, stamp]) => this.files.stamp(path) === stamp)) return known.outcome;
    const used = new Set<string>();
    const outcome = this.build(folder, used);
    this.builds.set(folder, { outcome, stamps: new Map([...used].map((path) => [path, this.files.stamp(path)])) });
    return outcome;
  }

  private build(folder: string, used: Set<string>): Outcome {
    try {
      return { build: buildKustomization(this.files, folder, used) };
    } catch (error) {
      if (error instanceof KustomizeError) return { error };
      throw error;
    }
  }
}
