import type { Place, TemplateError } from './nodes';

export type TokenType =
  | 'field'
  | 'variable'
  | 'identifier'
  | 'string'
  | 'char'
  | 'number'
  | 'dot'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'comma'
  | 'open'
  | 'close'
  | 'space';

export interface Token extends Place {
  type: TokenType;
  text: string;
}

/** A text between actions, or what is between `{{` and `}}`. */
export type Part =
  | (Place & { type: 'text'; text: string })
  | (Place & { type: 'action'; tokens: Token[]; error?: TemplateError })
  | (Place & { type: 'comment' });

const numeral =
  /^[+-]?(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*\.?[0-9_]*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)/;
const left = '{{';
const right = '}}';
const space = /[ \t\r\n]/;

/**
 * Takes a template apart. An action that isn't closed reaches to the next one; one that can't be read has an error.
 */
export function lex(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  let trimNext = false;
  while (at < text.length || trimNext) {
    const open = text.indexOf(left, at);
    const end = open < 0 ? text.length : open;
    const trimEnd = open >= 0 && text[open + 2] === '-' && space.test(text[open + 3] ?? '');
    pushText(parts, text, at, end, trimNext, trimEnd);
    trimNext = false;
    if (open < 0) break;
    const inside = open + (trimEnd ? 4 : 2);
    const comment = commentAt(text, open, inside);
    if (comment) {
      parts.push(comment.part);
      trimNext = comment.trim;
      at = comment.part.end;
      continue;
    }
    const action = new ActionLexer(text, open, inside).run();
    parts.push(action.part);
    trimNext = action.trim;
    at = action.part.end;
  }
  return parts;
}

function pushText(parts: Part[], text: string, start: number, end: number, trimStart: boolean, trimEnd: boolean): void {
  let from = start;
  let to = end;
  if (trimStart) while (from < to && space.test(text[from]!)) from++;
  if (trimEnd) while (to > from && space.test(text[to - 1]!)) to--;
  if (to > from) parts.push({ type: 'text', start: from, end: to, text: text.slice(from, to) });
}

function commentAt(text: string, open: number, inside: number): { part: Part; trim: boolean } | undefined {
  if (!text.startsWith('/*', inside)) return undefined;
  const close = text.indexOf('*/', inside);
  const fail = (message: string) => ({
    part: {
      type: 'action' as const,
      start: open,
      end: text.length,
      tokens: [],
      error: { start: open, end: lineEnd(text, open), message },
    },
    trim: false,
  });
  if (close < 0) return fail('unclosed comment');
  const after = /^(\s+-)?\}\}/.exec(text.slice(close + 2, close + 50));
  if (!after) {
    const message = 'comment ends before closing delimiter';
    const end = text.indexOf(right, close);
    const part = { type: 'action' as const, start: open, end: end < 0 ? text.length : end + 2, tokens: [] };
    return { part: { ...part, error: { start: open, end: close + 2, message } }, trim: false };
  }
  return { part: { type: 'comment', start: open, end: close + 2 + after[0].length }, trim: after[1] !== undefined };
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return Math.max(at + 1, end < 0 ? text.length : end);
}

const word = /[\p{L}\p{N}_]/u;
const symbols: [text: string, type: TokenType][] = [
  [':=', 'declare'],
  ['=', 'assign'],
  ['|', 'pipe'],
  [',', 'comma'],
];

class ActionLexer {
  private readonly tokens: Token[] = [];
  private at: number;
  private depth = 0;
  private error: TemplateError | undefined;

  constructor(
    private readonly text: string,
    private readonly open: number,
    inside: number,
  ) {
    this.at = inside;
  }

  run(): { part: Part; trim: boolean } {
    for (;;) {
      const closing = this.closing();
      if (closing) return this.finish(closing.end, closing.trim);
      if (this.at >= this.text.length || this.text.startsWith(left, this.at)) {
        // A character that doesn't belong there is where the action should have ended.
        if (/character/.test(this.error?.message ?? '')) this.error = undefined;
        this.fail(this.open, 'unclosed action', lineEnd(this.text, this.open));
        return this.finish(this.at, false);
      }
      this.next();
    }
  }

  private closing(): { end: number; trim: boolean } | undefined {
    if (this.text.startsWith(right, this.at)) return { end: this.at + 2, trim: false };
    const trim = /^[ \t\r\n]+-\}\}/.exec(this.text.slice(this.at, this.at + 100));
    return trim ? { end: this.at + trim[0].length, trim: true } : undefined;
  }

  private finish(end: number, trim: boolean): { part: Part; trim: boolean } {
    if (this.depth > 0) this.fail(this.open, 'unclosed left paren', end);
    const { open: start, tokens, error } = this;
    return { part: { type: 'action', start, end, tokens, ...(error && { error }) }, trim };
  }

  private fail(start: number, message: string, end = this.at): void {
    this.error ??= { start, end: Math.max(start + 1, end), message };
  }

  private push(type: TokenType, start: number): void {
    this.tokens.push({ type, start, end: this.at, text: this.text.slice(start, this.at) });
  }

  private next(): void {
    const start = this.at;
    const char = this.text[start]!;
    if (space.test(char)) {
      while (this.at < this.text.length && space.test(this.text[this.at]!) && !this.closing()) this.at++;
      return this.push('space', start);
    }
    for (const [symbol, type] of symbols) {
      if (!this.text.startsWith(symbol, start)) continue;
      this.at += symbol.length;
      return this.push(type, start);
    }
    if (char === '"' || char === "'") return this.quoted(char);
    if (char === '`') return this.raw();
    if (char === '(') return this.paren(1);
    if (char === ')') return this.paren(-1);
    if (char === '$') return this.wordToken('variable', start + 1);
    if (char === '.' && !/[0-9]/.test(this.text[start + 1] ?? '')) return this.field();
    if (/[0-9.+-]/.test(char)) return this.number();
    if (word.test(char)) return this.wordToken('identifier', start);
    this.at++;
    this.fail(start, `unrecognized character in action: ${unicode(char)} '${char}'`);
  }

  private paren(step: 1 | -1): void {
    const start = this.at++;
    this.depth += step;
    if (this.depth < 0) {
      this.depth = 0;
      return this.fail(start, 'unexpected right paren');
    }
    this.push(step > 0 ? 'open' : 'close', start);
  }

  private quoted(quote: string): void {
    const start = this.at++;
    while (this.at < this.text.length && this.text[this.at] !== quote) {
      if (this.text[this.at] === '\n') break;
      this.at += this.text[this.at] === '\\' ? 2 : 1;
    }
    if (this.text[this.at] !== quote) {
      this.at = Math.min(this.at, this.text.length);
      return this.fail(start, quote === '"' ? 'unterminated quoted string' : 'unterminated character constant');
    }
    this.at++;
    this.push(quote === '"' ? 'string' : 'char', start);
  }

  private raw(): void {
    const start = this.at;
    const end = this.text.indexOf('`', start + 1);
    this.at = end < 0 ? this.text.length : end + 1;
    if (end < 0) return this.fail(start, 'unterminated raw quoted string', lineEnd(this.text, start));
    this.push('string', start);
  }

  private field(): void {
    const start = this.at++;
    while (this.at < this.text.length && word.test(this.text[this.at]!)) this.at++;
    this.push(this.at === start + 1 ? 'dot' : 'field', start);
    this.terminated();
  }

  private wordToken(type: 'variable' | 'identifier', from: number): void {
    const start = this.at;
    this.at = from;
    while (this.at < this.text.length && word.test(this.text[this.at]!)) this.at++;
    this.push(type, start);
    this.terminated();
  }

  private number(): void {
    const start = this.at;
    const match = numeral.exec(this.text.slice(start, start + 100));
    this.at = start + (match?.[0].length ?? 1);
    if (!match || word.test(this.text[this.at] ?? '')) {
      while (this.at < this.text.length && word.test(this.text[this.at]!)) this.at++;
      return this.fail(start, `bad number syntax: ${JSON.stringify(this.text.slice(start, this.at))}`);
    }
    this.push('number', start);
  }

  /** A word ends before space, punctuation or the action's end. */
  private terminated(): void {
    const char = this.text[this.at];
    if (char === undefined || /[\s.,|:=()}]/.test(char)) return;
    const start = this.at;
    this.fail(start, `bad character ${unicode(char)} '${char}'`, start + 1);
  }
}

function unicode(char: string): string {
  return `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
