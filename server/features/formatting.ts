import { TextEdit } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { positionIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { formatYaml } from '../manifests/format';

/** Indents YAML anew; a file with a mistake, and a template, is left as it is. */
export function registerFormatting({ connection, documents, capabilities }: ServerContext): void {
  capabilities.documentFormattingProvider = true;
  capabilities.documentRangeFormattingProvider = true;
  connection.onDocumentFormatting(({ textDocument, options }) => {
    const file = documents.file(textDocument.uri);
    return file ? editsOf(file, options.tabSize) : [];
  });
  connection.onDocumentRangeFormatting(({ textDocument, range, options }) => {
    const file = documents.file(textDocument.uri);
    if (!file) return [];
    // What ends before the first character of its last line doesn't select that line.
    const last = range.end.character === 0 ? range.end.line - 1 : range.end.line;
    return editsOf(file, options.tabSize).filter(({ range: { start } }) => range.start.line <= start.line && start.line <= last);
  });
}

/** One edit a line, so that cursors and folds elsewhere stay. */
function editsOf(file: SourceFile, width: number): TextEdit[] {
  const { kind, text } = file;
  const looked = kind === 'manifest' || kind === 'kustomization' || kind === 'helm-values' || kind === 'helm-chart';
  const formatted = looked && !/^\s*\{/.test(text) ? formatYaml(text, width) : undefined;
  if (formatted === undefined || formatted === text) return [];
  const [before, after] = [text.split('\n'), formatted.split('\n')];
  const edits: TextEdit[] = [];
  let start = 0;
  for (const [line, old] of before.entries()) {
    const wanted = after[line];
    const isLast = line === before.length - 1 || line >= after.length - 1;
    const end = isLast && line >= after.length - 1 ? text.length : start + old.length;
    const written = isLast ? after.slice(line).join('\n') : (wanted ?? '');
    if (text.slice(start, end) !== written) {
      edits.push(TextEdit.replace({ start: positionIn(file, start), end: positionIn(file, end) }, written));
    }
    if (isLast) break;
    start += old.length + 1;
  }
  return edits;
}
