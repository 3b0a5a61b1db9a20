import type { ParsedDocument } from '../../runtime/api/yaml';
import { lineBreaks, parseStretch, stretches } from '../../runtime/api/yaml';
import type { FileKind } from './file-kind';
import { fileKindOf } from './file-kind';

/** A file as it is now: open in the editor or on disk. Immutable; a change makes another one. */
export interface SourceFile {
  readonly uri: string;
  readonly text: string;
  /** Of an open file. */
  readonly version: number | undefined;
  readonly kind: FileKind;
  /** Offsets are the file's. Of a file that isn't open they are parsed when they are asked for. */
  readonly documents: readonly ParsedDocument[];
}

/** The documents that one stretch of a text is read as. */
interface Stretch {
  text: string;
  lines: number;
  documents: readonly ParsedDocument[];
}

/** Parses a file again and again, each time only the stretches between `---` that it has not seen the last time. */
export class FileParser {
  private known: Stretch[] = [];

  constructor(private readonly uri: string) {}

  parse(text: string, version?: number): SourceFile {
    const parts = stretches(text).map(({ start, end }) => text.slice(start, end));
    this.known = this.reused(parts).map((stretch, i) => stretch ?? parsed(parts[i] ?? ''));
    const documents = place(this.known);
    return { uri: this.uri, text, version, kind: fileKindOf(this.uri, text), documents };
  }

  /** An edit leaves what is before it and what is after it. */
  private reused(parts: readonly string[]): (Stretch | undefined)[] {
    const { known } = this;
    const shift = known.length - parts.length;
    let first = 0;
    while (first < parts.length && known[first]?.text === parts[first]) first++;
    let last = parts.length;
    while (last > first && last + shift > first && known[last - 1 + shift]?.text === parts[last - 1]) last--;
    const others = last - first > 1 ? new Map(known.map((stretch) => [stretch.text, stretch])) : undefined;
    return parts.map((part, i) => (i < first ? known[i] : i >= last ? known[i + shift] : others?.get(part)));
  }
}

function parsed(text: string): Stretch {
  return { text, lines: lineBreaks(text), documents: parseStretch(text) };
}

function place(parts: readonly Stretch[]): ParsedDocument[] {
  const documents: ParsedDocument[] = [];
  let start = 0;
  let line = 0;
  for (const part of parts) {
    for (const document of part.documents) documents.push(document.moved(start, line));
    start += part.text.length;
    line += part.lines;
  }
  return documents;
}
