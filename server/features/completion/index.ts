import {
  type CompletionItem,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
  TextEdit,
} from 'vscode-languageserver/node';
import { describeKind, fieldAt } from '../../../runtime/api/kind-info';
import { apiVersionOf } from '../../../runtime/api/object';
import type { ServerContext } from '../../context';
import { offsetIn, rangeIn } from '../../documents/positions';
import type { SourceFile } from '../../documents/source-file';
import { type CompletionCursor, completionCursorAt, type FieldPath } from '../../manifests/cursor';
import { jsonCursorAt } from '../../manifests/json-cursor';
import type { TypeRegistry } from '../../manifests/types';
import type { Suggestion } from '../../providers';
import { prose } from '../hover';
import { schemaSuggestions } from './fields';
import { jsonItems } from './json';
import { apiVersionSuggestions, kindSuggestions, rootSuggestions } from './kinds';

export { schemaSuggestions } from './fields';

/** Completion of kinds, fields and values that the schema knows, and what others add; in YAML and in JSON. */
export function registerCompletion(context: ServerContext): void {
  const { connection, client, documents, providers, types, capabilities } = context;
  capabilities.completionProvider = { triggerCharacters: [' ', '.', '"'], resolveProvider: true };
  const snippets = client.textDocument?.completion?.completionItem?.snippetSupport === true;
  providers.add('completion', 'schema', ({ file, cursor }) => suggestions(cursor, file, types, snippets));
  connection.onCompletion(async ({ textDocument, position }, token): Promise<CompletionItem[]> => {
    const file = documents.file(textDocument.uri);
    if (!file) return [];
    const offset = offsetIn(file, position);
    if (file.kind === 'helm-template') return providers.ask('templateCompletion', { file, offset, token });
    const isJson = documents.get(textDocument.uri)?.languageId === 'json' || /^\s*\{\s*("|$)/.test(file.text);
    const cursor = isJson ? jsonCursorAt(file.text, offset, types) : completionCursorAt(file.text, offset, types);
    if (!cursor) return [];
    const range = rangeIn(file, cursor.word);
    const found = await providers.ask('completion', { file, offset, cursor, token });
    if (isJson) return jsonItems(found, cursor, file, snippets);
    return found.map(({ insert, ...item }) => ({
      insertTextFormat: InsertTextFormat.PlainText,
      ...item,
      textEdit: TextEdit.replace(range, insert),
      insertTextMode: InsertTextMode.adjustIndentation,
    }));
  });
  connection.onCompletionResolve((item) => described(item, types));
}

function suggestions(
  cursor: CompletionCursor,
  file: SourceFile,
  types: TypeRegistry,
  snippets: boolean,
): Suggestion[] {
  const { path, role, type, word } = cursor;
  if (file.kind === 'kustomization') return [];
  if (role === 'value' && path.length === 1) {
    if (path[0] === 'kind') return kindSuggestions(cursor, file, types, snippets);
    if (path[0] === 'apiVersion') return apiVersionSuggestions(cursor, types);
  }
  if (role === 'key' && path.length === 1 && !type) return rootSuggestions(cursor, types, snippets);
  if (!type) return [];
  const about = { apiVersion: apiVersionOf(type), kind: type.kind };
  return schemaSuggestions(cursor, type.schema, file.text.slice(word.start, word.end), about);
}

/** What a suggestion is about; its documentation is looked up when the editor shows it. */
interface Described {
  apiVersion: string;
  kind: string;
  path?: FieldPath;
}

function described(item: CompletionItem, types: TypeRegistry): CompletionItem {
  const { apiVersion, kind, path } = (item.data ?? {}) as Partial<Described>;
  const type = types.typeOf(apiVersion, kind);
  if (!type || item.documentation) return item;
  const text = path ? (fieldAt(type.schema, path)?.description ?? '') : describeKind(type);
  return text ? { ...item, documentation: { kind: MarkupKind.Markdown, value: prose(text) } } : item;
}
