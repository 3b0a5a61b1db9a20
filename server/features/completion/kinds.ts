import { CompletionItemKind, InsertTextFormat, TextEdit } from 'vscode-languageserver/node';
import type { KindInfo } from '../../../runtime/api/kind-info';
import { positionIn } from '../../documents/positions';
import type { SourceFile } from '../../documents/source-file';
import type { CompletionCursor } from '../../manifests/cursor';
import type { TypeRegistry } from '../../manifests/types';
import type { Suggestion } from '../../providers';
import { isCommon, plainText, skeletonOf } from './skeletons';

/** A document that says nothing yet, or only half of what it is. Any other YAML is none of ours. */
export function rootSuggestions(cursor: CompletionCursor, types: TypeRegistry, snippets: boolean): Suggestion[] {
  const { siblings, hasColon } = cursor;
  const own = ['apiVersion', 'kind', 'metadata'];
  if (siblings.length > 0 && !siblings.some((name) => name === 'apiVersion' || name === 'kind')) return [];
  const fields = own
    .filter((name) => !siblings.includes(name))
    .map((name, i) => ({
      label: name,
      kind: CompletionItemKind.Property,
      sortText: String(i),
      insert: hasColon ? name : name === 'metadata' ? 'metadata:\n  name: ' : `${name}: `,
    }));
  return siblings.length > 0 || hasColon ? fields : [...fields, ...skeletons(cursor, types, snippets)];
}

/** Whole objects, in an empty document: the common kinds, and whatever one begins to write. */
function skeletons(cursor: CompletionCursor, types: TypeRegistry, snippets: boolean): Suggestion[] {
  const wanted = cursor.word.end > cursor.word.start ? () => true : isCommon;
  return types
    .kinds()
    .filter(wanted)
    .map((info) => skeleton(info, snippets));
}

function skeleton(info: KindInfo, snippets: boolean): Suggestion {
  const { snippet } = skeletonOf(info);
  return {
    label: info.kind,
    labelDetails: { description: info.apiVersion },
    detail: `a new ${info.kind}`,
    kind: CompletionItemKind.Snippet,
    sortText: `${isCommon(info) ? 3 : 4}${info.kind}`,
    insert: snippets ? snippet : plainText(snippet),
    ...(snippets && { insertTextFormat: InsertTextFormat.Snippet }),
    data: { apiVersion: info.apiVersion, kind: info.kind },
  };
}

/** Behind `kind:`. In a document of nothing else, the rest of the object too, as a second choice. */
export function kindSuggestions(
  cursor: CompletionCursor,
  file: SourceFile,
  types: TypeRegistry,
  snippets: boolean,
): Suggestion[] {
  const { apiVersion, siblings, word } = cursor;
  const all = types.kinds();
  const matching = all.filter((info) => info.apiVersion === apiVersion);
  const offered = matching.length > 0 ? matching : all;
  const alone = !siblings.includes('apiVersion');
  const above = (info: KindInfo): Partial<Suggestion> =>
    alone ? { additionalTextEdits: [apiVersionAbove(info, file, word.start)] } : {};
  const names = offered.map((info): Suggestion => ({
    label: info.kind,
    labelDetails: { description: info.apiVersion },
    detail: info.apiVersion,
    kind: CompletionItemKind.Class,
    sortText: `1${info.kind}`,
    insert: info.kind,
    data: { apiVersion: info.apiVersion, kind: info.kind },
    ...above(info),
  }));
  const empty = siblings.every((name) => name === 'apiVersion' || name === 'kind');
  if (!empty || word.end === word.start || cursor.objectPath !== '') return names;
  return [...names, ...offered.map((info) => ({ ...skeleton(info, snippets), ...rest(info, snippets), ...above(info) }))];
}

/** A skeleton from its kind on. */
function rest(info: KindInfo, snippets: boolean): Pick<Suggestion, 'insert' | 'label' | 'sortText' | 'filterText'> {
  const { snippet } = skeletonOf(info);
  const text = snippet.slice(snippet.indexOf('kind: ') + 'kind: '.length);
  const insert = snippets ? text : plainText(text);
  return { insert, label: `${info.kind} …`, filterText: info.kind, sortText: `2${info.kind}` };
}

/** The kind says which version; written in the line above, with the same indentation. */
function apiVersionAbove({ apiVersion }: KindInfo, file: SourceFile, offset: number): TextEdit {
  const start = file.text.lastIndexOf('\n', offset - 1) + 1;
  const lead = /^[\s-]*/.exec(file.text.slice(start, offset))?.[0] ?? '';
  const above = `apiVersion: ${apiVersion}\n${' '.repeat(lead.length)}`;
  return TextEdit.insert(positionIn(file, start + lead.length), above);
}

export function apiVersionSuggestions({ kind }: CompletionCursor, types: TypeRegistry): Suggestion[] {
  const all = types.kinds();
  const matching = all.filter((info) => info.kind === kind);
  const versions = new Set((matching.length > 0 ? matching : all).map(({ apiVersion }) => apiVersion));
  return [...versions].map((version) => ({ label: version, kind: CompletionItemKind.Module, insert: version }));
}
