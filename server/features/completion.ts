import {
  type CompletionItem,
  CompletionItemKind,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
  TextEdit,
} from 'vscode-languageserver/node';
import { describeKind, fieldAt, type FieldInfo, fieldsAt, type KindInfo } from '../../runtime/api/kind-info';
import type { Schema } from '../../runtime/api/schema';
import type { ServerContext } from '../context';
import { offsetIn, positionIn, rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { type CompletionCursor, completionCursorAt, type FieldPath } from '../manifests/cursor';
import type { TypeRegistry } from '../manifests/types';
import type { Suggestion } from '../providers';
import { prose } from './hover';

/** Completion of `apiVersion` and `kind`, of fields, and of values that are one of a few, and what others add. YAML only. */
export function registerCompletion({ connection, documents, providers, types, capabilities }: ServerContext): void {
  capabilities.completionProvider = { triggerCharacters: [' '] };
  providers.add('completion', 'schema', ({ file, cursor }) => suggestions(cursor, file, types));
  connection.onCompletion(async ({ textDocument, position }, token): Promise<CompletionItem[]> => {
    const file = documents.file(textDocument.uri);
    if (!file || documents.get(textDocument.uri)?.languageId === 'json') return [];
    const offset = offsetIn(file, position);
    const cursor = completionCursorAt(file.text, offset, types);
    if (!cursor) return [];
    const range = rangeIn(file, cursor.word);
    const found = await providers.ask('completion', { file, offset, cursor, token });
    return found.map(({ insert, ...item }) => ({
      insertTextFormat: InsertTextFormat.PlainText,
      ...item,
      textEdit: TextEdit.replace(range, insert),
      insertTextMode: InsertTextMode.adjustIndentation,
    }));
  });
}

function suggestions(cursor: CompletionCursor, file: SourceFile, types: TypeRegistry): Suggestion[] {
  const { path, role, type } = cursor;
  if (file.kind === 'kustomization') return [];
  if (role === 'value') {
    if (path.length === 1 && path[0] === 'kind') return kindSuggestions(cursor, file, types);
    if (path.length === 1 && path[0] === 'apiVersion') return apiVersionSuggestions(cursor, types);
    return type ? schemaSuggestions(cursor, type.schema) : [];
  }
  if (path.length === 1 && !type) return rootSuggestions(cursor);
  return type ? keySuggestions(cursor, type.schema) : [];
}

/** Fields and values that a schema has for a place. */
export function schemaSuggestions(cursor: CompletionCursor, schema: Schema): Suggestion[] {
  return cursor.role === 'key'
    ? keySuggestions(cursor, schema)
    : valueSuggestions(fieldAt(schema, withoutIndex(cursor.path)));
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

function kindSuggestions(cursor: CompletionCursor, file: SourceFile, types: TypeRegistry): Suggestion[] {
  const { apiVersion, siblings, word } = cursor;
  const all = types.kinds();
  const matching = all.filter((info) => info.apiVersion === apiVersion);
  const alone = !siblings.includes('apiVersion');
  return (matching.length > 0 ? matching : all).map((info) => ({
    label: info.kind,
    detail: info.apiVersion,
    kind: CompletionItemKind.Class,
    insert: info.kind,
    documentation: { kind: MarkupKind.Markdown, value: prose(describeKind(info.resource)) },
    ...(alone && { additionalTextEdits: [apiVersionAbove(info, file, word.start)] }),
  }));
}

/** The kind says which version; written in the line above, with the same indentation. */
function apiVersionAbove({ apiVersion }: KindInfo, file: SourceFile, offset: number): TextEdit {
  const start = file.text.lastIndexOf('\n', offset - 1) + 1;
  const lead = /^[\s-]*/.exec(file.text.slice(start, offset))?.[0] ?? '';
  const above = `apiVersion: ${apiVersion}\n${' '.repeat(lead.length)}`;
  return TextEdit.insert(positionIn(file, start + lead.length), above);
}

function apiVersionSuggestions({ kind }: CompletionCursor, types: TypeRegistry): Suggestion[] {
  const all = types.kinds();
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

function keySuggestions(cursor: CompletionCursor, schema: Schema): Suggestion[] {
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
