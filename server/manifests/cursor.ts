import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { ResourceInfo } from '../../runtime/api/resource';
import { type ParsedDocument, parseStretch, stretches } from '../../runtime/api/yaml';
import { keyName, nodeRange } from './nodes';
import type { TextRange } from './ranges';
import { builtInTypes, type TypeRegistry } from './types';

export type FieldPath = readonly (string | number)[];

/** A place in a manifest. */
export interface Cursor {
  /** Path in its object, of the field whose key or value is here: `['spec', 'containers', 0, 'image']`. */
  path: FieldPath;
  role: 'key' | 'value';
  /** The key or scalar itself. */
  range: TextRange;
  /** Keys of the mapping that the field is in. */
  siblings: readonly string[];
  /** What the object around says that it is; of a list's item, the item. */
  apiVersion: unknown;
  kind: unknown;
  /** Undefined where the two name no known kind. */
  type: ResourceInfo | undefined;
  /** The document and, in it, the object: empty for the document itself, `items[2]` in a list. */
  document: ParsedDocument;
  objectPath: string;
}

interface Spot {
  path: FieldPath;
  role: Cursor['role'];
  range: TextRange;
  siblings: readonly string[];
}

/** The key or scalar at an offset. */
export function cursorAt(
  documents: readonly ParsedDocument[],
  offset: number,
  types: TypeRegistry = builtInTypes,
): Cursor | undefined {
  const near = documents.filter(({ range: [start, end] }) => start <= offset && offset <= end);
  return cursorWhere(near, types, ({ start, end }) => start <= offset && offset <= end);
}

/** Stands where something is about to be written, so that an unfinished line parses. */
export const marker = 'podium-cursor';
const wordPart = /[\w./-]/;

export interface CompletionCursor extends Cursor {
  /** The word under the cursor, which a completion replaces. */
  word: TextRange;
  /** Whether the word is the first on its line, so that a `- ` may be put before it. */
  startsLine: boolean;
  /** Width of the dashes before the word: what is below it is indented by so much more than its line. */
  dashes: number;
  /** Whether a colon follows already. */
  hasColon: boolean;
}

/** Where a word that is being written at `offset` belongs; undefined in a comment or where nothing parses. */
export function completionCursorAt(
  text: string,
  offset: number,
  types: TypeRegistry = builtInTypes,
): CompletionCursor | undefined {
  const word = wordAt(text, offset);
  const before = text.slice(text.lastIndexOf('\n', word.start - 1) + 1, word.start);
  const after = /^[^\r\n]*/.exec(text.slice(word.end))?.[0] ?? '';
  if (/(^|\s)#/.test(before)) return undefined;
  const opensKey = /^\s*(- +)*$/.test(before) && after.trim() === '';
  const part = stretches(text).findLast(({ start }) => start <= word.start) ?? { start: 0, end: text.length };
  const marked = `${marker}${opensKey ? ':' : ''}`;
  const completed = `${text.slice(part.start, word.start)}${marked}${text.slice(word.end, part.end)}`;
  const from = word.start;
  const documents = parseStretch(completed).map((document) => document.moved(part.start, 0));
  const cursor = cursorWhere(documents, types, ({ start, end }) => start <= from && from < end);
  if (!cursor) return undefined;
  return {
    ...cursor,
    word,
    startsLine: before.trim() === '',
    dashes: opensKey ? before.trimStart().length : 0,
    hasColon: /^\s*:/.test(after),
    siblings: cursor.siblings.filter((name) => name !== marker),
  };
}

function wordAt(text: string, offset: number): TextRange {
  let start = offset;
  while (start > 0 && wordPart.test(text[start - 1] ?? '')) start--;
  // The dash of a list's item isn't part of a word.
  if (text[start] === '-' && /(^|\n)\s*$/.test(text.slice(0, start))) start = Math.min(offset, start + 1);
  let end = offset;
  while (end < text.length && wordPart.test(text[end] ?? '')) end++;
  return { start, end };
}

export function cursorWhere(
  documents: readonly ParsedDocument[],
  types: TypeRegistry,
  here: (range: TextRange) => boolean,
): Cursor | undefined {
  for (const document of documents) {
    const spot = find(document.node.contents, [], here);
    if (spot) return inObject(spot, document, types);
  }
  return undefined;
}

/** Of a list's item the path begins at the item. */
function inObject(spot: Spot, document: ParsedDocument, types: TypeRegistry): Cursor {
  type Root = { apiVersion?: unknown; kind?: unknown; items?: unknown };
  let object = (document.value ?? {}) as Root;
  let { path } = spot;
  const places: string[] = [];
  while (path[0] === 'items' && path.length > 2 && Array.isArray(object.items) && String(object.kind).endsWith('List')) {
    places.push(`items[${Number(path[1])}]`);
    object = ((object.items as unknown[])[Number(path[1])] ?? {}) as Root;
    path = path.slice(2);
  }
  const { apiVersion, kind } = object;
  return {
    ...spot,
    path,
    apiVersion,
    kind,
    type: types.typeOf(apiVersion, kind),
    document,
    objectPath: places.join('.'),
  };
}

function find(
  node: Node | null,
  path: FieldPath,
  here: (range: TextRange) => boolean,
  siblings: readonly string[] = [],
): Spot | undefined {
  if (isMap(node)) {
    const keys = node.items.map(({ key }) => keyName(key));
    for (const [i, { key, value }] of node.items.entries()) {
      const inside = [...path, keys[i] ?? ''];
      const range = nodeRange(key as Node | null);
      if (range && here(range)) return { path: inside, role: 'key', range, siblings: keys };
      const found = find(value as Node | null, inside, here, keys);
      if (found) return found;
    }
    return undefined;
  }
  if (isSeq(node)) {
    for (const [i, item] of node.items.entries()) {
      const found = find(item as Node | null, [...path, i], here, siblings);
      if (found) return found;
    }
    return undefined;
  }
  const range = isScalar(node) ? nodeRange(node) : undefined;
  return range && here(range) ? { path, role: 'value', range, siblings } : undefined;
}
