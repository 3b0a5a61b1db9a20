import { CompletionItemKind, MarkupKind } from 'vscode-languageserver/node';
import { fieldAt, type FieldInfo, fieldsAt } from '../../../runtime/api/kind-info';
import type { Schema } from '../../../runtime/api/schema';
import type { CompletionCursor, FieldPath } from '../../manifests/cursor';
import type { Suggestion } from '../../providers';
import { prose } from '../hover';
import { isQuantity, quantityValues, resourceKeys } from './quantities';

/** Of an item in a list of scalars: the list's own field has its values. */
function withoutIndex(path: FieldPath): FieldPath {
  return typeof path.at(-1) === 'number' ? path.slice(0, -1) : path;
}

/** The kind whose schema is walked, by which a field's documentation is looked up later. */
export interface About {
  apiVersion: string;
  kind: string;
}

/** Fields and values that a schema has for a place. `word` is what is there already. */
export function schemaSuggestions(cursor: CompletionCursor, schema: Schema, word = '', about?: About): Suggestion[] {
  return cursor.role === 'key' ? keySuggestions(cursor, schema, about) : valueSuggestions(cursor.path, schema, word);
}

function valueSuggestions(path: FieldPath, schema: Schema, word: string): Suggestion[] {
  const own = withoutIndex(path);
  const field = fieldAt(schema, own);
  if (field && isQuantity(field)) return quantityValues(own, word);
  const map = fieldAt(schema, own.slice(0, -1));
  if (map?.type === 'map[string]Quantity') return quantityValues(own, word);
  return field ? valuesOf(field) : [];
}

function valuesOf(field: FieldInfo): Suggestion[] {
  const { type } = field.schema;
  const preset = field.default === undefined ? [] : [field.default];
  const values = field.enum ?? (type === 'boolean' ? [true, false] : preset);
  return values
    .filter((value) => typeof value !== 'object')
    .map((value) => ({
      label: String(value),
      insert: String(value),
      kind: CompletionItemKind.EnumMember,
      ...(value === field.default && { detail: 'default', preselect: true }),
    }));
}

/** Fields of the mapping around the cursor. */
function keySuggestions(cursor: CompletionCursor, schema: Schema, about: About | undefined): Suggestion[] {
  const { path, siblings } = cursor;
  const parent = path.slice(0, -1);
  const fields = fieldsAt(schema, parent) ?? [];
  if (fields.length === 0) return keysWithoutSchema(cursor, schema, about);
  const above = parent.length > 0 && typeof parent.at(-1) !== 'number' ? fieldAt(schema, parent) : undefined;
  const list = above?.schema.type === 'array';
  if (list && !cursor.startsLine) return [];
  const lead = cursor.dashes + (list ? 2 : 0);
  return fields
    .filter(({ name }) => !siblings.includes(name))
    .map((field) => ({
      label: field.name,
      detail: field.required ? `${field.type}, required` : field.type,
      kind: CompletionItemKind.Field,
      sortText: `${field.required ? 0 : field.name === 'status' ? 2 : 1}${field.name}`,
      insert: `${list ? '- ' : ''}${field.name}${cursor.hasColon ? '' : opening(field, lead)}`,
      ...(about
        ? { data: { ...about, path: [...parent, field.name] } }
        : { documentation: { kind: MarkupKind.Markdown, value: prose(field.description) } }),
    }));
}

/** In a map that has no fields of its own, or where a scalar is begun that is no key. */
function keysWithoutSchema(cursor: CompletionCursor, schema: Schema, about: About | undefined): Suggestion[] {
  const parent = cursor.path.slice(0, -1);
  const field = fieldAt(schema, withoutIndex(parent));
  if (field?.type === 'map[string]Quantity') return resourceKeys(cursor, about?.kind);
  return cursor.hasColon || !field ? [] : valuesOf(field);
}

/** What follows a key: a value beside it, or the lines below, `lead` columns further in than the line. */
function opening({ schema }: FieldInfo, lead: number): string {
  const indent = ' '.repeat(lead + 2);
  if (schema.type === 'array') return `:\n${indent}- `;
  return schema.properties || schema.additionalProperties ? `:\n${indent}` : ': ';
}
