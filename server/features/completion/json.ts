import { type CompletionItem, InsertTextFormat, TextEdit } from 'vscode-languageserver/node';
import { fieldAt } from '../../../runtime/api/kind-info';
import { parseManifests } from '../../../runtime/api/yaml';
import { rangeIn } from '../../documents/positions';
import type { SourceFile } from '../../documents/source-file';
import type { CompletionCursor } from '../../manifests/cursor';
import type { Suggestion } from '../../providers';

/** What is suggested for YAML, as JSON has it: keys and texts in quotes, nothing over several lines. */
export function jsonItems(
  found: readonly Suggestion[],
  cursor: CompletionCursor,
  file: SourceFile,
  snippets: boolean,
): CompletionItem[] {
  const range = rangeIn(file, cursor.word);
  return found.map((suggestion) => {
    const { insert, ...item } = suggestion;
    delete item.additionalTextEdits;
    const quoted = JSON.stringify(item.label);
    const written =
      cursor.role === 'value' ? valueText(insert, item.label, cursor) : keyText(quoted, item, cursor, snippets);
    const isSnippet = snippets && written.endsWith('$0');
    const closing = isSnippet ? closingOf(item.detail) : '';
    return {
      ...item,
      filterText: quoted,
      insertTextFormat: isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
      textEdit: TextEdit.replace(range, written + closing),
    };
  });
}

/** The key and, where the client takes snippets, the beginning of its value with the cursor in it. */
function keyText(quoted: string, { detail }: Pick<CompletionItem, 'detail'>, cursor: CompletionCursor, snippets: boolean): string {
  if (cursor.hasColon) return quoted;
  const closing = closingOf(detail);
  const opening = { '"': '"', '}': '{', ']': '[' }[closing] ?? '';
  return snippets ? `${quoted.replaceAll('$', '\\$')}: ${opening}$0` : `${quoted}: `;
}

/** What ends a value of a type: `string`, `[]Container`, `map[string]string`, `PodSpec, required`. */
function closingOf(detail = ''): string {
  const [type = ''] = detail.split(',');
  if (type.startsWith('[]')) return ']';
  if (type === 'string' || type === 'Quantity') return '"';
  return /^(map\[|[A-Z])/.test(type) ? '}' : '';
}

function valueText(insert: string, label: string, { type, path }: CompletionCursor): string {
  const value = insert.includes('\n') ? label : parseManifests(insert)[0]?.value;
  const isText = type && fieldAt(type.schema, path)?.schema.type === 'string';
  return JSON.stringify(isText || typeof value === 'object' ? label : (value ?? label));
}
