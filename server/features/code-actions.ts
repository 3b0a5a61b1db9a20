import { type CodeAction, CodeActionKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { offsetIn, rangeIn } from '../documents/positions';
import type { FindingFix, DocumentFinding } from '../findings/finding';
import type { SourceFile } from '../documents/source-file';
import type { TextRange } from '../manifests/ranges';
import { diagnosticOf } from './diagnostics';

/** What the editor offers at a range: the fixes of its findings, and what others add. */
export function registerCodeActions(context: ServerContext): void {
  const { connection, documents, providers, capabilities } = context;
  capabilities.codeActionProvider = {
    codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.Refactor, CodeActionKind.Source],
  };
  providers.add('codeAction', 'fixes', ({ file, range }) => fixesIn(file, range, context));
  connection.onCodeAction(async (params, token) => {
    const file = documents.file(params.textDocument.uri);
    if (!file) return [];
    const range = { start: offsetIn(file, params.range.start), end: offsetIn(file, params.range.end) };
    const actions = await providers.ask('codeAction', { file, range, params, token });
    const { only } = params.context;
    return only ? actions.filter(({ kind = '' }) => only.some((wanted) => isKind(kind, wanted))) : actions;
  });
}

const isKind = (kind: string, wanted: string): boolean => kind === wanted || kind.startsWith(`${wanted}.`);

function fixesIn(file: SourceFile, range: TextRange, context: ServerContext): CodeAction[] {
  return context.findings
    .of(file)
    .filter(({ start, end }) => start <= range.end && range.start <= end)
    .flatMap((finding) => (finding.fixes ?? []).map((fix) => action(fix, finding, file, context)));
}

function action(fix: FindingFix, finding: DocumentFinding, file: SourceFile, context: ServerContext): CodeAction {
  const edits = fix.edits.map(({ text, ...range }) => ({ range: rangeIn(file, range), newText: text }));
  return {
    title: fix.title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnosticOf(finding, file, context)],
    edit: { changes: { [file.uri]: edits } },
    ...(fix.preferred && { isPreferred: true }),
  };
}
