import {
  type CompletionItem,
  CompletionItemKind,
  type Connection,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
  TextEdit,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { describeKind, fieldAt, type FieldInfo, fieldsAt, type KindInfo, kindInfos } from '../../runtime/api/kind-info';
import { type CompletionCursor, completionCursorAt, type FieldPath } from '../cursor';
import type { OpenDocuments } from '../open-documents';
import { prose } from './hover';

/** Completion of `apiVersion` and `kind`, of fields, and of values that are one of a few. YAML only. */
export function registerCompletion(connection: Connection, documents: OpenDocuments): void {
  connection.onCompletion(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    return document?.languageId === 'yaml' ? completionsAt(document, document.offsetAt(position)) : [];
  });
}

function completionsAt(document: TextDocument, offset: number): CompletionItem[] {
  const text = document.getText();
  const cursor = completionCursorAt(text, offset);
  if (!cursor) return [];
  const range = { start: document.positionAt(cursor.word.start), end: document.positionAt(cursor.word.end) };
  return suggestions(cursor, document).map(({ insert, ...item }) => ({
    ...item,
    textEdit: TextEdit.replace(range, insert),
    insertTextFormat: InsertTextFormat.PlainText,
    insertTextMode: InsertTextMode.adjustIndentation,
  }));
}

type Suggestion = CompletionItem & { insert: string };

function suggestions(cursor: CompletionCursor, document: TextDocument): Suggestion[] {
  const { path, role, type } = cursor;
  if (role === 'value') {
    if (path.length === 1 && path[0] === 'kind') return kindSuggestions(cursor, document);
    if (path.length === 1 && path[0] === 'apiVersion') return apiVersionSuggestions(cursor);
    return type ? valueSuggestions(fieldAt(type.schema, withoutIndex(path))) : [];
  }
  if (path.length === 1 && !type) return rootSuggestions(cursor);
  return type ? keySuggestions(cursor, type.schema) : [];
}

/** Of an item in a list of scalars: the list's own field has its values. */
function withoutIndex(path: FieldPath): FieldPath {
  return typeof path.at(-1) === 'number' ? path.slice(0, -1) : path;
}

/** A document that says nothing yet, or only half of what it is. Any other YAML is none of ours. */
function rootSuggestions({ siblings, hasColon }: CompletionCursor): Suggestion[] {
  const own = ['apiVersion', 'kind', 'metadata'];
  if (siblings.length > 0 && !siblings.some((name) => name === 'apiVersion' || name === 'kind')) return [];
  return own
    .filter((name) => !siblings.includes(name))
    .map((name, i) => ({
      label: name,
      kind: CompletionItemKind.Property,
      sortText: String(i),
      insert: hasColon ? name : name === 'metadata' ? 'metadata:\n  name: ' : `${name}: `,
    }));
}

function kindSuggestions({ apiVersion, siblings, word }: CompletionCursor, document: TextDocument): Suggestion[] {
  const all = kindInfos();
  const matching = all.filter((info) => info.apiVersion === apiVersion);
  const alone = !siblings.includes('apiVersion');
  return (matching.length > 0 ? matching : all).map((info) => ({
    label: info.kind,
    detail: info.apiVersion,
    kind: CompletionItemKind.Class,
    insert: info.kind,
    documentation: { kind: MarkupKind.Markdown, value: prose(describeKind(info.resource)) },
    ...(alone && { additionalTextEdits: [apiVersionAbove(info, document, word.start)] }),
  }));
}

/** The kind says which version; written in the line above, with the same indentation. */
function apiVersionAbove({ apiVersion }: KindInfo, document: TextDocument, offset: number): TextEdit {
  const { line } = document.positionAt(offset);
  const start = document.offsetAt({ line, character: 0 });
  const lead = /^[\s-]*/.exec(document.getText().slice(start))?.[0] ?? '';
  return TextEdit.insert(
    document.positionAt(start + lead.length),
    `apiVersion: ${apiVersion}\n${' '.repeat(lead.length)}`,
  );
}

function apiVersionSuggestions({ kind }: CompletionCursor): Suggestion[] {
  const all = kindInfos();
  const matching = all.filter((info) => info.kind === kind);
  const versions = new Set((matching.length > 0 ? matching : all).map(({ apiVersion }) => apiVersion));
  return [...versions].map((version) => ({ label: version, kind: CompletionItemKind.Module, insert: version }));
}

function valueSuggestions(field: FieldInfo | undefined): Suggestion[] {
  if (!field) return [];
  const values =
    field.enum ??
    (field.schema.type === 'boolean' ? [true, false] : field.default === undefined ? [] : [field.default]);
  return values
    .filter((value) => typeof value !== 'object')
    .map((value) => ({
      label: String(value),
      insert: String(value),
      kind: CompletionItemKind.EnumMember,
      ...(value === field.default && { detail: 'default', preselect: true }),
    }));
}

function keySuggestions(cursor: CompletionCursor, schema: Parameters<typeof fieldsAt>[0]): Suggestion[] {
  const { path, siblings } = cursor;
  const parent = path.slice(0, -1);
  const fields = fieldsAt(schema, parent) ?? [];
  if (fields.length === 0) return cursor.hasColon ? [] : valueSuggestions(fieldAt(schema, withoutIndex(parent)));
  const list =
    parent.length > 0 && typeof parent.at(-1) !== 'number' ? fieldAt(schema, parent)?.schema.type === 'array' : false;
  if (list && !cursor.startsLine) return [];
  const lead = cursor.dashes + (list ? 2 : 0);
  return fields
    .filter(({ name }) => !siblings.includes(name))
    .map((field) => ({
      label: field.name,
      detail: field.required ? `${field.type}, required` : field.type,
      kind: CompletionItemKind.Field,
      documentation: { kind: MarkupKind.Markdown, value: prose(field.description) },
      sortText: `${field.required ? 0 : field.name === 'status' ? 2 : 1}${field.name}`,
      insert: `${list ? '- ' : ''}${field.name}${cursor.hasColon ? '' : opening(field, lead)}`,
    }));
}

/** What follows a key: a value beside it, or the lines below, `lead` columns further in than the line. */
function opening({ schema }: FieldInfo, lead: number): string {
  const indent = ' '.repeat(lead + 2);
  if (schema.type === 'array') return `:\n${indent}- `;
  return schema.properties || schema.additionalProperties ? `:\n${indent}` : ': ';
}
