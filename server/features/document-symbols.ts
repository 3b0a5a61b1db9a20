import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver/node';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { ServerContext } from '../context';
import { rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { manifestsIn } from '../manifests/manifest-objects';
import { type Child, childRange, childrenOf, fieldNode, nodeRange, trimmedRange } from '../manifests/nodes';
import type { TextRange } from '../manifests/ranges';

/** The outline of a file: its objects and, in them, their fields; items of lists by their names. */
export function registerDocumentSymbols({ connection, documents, capabilities }: ServerContext): void {
  capabilities.documentSymbolProvider = true;
  connection.onDocumentSymbol(({ textDocument }) => {
    const file = documents.file(textDocument.uri);
    return file ? file.documents.flatMap((document) => objectSymbols(document, file)) : [];
  });
}

function objectSymbols(document: ParsedDocument, file: SourceFile): DocumentSymbol[] {
  return manifestsIn(document.value).flatMap(({ value, path }) => {
    const node = path === '' ? document.node.contents : itemAt(document, path);
    const range = nodeRange(node);
    if (!range) return [];
    const name = nodeRange(fieldNode(fieldNode(node, 'metadata'), 'name')) ?? nodeRange(fieldNode(node, 'kind'));
    const symbol = symbolOf(file, trimmedRange(file.text, range), name ?? range);
    const { metadata } = value as { metadata?: { name?: unknown; generateName?: unknown } };
    const called = metadata?.name ?? metadata?.generateName ?? '';
    return [
      {
        ...symbol,
        name: `${value.kind}${called === '' ? '' : `/${String(called)}`}`,
        detail: value.apiVersion ?? '',
        kind: SymbolKind.Class,
        children: fieldSymbols(node, file),
      },
    ];
  });
}

function itemAt(document: ParsedDocument, path: string): Node | null {
  const items = fieldNode(document.node.contents, 'items');
  return childrenOf(items)[Number(/\d+/.exec(path)?.[0])]?.value ?? null;
}

function fieldSymbols(node: Node | null, file: SourceFile): DocumentSymbol[] {
  return childrenOf(node).flatMap((child) => {
    const whole = childRange(child);
    const focus = nodeRange(child.key) ?? (whole && firstLine(file.text, whole));
    if (!whole || !focus) return [];
    const detail = isScalar(child.value) ? detailOf(child.value.value) : '';
    return [
      {
        ...symbolOf(file, trimmedRange(file.text, whole), focus),
        name: nameOf(child),
        ...(detail && { detail }),
        kind: kindOf(child.value),
        children: fieldSymbols(child.value, file),
      },
    ];
  });
}

function firstLine(text: string, { start, end }: TextRange): TextRange {
  const newline = text.indexOf('\n', start);
  return { start, end: newline < 0 ? end : Math.min(end, newline) };
}

/** A range that is shown must hold the one that is selected. */
function symbolOf(file: SourceFile, range: TextRange, focus: TextRange): Pick<DocumentSymbol, 'range' | 'selectionRange'> {
  const end = Math.max(range.end, focus.end);
  const selection = focus.start < range.start ? { start: range.start, end: range.start } : focus;
  return { range: rangeIn(file, { start: range.start, end }), selectionRange: rangeIn(file, selection) };
}

/** An item is called by what tells it apart from the others. */
function nameOf({ name, value }: Child): string {
  if (typeof name === 'string') return name || '""';
  const identity = ['name', 'key', 'containerPort', 'port', 'ip', 'mountPath', 'path', 'kind']
    .map((field) => fieldNode(value, field))
    .find((node) => isScalar(node));
  if (identity && isScalar(identity)) return detailOf(identity.value) || `[${name}]`;
  return isScalar(value) ? detailOf(value.value) || `[${name}]` : `[${name}]`;
}

function detailOf(value: unknown): string {
  const text = String(value ?? '').split('\n', 1)[0] ?? '';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function kindOf(node: Node | null): SymbolKind {
  if (isSeq(node)) return SymbolKind.Array;
  return isMap(node) ? SymbolKind.Object : SymbolKind.Field;
}
