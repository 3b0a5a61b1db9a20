import type { ParsedDocument } from '../../runtime/api/yaml';
import type { SourceFile } from '../documents/source-file';
import type { DocumentFinding } from '../findings/finding';
import type { TypeRegistry } from '../manifests/types';
import type { Workspace } from '../workspace/workspace';
import { configFindings, configName, configUris, mergeSettings, readConfig } from './config-files';
import { findingOf, lintDocument, type Located } from './lint';
import { Neighbours, noObjects } from './neighbours';
import { makePlan, type LintPlan } from './plan';
import { rulesById } from './rules';
import type { LintSettings } from './settings';

/** What the linter reads beside a file. */
export interface LintSources {
  readonly workspace: Workspace;
  readonly types: TypeRegistry;
  settings(): LintSettings;
}

/**
 * Lints files, and remembers of each document what rules found that look at it alone: after an edit they run for the
 * documents that were edited.
 */
export class Linter {
  private plans = new WeakMap<LintSettings, Map<string, LintPlan>>();
  private configs = new Map<string, LintSettings | undefined>();
  private known = new WeakMap<object, { plan: LintPlan; types: TypeRegistry; located: Located[] }>();

  constructor(private readonly sources: LintSources) {
    sources.workspace.onDidChange((uris) => {
      if ([...uris].some((uri) => uri.endsWith(`/${configName}`))) this.forget();
    });
  }

  /** Forgets what depends on configuration files and known types. */
  forget(): void {
    this.plans = new WeakMap();
    this.configs = new Map();
    this.known = new WeakMap();
  }

  of(file: SourceFile): DocumentFinding[] {
    if (file.uri.endsWith(`/${configName}`)) return configFindings(file);
    const plan = this.planFor(file.uri);
    if (plan.active.size === 0 || file.kind === 'none') return [];
    const neighbours = new Neighbours(this.sources.workspace);
    return file.documents.flatMap((document) => {
      const narrow = this.narrow(document, plan);
      const wide = lintDocument(document, 'wide', { plan, types: this.sources.types, neighbours });
      return [...narrow, ...wide].map((located) => findingOf(located, document, file.text));
    });
  }

  /** Whether a code is that of a rule that the settings don't ask. */
  isOff(code: string, { uri }: SourceFile): boolean {
    return rulesById.has(code) && !this.planFor(uri).active.has(code);
  }

  /** The rules that hold for a file: by `podium.yaml` around it, and by the settings. */
  planFor(uri: string): LintPlan {
    const settings = this.sources.settings();
    const configUri = configUris(uri, this.sources.workspace.folders).find((candidate) => this.config(candidate)) ?? '';
    const plans = this.plans.get(settings) ?? new Map<string, LintPlan>();
    this.plans.set(settings, plans);
    let plan = plans.get(configUri);
    if (!plan) {
      const config = configUri && this.config(configUri);
      plan = makePlan(config ? mergeSettings(settings, config) : settings);
      plans.set(configUri, plan);
    }
    return plan;
  }

  private config(uri: string): LintSettings | undefined {
    if (!this.configs.has(uri)) {
      const file = this.sources.workspace.file(uri);
      this.configs.set(uri, file && readConfig(file.documents[0]).lint);
    }
    return this.configs.get(uri);
  }

  private narrow(document: ParsedDocument, plan: LintPlan): Located[] {
    const { types } = this.sources;
    const last = this.known.get(document.identity);
    if (last?.plan === plan && last.types === types) return last.located;
    const located = lintDocument(document, 'narrow', { plan, types, neighbours: new Neighbours(noObjects) });
    this.known.set(document.identity, { plan, types, located });
    return located;
  }
}
