import type { CodeAction, Diagnostic, Hover, MarkupContent } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { GoldenFeature, GoldenSession } from './golden';

/** What is shown of the hover at each cursor. */
export const hover: GoldenFeature = async ({ client, files, place }) => {
  const parts: string[] = [];
  for (const { uri, cursors } of files) {
    for (const position of cursors) {
      const answer = await client.request<Hover | null>('textDocument/hover', { textDocument: { uri }, position });
      const at = place(uri, answer?.range ?? { start: position, end: position });
      parts.push(`### ${at}\n${(answer?.contents as MarkupContent | undefined)?.value ?? 'nothing'}\n`);
    }
  }
  return parts.join('\n');
};

const severityNames = ['', 'error', 'warning', 'information', 'hint'];

/**
 * The findings of every file, what they relate to, what their fixes are called; then the file with all fixes made, and what is
 * still found in it.
 */
export const findings: GoldenFeature = async ({ client, files, place }) => {
  const parts: string[] = [];
  for (const file of files) {
    const { uri, document, cursors, ranges } = file;
    const isOpen = files.length === 1 || cursors.length + ranges.length > 0;
    if (!isOpen) await client.open(uri, document.getText());
    const found = (await client.pull(uri)).filter(isOwn);
    if (found.length > 0) parts.push(...found.map((diagnostic) => findingText(diagnostic, place(uri, diagnostic.range), place)));
    const offered = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: document.positionAt(document.getText().length) },
      context: { diagnostics: found, only: ['quickfix'] },
    });
    // Leaving a finding alone repairs nothing.
    const fixes = offered.filter(({ kind, diagnostics }) => kind === 'quickfix' && diagnostics?.every(isOwn));
    const edits = fixes.flatMap(({ edit }) => edit?.changes?.[uri] ?? []);
    if (edits.length === 0) continue;
    const fixed = TextDocument.applyEdits(document, edits);
    await client.replace(uri, 2, fixed);
    const left = (await client.pull(uri)).filter(isOwn).map(({ message }) => `still: ${message}\n`);
    parts.push(`--- ${file.name} after ${fixes.map(({ title }) => title).join(', ')}\n${fixed}${left.join('')}`);
  }
  return parts.join('');
};

/** What lint says has tests of its own. */
const isOwn = ({ source }: Diagnostic): boolean => source === 'podium';

function findingText(diagnostic: Diagnostic, at: string, place: GoldenSession['place']): string {
  const { severity, message, code, relatedInformation = [] } = diagnostic;
  const related = relatedInformation.map(({ location, message: text }) => `  ${place(location.uri, location.range)}: ${text}\n`);
  return `${at} ${severityNames[severity ?? 0]} ${code}: ${message}\n${related.join('')}`;
}
