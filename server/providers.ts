import type {
  CancellationToken,
  CodeAction,
  CodeActionParams,
  CodeLens,
  CompletionItem,
  DocumentLink,
  InlayHint,
  Location,
  LocationLink,
} from 'vscode-languageserver/node';
import type { Logger } from '../runtime/log';
import type { SourceFile } from './documents/source-file';
import type { CompletionCursor } from './manifests/cursor';
import type { TextRange } from './manifests/ranges';

export interface FileRequest {
  file: SourceFile;
  /** Look at it between longer steps. */
  token: CancellationToken;
}

export interface PlaceRequest extends FileRequest {
  offset: number;
}

/** What is inserted in place of the word under the cursor, its further lines indented like the first. */
export type Suggestion = CompletionItem & { insert: string };

export interface HoverPart {
  markdown: string;
  range?: TextRange;
}

type Answer<T> = readonly T[] | Promise<readonly T[]>;

/** Features to whose answer several parts of the server add: feature → what a provider is asked, and what it gives. */
export interface Providers {
  completion(at: PlaceRequest & { cursor: CompletionCursor }): Answer<Suggestion>;
  /** In a template of a chart, whose text is no YAML; with the edits that the items make. */
  templateCompletion(at: PlaceRequest): Answer<CompletionItem>;
  hover(at: PlaceRequest): Answer<HoverPart>;
  definition(at: PlaceRequest): Answer<Location | LocationLink>;
  references(at: PlaceRequest & { includeDeclaration: boolean }): Answer<Location>;
  codeAction(at: FileRequest & { range: TextRange; params: CodeActionParams }): Answer<CodeAction>;
  codeLens(at: FileRequest): Answer<CodeLens>;
  inlayHint(at: FileRequest & { range: TextRange }): Answer<InlayHint>;
  documentLink(at: FileRequest): Answer<DocumentLink>;
}

export type Feature = keyof Providers;
type Asked<F extends Feature> = Parameters<Providers[F]>[0];
type Given<F extends Feature> = Awaited<ReturnType<Providers[F]>>[number];

/** Providers by feature, in the order of their registration. One that fails costs only its own part of the answer. */
export class ProviderRegistry {
  private readonly added = new Map<Feature, { name: string; provider: unknown }[]>();

  constructor(private readonly logger: Logger) {}

  add<F extends Feature>(feature: F, name: string, provider: Providers[F]): void {
    this.added.set(feature, [...(this.added.get(feature) ?? []), { name, provider }]);
  }

  async ask<F extends Feature>(feature: F, request: Asked<F>): Promise<Given<F>[]> {
    const answers: Given<F>[] = [];
    for (const { name, provider } of this.added.get(feature) ?? []) {
      if (request.token.isCancellationRequested) return [];
      try {
        const ask = provider as (request: Asked<F>) => Answer<Given<F>>;
        answers.push(...(await ask(request)));
      } catch (error) {
        this.logger.error({ error: String(error), stack: (error as Error).stack }, `${feature} by ${name} failed`);
      }
    }
    return answers;
  }
}
