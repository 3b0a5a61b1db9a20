import { type Hover, MarkupKind } from 'vscode-languageserver/node';
import { describeKind, type FieldInfo, fieldAt } from '../../runtime/api/kind-info';
import { apiVersionOf } from '../../runtime/api/object';
import type { ServerContext } from '../context';
import { offsetIn, rangeIn } from '../documents/positions';
import { cursorAt } from '../manifests/cursor';
import type { TypeRegistry } from '../manifests/types';
import type { HoverPart, PlaceRequest } from '../providers';

/** What Kubernetes says of the field or kind under the pointer, as `kubectl explain` does, and what others add. */
export function registerHover({ connection, documents, providers, types, capabilities }: ServerContext): void {
  capabilities.hoverProvider = true;
  providers.add('hover', 'documentation', (at) => documentationAt(at, types));
  connection.onHover(async ({ textDocument, position }, token): Promise<Hover | null> => {
    const file = documents.file(textDocument.uri);
    if (!file) return null;
    const parts = await providers.ask('hover', { file, offset: offsetIn(file, position), token });
    if (parts.length === 0) return null;
    const range = parts.find((part) => part.range)?.range;
    return {
      contents: { kind: MarkupKind.Markdown, value: parts.map(({ markdown }) => markdown).join('\n\n---\n\n') },
      ...(range && { range: rangeIn(file, range) }),
    };
  });
}

function documentationAt({ file, offset }: PlaceRequest, types: TypeRegistry): HoverPart[] {
  const cursor = cursorAt(file.documents, offset, types);
  if (!cursor?.type) return [];
  const { path, role, range, type } = cursor;
  const isKind = role === 'value' && path.length === 1 && path[0] === 'kind';
  const markdown = isKind
    ? `**${type.kind}** \`${apiVersionOf(type)}\`\n\n${prose(describeKind(type))}`
    : fieldText(fieldAt(type.schema, path));
  return markdown === undefined ? [] : [{ markdown, range }];
}

export function fieldText(field: FieldInfo | undefined): string | undefined {
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
