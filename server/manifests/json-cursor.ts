import { parseStretch, stretches } from '../../runtime/api/yaml';
import { type CompletionCursor, cursorWhere, marker } from './cursor';
import type { TextRange } from './ranges';
import { builtInTypes, type TypeRegistry } from './types';

/**
 * Where what is being written at `offset` of a JSON text belongs. `word` is the whole token with its quotes. Commas that
 * are missing around it are thought to be there; undefined where nothing parses.
 */
export function jsonCursorAt(
  text: string,
  offset: number,
  types: TypeRegistry = builtInTypes,
): CompletionCursor | undefined {
  const part = stretches(text).findLast(({ start }) => start <= offset) ?? { start: 0, end: text.length };
  const word = tokenAt(text, part.start, offset);
  const before = text.slice(part.start, word.start);
  const after = text.slice(word.end, part.end);
  const lead = /(^|[{[,:])\s*$/.test(before) ? '' : ',';
  const trail = /^\s*([}\],:]|$)/.test(after) ? '' : ',';
  const documents = parseStretch(`${before}${lead}"${marker}"${trail}${after}`).map((document) =>
    document.moved(part.start, 0),
  );
  const from = word.start + lead.length;
  const cursor = cursorWhere(documents, types, ({ start, end }) => start <= from && from < end);
  if (!cursor) return undefined;
  const siblings = cursor.siblings.filter((name) => name !== marker);
  return { ...cursor, siblings, word, startsLine: false, dashes: 0, hasColon: /^\s*:/.test(after) };
}

/** The string, closed on its line or not, or the bare word that is around an offset. */
function tokenAt(text: string, from: number, offset: number): TextRange {
  const strings = /"(?:[^"\\\n]|\\.)*("|(?=\n)|$)/g;
  strings.lastIndex = from;
  for (let found = strings.exec(text); found && found.index < offset; found = strings.exec(text)) {
    const end = found.index + found[0].length;
    const isClosed = found[1] === '"';
    if (offset < end || (!isClosed && offset === end)) return { start: found.index, end: stringEnd(text, found, offset) };
  }
  const start = offset - (/[\w.-]*$/.exec(text.slice(from, offset))?.[0].length ?? 0);
  return { start, end: offset + (/^[\w.-]*/.exec(text.slice(offset))?.[0].length ?? 0) };
}

/** A string that isn't closed ends with its word: what follows on the line is something else. */
function stringEnd(text: string, { 0: whole, 1: close, index }: RegExpExecArray, offset: number): number {
  if (close === '"') return index + whole.length;
  return offset + (/^[\w./-]*/.exec(text.slice(offset))?.[0].length ?? 0);
}
