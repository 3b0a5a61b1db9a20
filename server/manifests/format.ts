import { isDeepStrictEqual } from 'node:util';
import { isCollection, isScalar, type Node, Scalar } from 'yaml';
import { type ParsedDocument, parseManifests } from '../../runtime/api/yaml';
import { childrenOf } from './nodes';

/** What a line becomes. Lines stay lines: none is added, joined or taken away. */
type Lines = string[];

interface Level {
  /** Columns of its keys or dashes, as they are and as they are to be. */
  old: number;
  wanted: number;
  kind: 'map' | 'sequence';
}

/** Lines after the first of a scalar or flow collection. */
interface Continuation {
  kind: 'block' | 'text' | 'flow';
  lastLine: number;
}

/**
 * The text with its structure indented by `width`, one space after colons and dashes, no spaces at ends of lines. Comments, order,
 * quotes and blank lines stay. Undefined if it has an error, or if the result would read as something else.
 */
export function formatYaml(text: string, width = 2): string | undefined {
  const documents = parseManifests(text);
  if (documents.length === 0 || documents.some(({ errors }) => errors.length > 0) || text.includes('\t')) return undefined;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  const formatted = new Formatter(lines, continuationsOf(documents, text), colonsOf(documents, text), width).format();
  // Blank lines at the end may be part of a text (`|+`), and then are kept.
  const candidates = [withoutEndLines(formatted), formatted].map((kept) => finished(kept, newline));
  return candidates.find((candidate) => isSame(documents, parseManifests(candidate)));
}

function withoutEndLines(lines: Lines): Lines {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
}

function finished(lines: Lines, newline: string): string {
  return lines.join(newline) + (lines.at(-1) === '' ? '' : newline);
}

function isSame(before: readonly ParsedDocument[], after: readonly ParsedDocument[]): boolean {
  const content = (documents: readonly ParsedDocument[]): unknown =>
    documents.map(({ value, errors }) => [value, errors.length]);
  return isDeepStrictEqual(content(before), content(after));
}

class Formatter {
  private levels: Level[] = [];
  private readonly out: Lines = [];
  /** Comments above a line are indented as it is. */
  private comments: number[] = [];

  constructor(
    private readonly lines: readonly string[],
    private readonly continuations: ReadonlyMap<number, Continuation>,
    private readonly colons: ReadonlyMap<number, number>,
    private readonly width: number,
  ) {}

  format(): Lines {
    for (let line = 0; line < this.lines.length; line++) {
      const text = this.lines[line] ?? '';
      if (text.trim() === '') this.out[line] = '';
      else if (/^(---|\.\.\.)(\s|$)/.test(text)) this.boundary(line, text);
      else if (text.trimStart().startsWith('#')) this.comments.push(line);
      else this.content(line, text);
      const continuation = this.continuations.get(line);
      if (!continuation) continue;
      this.continue(line, continuation);
      line = continuation.lastLine;
    }
    this.placeComments(undefined);
    return this.out;
  }

  private boundary(line: number, text: string): void {
    this.placeComments(undefined);
    this.levels = [];
    this.out[line] = text.trimEnd();
  }

  private content(line: number, text: string): void {
    const old = text.length - text.trimStart().length;
    const isDash = /^-( |$)/.test(text.slice(old));
    while (this.isOver(this.levels.at(-1), old, isDash)) this.levels.pop();
    const wanted = isDash ? this.dash(old) : this.key(old);
    this.placeComments({ old, wanted });
    this.out[line] = ' '.repeat(wanted) + this.withinLine(line, text, old, wanted);
  }

  private isOver(level: Level | undefined, old: number, isDash: boolean): boolean {
    if (!level) return false;
    return level.old > old || (level.old === old && level.kind === 'sequence' && !isDash);
  }

  private dash(old: number): number {
    const top = this.levels.at(-1);
    if (top?.kind === 'sequence' && top.old === old) return top.wanted;
    // Dashes below their key stay where the author has them: flush with it, or further in.
    const wanted = !top ? 0 : top.kind === 'map' && top.old === old ? top.wanted : top.wanted + this.width;
    this.levels.push({ old, wanted, kind: 'sequence' });
    return wanted;
  }

  private key(old: number): number {
    const top = this.levels.at(-1);
    if (top && top.old === old) return top.wanted;
    const wanted = top ? top.wanted + this.width : 0;
    this.levels.push({ old, wanted, kind: 'map' });
    return wanted;
  }

  /** Dashes with one space after each, then the rest. */
  private withinLine(line: number, text: string, start: number, wanted: number): string {
    let at = start;
    let column = wanted;
    let prefix = '';
    for (let dash = /^-( +)(?=\S)/.exec(text.slice(at)); dash; dash = /^-( +)(?=\S)/.exec(text.slice(at))) {
      at += dash[0].length;
      if (text[at] === '#') return prefix + text.slice(at - dash[0].length).trimEnd();
      prefix += '- ';
      column += 2;
      const isDash = /^-( |$)/.test(text.slice(at));
      const isKey = (this.colons.get(line) ?? -1) >= at;
      if (isDash || isKey) this.levels.push({ old: at, wanted: column, kind: isDash ? 'sequence' : 'map' });
    }
    return prefix + this.withoutGap(line, text, at);
  }

  /** One space between a colon and what stands beside it. */
  private withoutGap(line: number, text: string, at: number): string {
    const colon = this.colons.get(line);
    if (colon === undefined || colon < at) return text.slice(at).trimEnd();
    const value = text.slice(colon + 1).trimStart();
    const gap = value.startsWith('#') ? text.slice(colon + 1, text.length - value.length) : ' ';
    return (text.slice(at, colon + 1) + (value === '' ? '' : gap + value)).trimEnd();
  }

  private continue(line: number, { kind, lastLine }: Continuation): void {
    const top = this.levels.at(-1);
    const inside = (top?.wanted ?? 0) + this.width;
    const rest = this.lines.slice(line + 1, lastLine + 1);
    const margin = Math.min(...rest.filter((text) => text.trim() !== '').map((text) => text.length - text.trimStart().length));
    const moved = kind === 'flow' ? Math.max(margin + (top ? top.wanted - top.old : 0), 1) : inside;
    const explicit = kind === 'block' && /[|>][-+]?\d/.test(this.lines[line] ?? '');
    for (const [i, text] of rest.entries()) {
      const body = text.slice(Number.isFinite(margin) ? margin : 0);
      const shift = explicit ? margin + (top ? top.wanted - top.old : 0) : moved;
      const kept = kind === 'block' ? body : body.trimEnd();
      this.out[line + 1 + i] = text.trim() === '' && kind !== 'block' ? '' : kept === '' ? '' : ' '.repeat(Math.max(0, shift)) + kept;
    }
  }

  private placeComments(next: { old: number; wanted: number } | undefined): void {
    for (const line of this.comments) {
      const text = this.lines[line] ?? '';
      const old = text.length - text.trimStart().length;
      const level = this.levels.find((level) => level.old === old);
      const wanted = next && next.old <= old ? next.wanted : (level?.wanted ?? (old === 0 ? 0 : (next?.wanted ?? old)));
      this.out[line] = ' '.repeat(wanted) + text.trim();
    }
    this.comments = [];
  }
}

/** By the line of their beginning. */
function continuationsOf(documents: readonly ParsedDocument[], text: string): Map<number, Continuation> {
  const found = new Map<number, Continuation>();
  const lineOf = lineFinder(text);
  const visit = (node: Node | null): void => {
    const kind = kindOf(node);
    if (kind && node?.range) {
      const first = lineOf(node.range[0]);
      // A block's range ends where the next line begins; blank lines at its end are its own.
      const lastLine = kind === 'block' ? lineOf(node.range[1]) - 1 : lineOf(node.range[1]);
      if (lastLine > first) found.set(first, { kind, lastLine });
      return;
    }
    for (const { key, value } of childrenOf(node)) {
      visit(key ?? null);
      visit(value);
    }
  };
  for (const { node } of documents) visit(node.contents);
  return found;
}

function kindOf(node: Node | null): Continuation['kind'] | undefined {
  if (isScalar(node)) return node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED ? 'block' : 'text';
  return isCollection(node) && node.flow ? 'flow' : undefined;
}

/** Column of the last colon on each line that a scalar or a flow collection may stand behind. */
function colonsOf(documents: readonly ParsedDocument[], text: string): Map<number, number> {
  const found = new Map<number, number>();
  const lineOf = lineFinder(text);
  const visit = (node: Node | null): void => {
    if (isCollection(node) && node.flow) return;
    for (const { key, value } of childrenOf(node)) {
      if (key?.range) {
        const colon = text.indexOf(':', key.range[1]);
        const line = lineOf(key.range[1]);
        if (/^ *:$/.test(text.slice(key.range[1], colon + 1))) found.set(line, colon - (text.lastIndexOf('\n', colon) + 1));
      }
      visit(value);
    }
  };
  for (const { node } of documents) visit(node.contents);
  return found;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  };
}
