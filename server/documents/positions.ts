import type { Location, Position, Range } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextRange } from '../manifests/ranges';
import type { SourceFile } from './source-file';

const lined = new WeakMap<SourceFile, TextDocument>();

/** The file's lines, made once. */
function linesOf(file: SourceFile): TextDocument {
  let document = lined.get(file);
  if (!document) lined.set(file, (document = TextDocument.create(file.uri, '', file.version ?? 0, file.text)));
  return document;
}

export function positionIn(file: SourceFile, offset: number): Position {
  return linesOf(file).positionAt(offset);
}

export function offsetIn(file: SourceFile, position: Position): number {
  return linesOf(file).offsetAt(position);
}

export function rangeIn(file: SourceFile, { start, end }: TextRange): Range {
  return { start: positionIn(file, start), end: positionIn(file, end) };
}

export function locationIn(file: SourceFile, range: TextRange): Location {
  return { uri: file.uri, range: rangeIn(file, range) };
}
