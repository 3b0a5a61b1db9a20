import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { builtins, ValueError } from '../go-template';
import type { GoFunction } from '../go-template';
import { print, toText, typeOf } from '../go-template/values';
import { quote as goQuote } from '../go-template/printf';

/** What Go's reflection asks of an argument of type string or int. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrongType(value, 'string');
}

export function number(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  throw wrongType(value, 'int');
}

export function wrongType(value: unknown, expected: string): ValueError {
  if (value === null || value === undefined) return new ValueError(`invalid value; expected ${expected}`);
  return new ValueError(`wrong type for value; expected ${expected}; got ${typeOf(value)}`);
}

/** sprig's strslice: a list's elements as text, nils left out; anything else as a list of one. */
export function texts(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).filter((item) => item !== null && item !== undefined).map(toText);
}

export function expression(pattern: unknown): RE2JS {
  try {
    return RE2JS.compile(text(pattern));
  } catch (error) {
    throw new ValueError((error as Error).message);
  }
}

function matches(pattern: unknown, of: unknown, limit: unknown = -1n): string[] {
  const matcher = expression(pattern).matcher(text(of));
  const found: string[] = [];
  const most = number(limit);
  while ((most < 0 || found.length < most) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

const title = (of: string): string =>
  of.replaceAll(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());

/** Words of camel case apart; separators become the given one, each for itself. */
function separated(of: string, separator: string): string {
  return of
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/[\s_-]/g, separator)
    .toLowerCase();
}

function trunc(length: unknown, of: unknown): string {
  const bytes = Buffer.from(text(of));
  const size = number(length);
  if (size < 0 && bytes.length + size > 0) return bytes.subarray(bytes.length + size).toString();
  return size >= 0 && bytes.length > size ? bytes.subarray(0, size).toString() : bytes.toString();
}

function substr(start: unknown, end: unknown, of: unknown): string {
  const bytes = Buffer.from(text(of));
  const [from, to] = [number(start), number(end)];
  if (from < 0) return bytes.subarray(0, Math.max(0, to)).toString();
  if (to < 0 || to > bytes.length) return bytes.subarray(from).toString();
  return bytes.subarray(from, to).toString();
}

const indent = (spaces: unknown, of: unknown): string => {
  const pad = ' '.repeat(Math.max(0, Math.min(number(spaces), 10_000)));
  return pad + text(of).replaceAll('\n', `\n${pad}`);
};

function wrap(width: unknown, of: unknown, separator = '\n', cut = false): string {
  const size = Math.max(1, number(width));
  const lines: string[] = [];
  let line = '';
  for (const word of text(of).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > size) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
    while (cut && line.length > size) {
      lines.push(line.slice(0, size));
      line = line.slice(size);
    }
  }
  return [...lines, line].join(separator);
}

const hash =
  (algorithm: string): GoFunction =>
  (of) =>
    createHash(algorithm).update(text(of)).digest('hex');

function adler32(of: unknown): string {
  let [a, b] = [1, 0];
  for (const byte of Buffer.from(text(of))) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(of: unknown): string {
  let bits = '';
  for (const byte of Buffer.from(text(of))) bits += byte.toString(2).padStart(8, '0');
  const out = (bits.match(/.{1,5}/g) ?? [])
    .map((group) => base32Letters[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('');
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

function fromBase32(of: unknown): string {
  const bits = text(of)
    .replace(/=+$/, '')
    .split('')
    .map((char) => base32Letters.indexOf(char).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString();
}

function fromBase64(of: unknown): string {
  const encoded = text(of).replaceAll(/[\r\n]/g, '');
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded))
    return `illegal base64 data at input byte ${Math.max(0, encoded.search(/[^A-Za-z0-9+/=]/))}`;
  return Buffer.from(encoded, 'base64').toString();
}

function plural(one: unknown, many: unknown, count: unknown): string {
  return number(count) === 1 ? text(one) : text(many);
}

function trimmed(of: string, set: string, start: boolean, end: boolean): string {
  let [from, to] = [0, of.length];
  while (start && from < to && set.includes(of[from]!)) from++;
  while (end && to > from && set.includes(of[to - 1]!)) to--;
  return of.slice(from, to);
}

const replaceFirst = (of: string, find: string, by: string): string =>
  of.startsWith(find) ? by + of.slice(find.length) : of;

/** Replaces what matches; of a template, `$1`, `${1}` and `${name}` stand for groups. */
function replaced(pattern: unknown, of: unknown, by: unknown, literal: boolean): string {
  const whole = text(of);
  const matcher = expression(pattern).matcher(whole);
  let out = '';
  let from = 0;
  while (matcher.find()) {
    const group = (name: string) => (/^\d+$/.test(name) ? matcher.group(Number(name)) : matcher.group(name)) ?? '';
    const expanded = literal
      ? text(by)
      : text(by).replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, a?: string, b?: string) => safely(() => group(a ?? b ?? '')));
    out += whole.slice(from, matcher.start()) + expanded;
    from = matcher.end();
  }
  return out + whole.slice(from);
}

/** A group that isn't there is empty. */
function safely(act: () => string): string {
  try {
    return act();
  } catch {
    return '';
  }
}

/** Functions on text. */
export const stringFunctions: Readonly<Record<string, GoFunction>> = {
  trim: (of) => text(of).trim(),
  trimAll: (set, of) => trimmed(text(of), text(set), true, true),
  trimall: (set, of) => trimmed(text(of), text(set), true, true),
  trimPrefix: (prefix, of) => replaceFirst(text(of), text(prefix), ''),
  trimSuffix: (suffix, of) =>
    text(suffix) !== '' && text(of).endsWith(text(suffix)) ? text(of).slice(0, -text(suffix).length) : text(of),
  upper: (of) => text(of).toUpperCase(),
  lower: (of) => text(of).toLowerCase(),
  title: (of) => title(text(of)),
  untitle: (of) =>
    text(of).replaceAll(/(^|\s)(\p{L})/gu, (_, before: string, letter: string) => before + letter.toLowerCase()),
  repeat: (count, of) => text(of).repeat(Math.max(0, Math.min(number(count), 100_000))),
  substr,
  nospace: (of) => text(of).replaceAll(/\s/g, ''),
  trunc,
  abbrev: (width, of) =>
    text(of).length <= number(width) || number(width) < 4 ? text(of) : `${text(of).slice(0, number(width) - 3)}...`,
  initials: (of) =>
    text(of)
      .split(/\s+/)
      .map((word) => word[0] ?? '')
      .join(''),
  wrap: (width, of) => wrap(width, of, '\n', false),
  wrapWith: (width, separator, of) => wrap(width, of, text(separator), true),
  contains: (part, of) => text(of).includes(text(part)),
  hasPrefix: (prefix, of) => text(of).startsWith(text(prefix)),
  hasSuffix: (suffix, of) => text(of).endsWith(text(suffix)),
  quote: (...all) =>
    all
      .filter((each) => each !== null && each !== undefined)
      .map((each) => goQuote(toText(each)))
      .join(' '),
  squote: (...all) =>
    all
      .filter((each) => each !== null && each !== undefined)
      .map((each) => `'${print(each)}'`)
      .join(' '),
  cat: (...all) =>
    all
      .filter((each) => each !== null && each !== undefined)
      .map(print)
      .join(' '),
  indent,
  nindent: (spaces, of) => `\n${indent(spaces, of)}`,
  replace: (find, by, of) => text(of).replaceAll(text(find), () => text(by)),
  plural,
  snakecase: (of) => separated(text(of), '_'),
  camelcase: (of) => text(of).replaceAll(/(?:^|[_\s-])(\w)/g, (_, letter: string) => letter.toUpperCase()),
  kebabcase: (of) => separated(text(of), '-'),
  swapcase: (of) =>
    text(of).replaceAll(/\p{L}/gu, (letter) =>
      letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
    ),
  regexMatch: (pattern, of) => expression(pattern).matcher(text(of)).find(),
  mustRegexMatch: (pattern, of) => expression(pattern).matcher(text(of)).find(),
  regexFindAll: (pattern, of, limit) => matches(pattern, of, limit),
  mustRegexFindAll: (pattern, of, limit) => matches(pattern, of, limit),
  regexFind: (pattern, of) => matches(pattern, of, 1n)[0] ?? '',
  mustRegexFind: (pattern, of) => matches(pattern, of, 1n)[0] ?? '',
  regexReplaceAll: (pattern, of, by) => replaced(pattern, of, by, false),
  mustRegexReplaceAll: (pattern, of, by) => replaced(pattern, of, by, false),
  regexReplaceAllLiteral: (pattern, of, by) => replaced(pattern, of, by, true),
  mustRegexReplaceAllLiteral: (pattern, of, by) => replaced(pattern, of, by, true),
  regexSplit: (pattern, of, limit) => regexSplit(pattern, text(of), number(limit)),
  mustRegexSplit: (pattern, of, limit) => regexSplit(pattern, text(of), number(limit)),
  regexQuoteMeta: (of) => text(of).replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&'),
  b64enc: (of) => Buffer.from(text(of)).toString('base64'),
  b64dec: fromBase64,
  b32enc: base32,
  b32dec: fromBase32,
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: adler32,
  toString: toText,
  urlquery: builtins['urlquery']!,
};

function regexSplit(pattern: unknown, of: string, limit: number): string[] {
  if (limit === 0) return [];
  const matcher = expression(pattern).matcher(of);
  const parts: string[] = [];
  let from = 0;
  while ((limit < 0 || parts.length < limit - 1) && matcher.find()) {
    if (matcher.end() === matcher.start() && matcher.start() === 0) continue;
    parts.push(of.slice(from, matcher.start()));
    from = matcher.end();
  }
  return [...parts, of.slice(from)];
}
