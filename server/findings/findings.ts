import type { ParsedDocument } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import type { SourceFile } from '../documents/source-file';
import type { DocumentFinding, FindingFilter, FindingProvider } from './finding';

/** Collects what the providers find. */
export class Findings {
  private readonly providers: { name: string; provider: FindingProvider }[] = [];
  private readonly filters: FindingFilter[] = [];
  private readonly exclusions: ((file: SourceFile, provider: string) => boolean)[] = [];
  private readonly listeners: (() => void)[] = [];
  /** Counts what may have changed findings otherwise than by an edit of their own file. */
  private generation = 0;

  constructor(private readonly context: () => FindingContext) {}

  add(name: string, provider: FindingProvider): void {
    this.providers.push({ name, provider });
  }

  addFilter(filter: FindingFilter): void {
    this.filters.push(filter);
  }

  /** Files about which a provider is not asked: what it would say of them isn't so. */
  exclude(exclusion: (file: SourceFile, provider: string) => boolean): void {
    this.exclusions.push(exclusion);
  }

  /** In the order of their places. */
  of(file: SourceFile): DocumentFinding[] {
    const found = this.providers.flatMap((entry) => this.ask(entry, file));
    return this.filters.reduce((left, filter) => filter(left, file), found).sort((a, b) => a.start - b.start);
  }

  /** Equal for equal findings of one file's version. */
  get state(): number {
    return this.generation;
  }

  refresh(): void {
    this.generation++;
    this.changed();
  }

  /** What some provider finds has changed; those that look at single documents would find the same again. */
  changed(): void {
    for (const listener of this.listeners) listener();
  }

  onDidRefresh(listener: () => void): void {
    this.listeners.push(listener);
  }

  private ask({ name, provider }: { name: string; provider: FindingProvider }, file: SourceFile): DocumentFinding[] {
    const context = this.context();
    try {
      if (this.exclusions.some((excludes) => excludes(file, name))) return [];
      return provider(file, context);
    } catch (error) {
      context.logger.error({ uri: file.uri, stack: (error as Error).stack }, `findings by ${name} failed`);
      return [];
    }
  }
}

type DocumentProvider = (document: ParsedDocument, file: SourceFile, context: FindingContext) => DocumentFinding[];

/**
 * A provider of findings that depend on nothing but a document's own text, the settings and the known types: made anew only for
 * documents that were edited and after a refresh. `related` and `fixes` must lie in the document too.
 */
export function perDocument(provider: DocumentProvider): FindingProvider {
  const known = new WeakMap<object, { start: number; state: number; findings: DocumentFinding[] }>();
  return (file, context) =>
    file.documents.flatMap((document) => {
      const [start] = document.range;
      const { state } = context.findings;
      const last = known.get(document.identity);
      if (last?.state === state) {
        return start === last.start ? last.findings : last.findings.map((found) => moved(found, start - last.start));
      }
      const findings = provider(document, file, context);
      known.set(document.identity, { start, state, findings });
      return findings;
    });
}

function moved(finding: DocumentFinding, delta: number): DocumentFinding {
  const move = <T extends { start: number; end: number }>(range: T): T => ({
    ...range,
    start: range.start + delta,
    end: range.end + delta,
  });
  const { related, fixes } = finding;
  return {
    ...move(finding),
    ...(related && { related: related.map((other) => ({ ...other, range: move(other.range) })) }),
    ...(fixes && { fixes: fixes.map((fix) => ({ ...fix, edits: fix.edits.map(move) })) }),
  };
}
