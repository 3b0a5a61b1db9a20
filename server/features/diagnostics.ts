import {
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { maxOpenLength } from '../documents/open-documents';
import { rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import type { DocumentFinding, Severity } from '../findings/finding';
import { Quiet } from '../quiet';
import { Throttle } from '../throttle';

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

const tags = { deprecated: DiagnosticTag.Deprecated, unnecessary: DiagnosticTag.Unnecessary };

/** Typing is answered this long after the last key, when diagnostics are pushed: what the key asks for comes first. */
const pushDelayMs = 4;
/** What other files and the cluster changed is shown this long after, and so long after the time before. */
const refreshPace = { delayMs: 50, gapMs: 200 };

/** Diagnostics: pulled by clients that can, pushed to the others, never both. */
export function registerDiagnostics(context: ServerContext): void {
  if (context.client.textDocument?.diagnostic) servePulls(context);
  else push(context);
}

function servePulls(context: ServerContext): void {
  const { connection, client, documents } = context;
  context.capabilities.diagnosticProvider = {
    identifier: 'podium',
    interFileDependencies: true,
    workspaceDiagnostics: false,
  };
  const results = new Results();
  documents.onDidClose(({ uri }) => results.forget(uri));
  connection.languages.diagnostics.on(({ textDocument, previousResultId }): DocumentDiagnosticReport => {
    const file = documents.file(textDocument.uri);
    const items = file ? diagnosticsOf(file, context) : notLookedAt(textDocument.uri, context);
    const resultId = results.idOf(textDocument.uri, items);
    return resultId === previousResultId ? { kind: 'unchanged', resultId } : { kind: 'full', resultId, items };
  });
  if (!client.workspace?.diagnostics?.refreshSupport) return;
  onOtherChange(context, () => void connection.languages.diagnostics.refresh());
}

function push(context: ServerContext): void {
  const { connection, documents } = context;
  const pending = new Map<string, Quiet>();
  /** What was pushed last. */
  const shown = new Map<string, string>();
  const send = (uri: string, always: boolean): void => {
    const document = documents.get(uri);
    if (!document) return;
    const file = documents.file(uri);
    const diagnostics = file ? diagnosticsOf(file, context) : notLookedAt(uri, context);
    const id = JSON.stringify(diagnostics);
    if (!always && shown.get(uri) === id) return;
    shown.set(uri, id);
    void connection.sendDiagnostics({ uri, version: document.version, diagnostics });
  };
  const forget = (uri: string): void => {
    pending.get(uri)?.cancel();
    pending.delete(uri);
  };
  documents.onDidChange(({ uri }) => {
    const isOpened = !shown.has(uri) && !pending.has(uri);
    forget(uri);
    const answer = (): void => {
      pending.delete(uri);
      send(uri, true);
    };
    pending.set(uri, new Quiet(answer, isOpened ? 0 : pushDelayMs));
  });
  documents.onDidClose(({ uri }) => {
    forget(uri);
    shown.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  onOtherChange(context, () => {
    for (const { uri } of documents.all()) if (!pending.has(uri)) send(uri, false);
  });
}

/** Calls once for many changes of what findings depend on beside their own file. */
function onOtherChange({ workspace, documents, findings, onStop }: ServerContext, tell: () => void): void {
  const throttle = new Throttle(tell, refreshPace);
  const later = (): void => throttle.ask();
  onStop(() => throttle.stop());
  findings.onDidRefresh(later);
  workspace.onDidChange((uris) => {
    const others = documents.all().length > 1 || [...uris].some((uri) => !documents.get(uri));
    if (others) later();
  });
}

/** Why there is nothing else to say of a manifest. */
function notLookedAt(uri: string, { documents }: ServerContext): Diagnostic[] {
  const text = documents.get(uri)?.getText() ?? '';
  if (text.length <= maxOpenLength || !text.slice(0, 65_536).includes('apiVersion')) return [];
  const start = { line: 0, character: 0 };
  const size = `${Math.round(text.length / 2 ** 20)} MB`;
  const message = `This file of ${size} is not checked: it is larger than ${maxOpenLength / 2 ** 20} MB.`;
  const { Information } = DiagnosticSeverity;
  return [{ range: { start, end: start }, severity: Information, source: 'podium', code: 'TooLarge', message }];
}

/** Names what a document's diagnostics were at the last answer: the same as long as they are equal. */
class Results {
  private readonly last = new Map<string, { text: string; id: string }>();
  private count = 0;

  idOf(uri: string, items: readonly Diagnostic[]): string {
    const text = JSON.stringify(items);
    const known = this.last.get(uri);
    if (known?.text === text) return known.id;
    const id = String(++this.count);
    this.last.set(uri, { text, id });
    return id;
  }

  forget(uri: string): void {
    this.last.delete(uri);
  }
}

export function diagnosticsOf(file: SourceFile, context: ServerContext): Diagnostic[] {
  return context.findings.of(file).map((finding) => diagnosticOf(finding, file, context));
}

export function diagnosticOf(finding: DocumentFinding, file: SourceFile, { workspace }: ServerContext): Diagnostic {
  const { severity, message, code, source = 'podium', href } = finding;
  const related = finding.related?.flatMap(({ uri, range, message }) => {
    const other = uri === file.uri ? file : workspace.file(uri);
    return other ? [{ location: { uri, range: rangeIn(other, range) }, message }] : [];
  });
  return {
    range: rangeIn(file, finding),
    severity: severities[severity],
    source,
    code,
    message,
    ...(href && { codeDescription: { href } }),
    ...(finding.tags && { tags: finding.tags.map((tag) => tags[tag]) }),
    ...(related && { relatedInformation: related }),
  };
}
