import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { resolvePlain } from './scalars';

/** What `-o yaml` prints of an object: keys sorted, strings quoted where they would otherwise be read as something else. */
export function toYaml(value: unknown): string {
  const emitter = new Emitter();
  emitter.document(value);
  return emitter.text();
}

/** JSON text of a value that may hold bigints, which become plain numbers in it. */
export function toJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${toJson(field)}`).join(',')}}`;
}

const bestWidth = 80;
/** Longer keys aren't written on one line with their value. */
const maxSimpleKey = 128;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
/** Neither printable for libyaml nor a newline: tabs, controls, the rarer line breaks, the byte order mark, astral planes. */
const special = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]/u;

type Style = 'plain' | 'single' | 'double' | 'literal';

class Emitter {
  private out: string[] = [];
  private column = 0;

  text(): string {
    return this.out.join('');
  }

  document(value: unknown): void {
    this.node(value, 0);
    this.endLine();
  }

  private write(text: string): void {
    this.out.push(text);
    const newline = text.lastIndexOf('\n');
    this.column = newline < 0 ? this.column + lengthOf(text) : lengthOf(text.slice(newline + 1));
  }

  private endLine(): void {
    if (this.column > 0) this.write('\n');
  }

  private startLine(indent: number): void {
    this.endLine();
    this.write(' '.repeat(indent));
  }

  /** A node at the place where it starts; `indent` is where its keys or dashes stand. */
  private node(value: unknown, indent: number): void {
    if (Array.isArray(value)) this.sequence(value, indent);
    else if (isObject(value)) this.map(value, indent);
    else this.scalar(value, indent);
  }

  private sequence(items: readonly unknown[], indent: number): void {
    if (items.length === 0) return this.write('[]');
    items.forEach((item, i) => {
      if (i > 0) this.startLine(indent);
      this.write('- ');
      this.node(item, isCollection(item) ? indent + 2 : indent);
    });
  }

  private map(map: JsonObject, indent: number): void {
    const keys = Object.keys(map)
      .filter((key) => map[key] !== undefined)
      .sort(byNaturalOrder);
    if (keys.length === 0) return this.write('{}');
    keys.forEach((key, i) => {
      if (i > 0) this.startLine(indent);
      this.key(key, indent);
      this.fieldValue(map[key], indent);
    });
  }

  private key(key: string, indent: number): void {
    if (key.includes('\n') || Buffer.byteLength(key) > maxSimpleKey) {
      this.write('? ');
      this.string(key, indent, false);
      this.startLine(indent);
    } else {
      this.string(key, indent, true);
    }
    this.write(':');
  }

  private fieldValue(value: unknown, indent: number): void {
    if (!isCollection(value)) {
      this.write(' ');
      return this.scalar(value, indent);
    }
    // Lists stand below their key without further indentation.
    const below = Array.isArray(value) ? indent : indent + 2;
    this.startLine(below);
    this.node(value, below);
  }

  private scalar(value: unknown, indent: number): void {
    if (typeof value === 'string') this.string(value, indent, false);
    else if (typeof value === 'number') this.write(numberText(value));
    else if (Array.isArray(value)) this.write('[]');
    else if (isObject(value)) this.write('{}');
    else this.write(String(value ?? null));
  }

  private string(text: string, indent: number, isKey: boolean): void {
    switch (styleOf(text, isKey)) {
      case 'plain':
        return this.folded(text, indent, isKey, (space) => space);
      case 'single':
        this.write("'");
        this.folded(text.replaceAll("'", "''"), indent, isKey, (space, i, length) => space && i > 0 && i < length - 1);
        return this.write("'");
      case 'double':
        return this.double(text, indent, isKey);
      case 'literal':
        return this.literal(text, indent);
    }
  }

  /** Words, with a line break for a single space once the line is full. */
  private folded(
    text: string,
    indent: number,
    isKey: boolean,
    mayBreak: (space: boolean, i: number, length: number) => boolean,
  ): void {
    let start = 0;
    const first = isKey ? -1 : text.indexOf(' ');
    for (let i = first; i >= 0; i = text.indexOf(' ', i + 1)) {
      this.write(text.slice(start, i));
      start = i;
      if (this.column > bestWidth && text[i - 1] !== ' ' && text[i + 1] !== ' ' && mayBreak(true, i, text.length)) {
        this.startLine(indent + 2);
        start = i + 1;
      }
    }
    this.write(text.slice(start));
  }

  private double(text: string, indent: number, isKey: boolean): void {
    const chars = Array.from(text);
    this.write('"');
    for (const [i, char] of chars.entries()) {
      const full = this.column > bestWidth && chars[i - 1] !== ' ' && i > 0 && i < chars.length - 1;
      if (char === ' ' && full && !isKey) {
        this.startLine(indent + 2);
        if (chars[i + 1] === ' ') this.write('\\');
      } else {
        this.write(escape(char));
      }
    }
    this.write('"');
  }

  private literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? '2' : '';
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    const margin = ' '.repeat(indent + 2);
    const lines = text.split('\n').map((line) => (line ? margin + line : ''));
    this.write(`|${hint}${chomp}\n${lines.join('\n')}`);
  }
}

/** In characters, not in UTF-16 units. */
const lengthOf = (text: string): number => Array.from(text).length;

function isCollection(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length > 0
    : isObject(value) && Object.values(value).some((field) => field !== undefined);
}

function styleOf(text: string, isKey: boolean): Style {
  const strange = special.test(text) || text.includes(' \n');
  if (text.includes('\n')) return strange || isKey || text.endsWith(' ') ? 'double' : 'literal';
  if (resolvePlain(text).tag !== '!!str' || base60.test(text) || strange) return 'double';
  return /^ | $/.test(text) || hasIndicators(text) ? 'single' : 'plain';
}

/** What has a meaning of its own in YAML where it stands. */
function hasIndicators(text: string): boolean {
  return /^(?:---|\.\.\.)|^[#,[\]{}&*!|>'"%@`]|^[?-](?: |$)|:(?: |$)| #/.test(text);
}

const escapes: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escape(char: string): string {
  const known = escapes[char];
  if (known) return known;
  if (!special.test(char)) return char;
  const code = char.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Integers in full, other numbers as Go's shortest `%g`. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return value.toFixed(0);
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const isLetter = (char: string): boolean => /\p{L}/u.test(char);

/** goyaml's order of keys: numbers in them by value, letters after everything else. */
export function byNaturalOrder(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return differAt(a, b, i);
  }
  return a.length - b.length;
}

function differAt(a: readonly string[], b: readonly string[], i: number): number {
  const x = a[i]!;
  const y = b[i]!;
  const code = x.codePointAt(0)! - y.codePointAt(0)!;
  if (isLetter(x) && isLetter(y)) return code;
  if (isLetter(x) || isLetter(y)) return isLetter(y) ? -1 : 1;
  // A zero within a longer number counts as a digit of it, not as its beginning.
  const within = (x === '0' || y === '0') && /[1-9]/.test(trailingDigits(a, i)) ? '1' : '';
  const m = within + leadingDigits(a, i);
  const n = within + leadingDigits(b, i);
  const difference = BigInt(m || '0') - BigInt(n || '0');
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return m.length - n.length || code;
}

function leadingDigits(chars: readonly string[], from: number): string {
  let end = from;
  while (/[0-9]/.test(chars[end] ?? '')) end++;
  return chars.slice(from, end).join('');
}

function trailingDigits(chars: readonly string[], before: number): string {
  let start = before;
  while (/[0-9]/.test(chars[start - 1] ?? '')) start--;
  return chars.slice(start, before).join('');
}
