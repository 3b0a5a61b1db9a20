import { type Connection, type Diagnostic, DiagnosticSeverity, type DocumentDiagnosticReport } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { findingsOf, type Severity } from '../findings';
import type { OpenDocuments } from '../open-documents';

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** Typing is answered this long after the last key, when diagnostics are pushed. */
const pushDelayMs = 50;

/** Diagnostics: pulled by clients that can, pushed to the others, never both. */
export function registerDiagnostics(connection: Connection, documents: OpenDocuments, options: { pull: boolean }): void {
  if (options.pull) {
    connection.languages.diagnostics.on(({ textDocument }): DocumentDiagnosticReport => {
      const document = documents.get(textDocument.uri);
      return { kind: 'full', items: document ? diagnosticsOf(document) : [] };
    });
    return;
  }
  const timers = new Map<string, NodeJS.Timeout>();
  documents.onDidChange((document) => {
    clearTimeout(timers.get(document.uri));
    timers.set(document.uri, setTimeout(() => {
      timers.delete(document.uri);
      void connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics: diagnosticsOf(document) });
    }, pushDelayMs));
  });
  documents.onDidClose(({ uri }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
}

export function diagnosticsOf(document: TextDocument): Diagnostic[] {
  return findingsOf(document.getText()).map(({ start, end, severity, message, code }) => ({
    range: { start: document.positionAt(start), end: document.positionAt(end) },
    severity: severities[severity],
    source: 'podium',
    code,
    message,
  }));
}
