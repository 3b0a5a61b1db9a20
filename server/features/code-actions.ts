import { type CodeAction, CodeActionKind } from 'vscode-languageserver/node';
import { FixProofs } from '../cluster/dry-run/fix-proof';
import type { ServerContext } from '../context';
import { offsetIn, rangeIn } from '../documents/positions';
import type { FindingFix, DocumentFinding } from '../findings/finding';
import type { SourceFile } from '../documents/source-file';
import type { TextRange } from '../manifests/ranges';
import { diagnosticOf } from './diagnostics';

/** What the editor offers at a range: the fixes of its findings, as far as a connected cluster takes them, and what others add. */
export function registerCodeActions(context: ServerContext): void {
  const { connection, documents, providers, capabilities } = context;
  capabilities.codeActionProvider = {
    codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.Refactor, CodeActionKind.Source],
  };
  const proofs = new FixProofs(context);
  providers.add('codeAction', 'fixes', ({ file, range, params: { context: wanted } }) =>
    !wanted.only || wanted.only.some((kind) => isKind(CodeActionKind.QuickFix, kind)) ? fixesIn(file, range, context, proofs) : [],
  );
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

async function fixesIn(
  file: SourceFile,
  range: TextRange,
  context: ServerContext,
  proofs: FixProofs,
): Promise<CodeAction[]> {
  const found = context.findings.of(file).filter(({ start, end }) => start <= range.end && range.start <= end);
  return (await Promise.all(found.map((finding) => fixesOf(finding, file, context, proofs)))).flat();
}

/** The fixes of a finding but those that the cluster refuses. The first that it takes is preferred where none was. */
async function fixesOf(
  finding: DocumentFinding,
  file: SourceFile,
  context: ServerContext,
  proofs: FixProofs,
): Promise<CodeAction[]> {
  const fixes = finding.fixes ?? [];
  const words = await Promise.all(fixes.map(({ edits }) => proofs.of(edits, file)));
  const preferred = fixes.some((fix, i) => fix.preferred && words[i] !== 'refused') ? -1 : words.indexOf('accepted');
  return fixes.flatMap((fix, i) => {
    if (words[i] === 'refused') return [];
    const title = words[i] === 'accepted' ? `${fix.title} (checked by the cluster)` : fix.title;
    return [action({ ...fix, title, preferred: fix.preferred === true || i === preferred }, finding, file, context)];
  });
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
