import { type Connection, type Hover, MarkupKind } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { describeKind, type FieldInfo, fieldAt } from '../../runtime/api/kind-info';
import { apiVersionOf } from '../../runtime/api/object';
import { cursorAt } from '../cursor';
import type { OpenDocuments } from '../open-documents';

/** What Kubernetes says of the field or kind under the pointer, as `kubectl explain` does. */
export function registerHover(connection: Connection, documents: OpenDocuments): void {
  connection.onHover(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    return document ? hoverAt(document, document.offsetAt(position), documents) : null;
  });
}

function hoverAt(document: TextDocument, offset: number, documents: OpenDocuments): Hover | null {
  const cursor = cursorAt(documents.manifests(document), offset);
  if (!cursor?.type) return null;
  const { path, role, range, type } = cursor;
  const isKind = role === 'value' && path.length === 1 && path[0] === 'kind';
  const value = isKind
    ? `**${type.kind}** \`${apiVersionOf(type)}\`\n\n${prose(describeKind(type))}`
    : fieldText(fieldAt(type.schema, path));
  if (value === undefined) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value },
    range: { start: document.positionAt(range.start), end: document.positionAt(range.end) },
  };
}

function fieldText(field: FieldInfo | undefined): string | undefined {
  if (!field) return undefined;
  const { name, type, required, description, enum: values, default: preset } = field;
  const parts = [`**${name}** \`${type}\`${required ? ' (required)' : ''}`, prose(description)];
  if (values) parts.push(`One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`);
  if (preset !== undefined && typeof preset !== 'object') parts.push(`Default: \`${String(preset)}\`.`);
  return parts.filter(Boolean).join('\n\n');
}

/** The descriptions use backticks as Markdown does, and nothing else of it. */
export function prose(description: string): string {
  return description.replaceAll(/[<*[\]]/g, '\\$&');
}
