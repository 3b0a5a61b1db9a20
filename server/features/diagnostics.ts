import {
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  type DocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { findingsOf, type Severity } from '../findings';
import type { OpenDocuments } from '../open-documents';

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
};

/** Typing is answered this long after the last key, when diagnostics are pushed. */
const pushDelayMs = 50;

/** Diagnostics: pulled by clients that can, pushed to the others, never both. */
export function registerDiagnostics(
  connection: Connection,
  documents: OpenDocuments,
  options: { pull: boolean },
): void {
  if (options.pull) {
    connection.languages.diagnostics.on(({ textDocument }): DocumentDiagnosticReport => {
      const document = documents.get(textDocument.uri);
      return { kind: 'full', items: document ? diagnosticsOf(document, documents) : [] };
    });
    return;
  }
  const timers = new Map<string, NodeJS.Timeout>();
  documents.onDidChange((document) => {
    clearTimeout(timers.get(document.uri));
    timers.set(
      document.uri,
      setTimeout(() => {
        timers.delete(document.uri);
        const diagnostics = diagnosticsOf(document, documents);
        void connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics });
      }, pushDelayMs),
    );
  });
  documents.onDidClose(({ uri }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
}

function diagnosticsOf(document: TextDocument, documents: OpenDocuments): Diagnostic[] {
  const findings = findingsOf(document.getText(), documents.manifests(document));
  return findings.map(({ start, end, severity, message, code }) => ({
    range: { start: document.positionAt(start), end: document.positionAt(end) },
    severity: severities[severity],
    source: 'podium',
    code,
    message,
  }));
}
