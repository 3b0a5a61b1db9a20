import type { FindingContext } from '../context';
import type { CustomReference } from '../settings';
import { customRules } from './custom-rules';
import { kindRules } from './kind-rules';
import { podRules } from './pod-rules';
import { ReferenceIndex } from './reference-index';
import { named, type ReferenceRule, selects } from './rule';
import { ReferenceTable } from './table';

/** While objects are read, requests are answered at least this often. */
const sliceMs = 8;

type Source = Pick<FindingContext, 'workspace' | 'settings' | 'onDidChangeSettings'>;

/** The references of a workspace, made at the first question and kept up to date at the next ones. */
export class WorkspaceReferences {
  private current: { index: ReferenceIndex; table: ReferenceTable } | undefined;
  private readonly stale = new Set<string>();
  private working = false;

  constructor(private readonly source: Source) {
    source.workspace.onDidChange((uris) => {
      uris.forEach((uri) => this.stale.add(uri));
      this.work();
    });
    source.onDidChangeSettings(() => (this.current = undefined));
  }

  get index(): ReferenceIndex {
    return this.upToDate().index;
  }

  /** Reads objects that are no part of the workspace yet. */
  get table(): ReferenceTable {
    return this.upToDate().table;
  }

  private upToDate(): { index: ReferenceIndex; table: ReferenceTable } {
    const { workspace } = this.source;
    if (!this.current) this.current = this.made();
    else for (const uri of this.stale) this.current.index.update(uri, workspace.inFile(uri));
    this.stale.clear();
    return this.current;
  }

  /** What a scan brings is read while it goes on, in slices, so that the first question doesn't wait for all of it. */
  private work(): void {
    if (this.working) return;
    this.working = true;
    setImmediate(() => {
      this.working = false;
      this.current ??= this.made();
      const end = Date.now() + sliceMs;
      for (const uri of this.stale) {
        this.stale.delete(uri);
        this.current.index.update(uri, this.source.workspace.inFile(uri));
        if (Date.now() > end) break;
      }
      if (this.stale.size > 0) this.work();
    });
  }

  private made(): { index: ReferenceIndex; table: ReferenceTable } {
    const { workspace, settings } = this.source;
    const rules = [...podRules, ...kindRules, ...customRules, ...settings().references.custom.map(ruleOf)];
    const table = new ReferenceTable(rules);
    const index = new ReferenceIndex(table);
    for (const uri of new Set([...workspace.objects()].map((object) => object.uri))) {
      index.update(uri, workspace.inFile(uri));
    }
    return { index, table };
  }
}

function ruleOf({ kind, field, to, by }: CustomReference): ReferenceRule {
  if (by === 'name') return named([kind], field, [to]);
  return selects([kind], field, to === 'pods' ? 'pods' : [to]);
}

const known = new WeakMap<Source, WorkspaceReferences>();

/** One for each client. */
export function referencesOf(context: Source): WorkspaceReferences {
  let references = known.get(context);
  if (!references) known.set(context, (references = new WorkspaceReferences(context)));
  return references;
}
