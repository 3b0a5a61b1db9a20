import { isCollection, type Node } from 'yaml';
import { type FoldingRange, FoldingRangeKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { positionIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { childRange, childrenOf, trimmedRange } from '../manifests/nodes';

/** Documents, fields and items of several lines, and blocks of comments. */
export function registerFoldingRanges({ connection, documents, capabilities }: ServerContext): void {
  capabilities.foldingRangeProvider = true;
  connection.onFoldingRanges(({ textDocument }) => {
    const file = documents.file(textDocument.uri);
    return file ? [...documentFolds(file), ...commentFolds(file.text)] : [];
  });
}

function documentFolds(file: SourceFile): FoldingRange[] {
  return file.documents.flatMap(({ node, range: [start, end] }) => {
    const whole = file.documents.length > 1 ? fold(file, start, end) : [];
    return [...whole, ...nodeFolds(node.contents, file)];
  });
}

function nodeFolds(node: Node | null, file: SourceFile): FoldingRange[] {
  return childrenOf(node).flatMap((child) => {
    const range = childRange(child);
    const own = range ? fold(file, range.start, range.end) : [];
    return [...own, ...(isCollection(child.value) ? nodeFolds(child.value, file) : [])];
  });
}

function fold(file: SourceFile, start: number, end: number): FoldingRange[] {
  const last = trimmedRange(file.text, { start, end }).end;
  const [startLine, endLine] = [positionIn(file, start).line, positionIn(file, last).line];
  return endLine > startLine ? [{ startLine, endLine }] : [];
}

/** Two or more lines of nothing but comments. */
function commentFolds(text: string): FoldingRange[] {
  const folds: FoldingRange[] = [];
  let first = -1;
  const lines = text.split('\n');
  for (let line = 0; line <= lines.length; line++) {
    const isComment = /^\s*#/.test(lines[line] ?? '');
    if (isComment && first < 0) first = line;
    if (isComment || first < 0) continue;
    if (line - first > 1) folds.push({ startLine: first, endLine: line - 1, kind: FoldingRangeKind.Comment });
    first = -1;
  }
  return folds;
}
