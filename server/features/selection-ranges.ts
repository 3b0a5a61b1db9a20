import type { Node } from 'yaml';
import type { SelectionRange } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { offsetIn, rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { childRange, childrenOf, nodeRange, trimmedRange } from '../manifests/nodes';
import type { TextRange } from '../manifests/ranges';

/** What a selection grows to: word, field, mapping, …, document, file. */
export function registerSelectionRanges({ connection, documents, capabilities }: ServerContext): void {
  capabilities.selectionRangeProvider = true;
  connection.onSelectionRanges(({ textDocument, positions }) => {
    const file = documents.file(textDocument.uri);
    return file ? positions.map((position) => selectionAt(file, offsetIn(file, position))) : [];
  });
}

function selectionAt(file: SourceFile, offset: number): SelectionRange {
  const ranges: TextRange[] = [{ start: 0, end: file.text.length }];
  const document = file.documents.find(({ range: [start, end] }) => start <= offset && offset <= end);
  if (document) ranges.push(...inDocument(document.node.contents, { start: document.range[0], end: document.range[1] }, offset));
  let selection: SelectionRange | undefined;
  for (const range of ranges.map((range) => trimmedRange(file.text, range))) {
    const known = selection && sameRange(rangeIn(file, range), selection.range);
    if (!known) selection = { range: rangeIn(file, range), ...(selection && { parent: selection }) };
  }
  return selection ?? { range: rangeIn(file, { start: offset, end: offset }) };
}

const sameRange = (a: SelectionRange['range'], b: SelectionRange['range']): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** From the outermost to the innermost. */
function inDocument(root: Node | null, whole: TextRange, offset: number): TextRange[] {
  const ranges = [whole];
  const add = (range: TextRange | undefined): boolean => {
    if (!range || offset < range.start || offset > range.end) return false;
    ranges.push(range);
    return true;
  };
  let node = root;
  while (node && add(nodeRange(node))) {
    const child = childrenOf(node).findLast((child) => {
      const range = childRange(child);
      return range && range.start <= offset && offset <= range.end;
    });
    if (!child) break;
    add(childRange(child));
    if (add(nodeRange(child.key))) break;
    node = child.value;
  }
  return ranges;
}
