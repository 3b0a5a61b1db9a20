import { createHash } from 'node:crypto';
import {
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import type { DocumentFinding, Severity } from '../findings/finding';
import { Throttle } from '../throttle';

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

const tags = { deprecated: DiagnosticTag.Deprecated, unnecessary: DiagnosticTag.Unnecessary };

/** Typing is answered this long after the last key, when diagnostics are pushed. */
const pushDelayMs = 50;
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
  connection.languages.diagnostics.on(({ textDocument, previousResultId }): DocumentDiagnosticReport => {
    const file = documents.file(textDocument.uri);
    if (!file) return { kind: 'full', items: [] };
    const items = diagnosticsOf(file, context);
    const resultId = digest(items);
    return resultId === previousResultId ? { kind: 'unchanged', resultId } : { kind: 'full', resultId, items };
  });
  if (!client.workspace?.diagnostics?.refreshSupport) return;
  onOtherChange(context, () => void connection.languages.diagnostics.refresh());
}

function push(context: ServerContext): void {
  const { connection, documents } = context;
  const timers = new Map<string, NodeJS.Timeout>();
  const send = (uri: string): void => {
    timers.delete(uri);
    const document = documents.get(uri);
    if (!document) return;
    const file = documents.file(uri);
    const diagnostics = file ? diagnosticsOf(file, context) : [];
    void connection.sendDiagnostics({ uri, version: document.version, diagnostics });
  };
  documents.onDidChange(({ uri }) => {
    clearTimeout(timers.get(uri));
    timers.set(uri, setTimeout(() => send(uri), pushDelayMs));
  });
  documents.onDidClose(({ uri }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  onOtherChange(context, () => {
    for (const { uri } of documents.all()) if (!timers.has(uri)) send(uri);
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

/** Equal for equal diagnostics. */
function digest(items: readonly Diagnostic[]): string {
  return createHash('sha1').update(JSON.stringify(items)).digest('base64url');
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
