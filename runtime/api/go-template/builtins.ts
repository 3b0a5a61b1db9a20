import { quote, sprintf } from './printf';
import { deepEqual, equal, getKey, isMap, isNil, isTrue, less, print, toInt, typeOf, ValueError } from './values';

export type GoFunction = (...args: unknown[]) => unknown;

/** Functions that every template has. `and`, `or` and `call` are the evaluator's. */
export const builtins: Readonly<Record<string, GoFunction>> = {
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (...args) => args.find((arg) => isTrue(arg)) ?? args.at(-1),
  not: (value) => !isTrue(value),
  len: length,
  index: (value, ...keys) => keys.reduce(indexed, value),
  slice: sliced,
  eq: (first, ...others) => {
    if (others.length === 0) throw new ValueError('missing argument for comparison');
    return others.some((other) => equal(first, other));
  },
  ne: (a, b) => !equal(a, b),
  lt: less,
  le: (a, b) => less(a, b) || equal(a, b),
  gt: (a, b) => !less(a, b) && !equal(a, b),
  ge: (a, b) => !less(a, b),
  print: (...args) => sprint(args),
  println: (...args) => `${args.map(print).join(' ')}\n`,
  printf: (format, ...args) => sprintf(String(format), args),
  html: (...args) => escapeHtml(joined(args)),
  js: (...args) => escapeJs(joined(args)),
  urlquery: (...args) => queryEscape(joined(args)),
  call: () => {
    throw new ValueError('non-function of type interface {}');
  },
};

const joined = (args: readonly unknown[]): string =>
  args.length === 1 && typeof args[0] === 'string' ? args[0] : sprint(args);

/** Spaces between operands of which neither is a string. */
export function sprint(args: readonly unknown[]): string {
  return args
    .map((arg, i) =>
      i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string' ? ` ${print(arg)}` : print(arg),
    )
    .join('');
}

function length(value: unknown): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  if (isNil(value)) throw new ValueError('len of nil pointer');
  throw new ValueError(`len of type ${typeOf(value)}`);
}

export function indexed(value: unknown, key: unknown): unknown {
  if (isNil(value)) throw new ValueError('index of untyped nil');
  if (isMap(value)) {
    if (typeof key !== 'string') throw new ValueError(`value has type ${typeOf(key)}; should be string`);
    return getKey(value, key) ?? null;
  }
  if (!Array.isArray(value) && typeof value !== 'string')
    throw new ValueError(`can't index item of type ${typeOf(value)}`);
  if (typeof key !== 'bigint') {
    if (isNil(key)) throw new ValueError('cannot index slice/array with nil');
    throw new ValueError(`cannot index slice/array with type ${typeOf(key)}`);
  }
  const length = Array.isArray(value) ? value.length : Buffer.byteLength(value);
  if (key < 0n || key >= BigInt(length)) throw new ValueError(`index out of range: ${key}`);
  return Array.isArray(value) ? (value[Number(key)] as unknown) : BigInt(Buffer.from(value)[Number(key)]!);
}

function sliced(value: unknown, ...bounds: unknown[]): unknown {
  const items = typeof value === 'string' ? Buffer.from(value) : value;
  if (!Array.isArray(items) && !Buffer.isBuffer(items))
    throw new ValueError(`can't slice item of type ${typeOf(value)}`);
  const [from = 0, to = items.length] = bounds.map((bound) => Number(toInt(bound)));
  if (from < 0 || to < from || to > items.length) throw new ValueError(`index out of range: ${to < from ? from : to}`);
  const part = items.slice(from, to);
  return Buffer.isBuffer(part) ? part.toString() : part;
}

const htmlEscapes: Record<string, string> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\uFFFD',
};

export const escapeHtml = (text: string): string => text.replaceAll(/["'&<>\0]/g, (char) => htmlEscapes[char]!);

function escapeJs(text: string): string {
  const known: Record<string, string> = {
    '\\': '\\\\',
    "'": "\\'",
    '"': '\\"',
    '<': '\\u003C',
    '>': '\\u003E',
    '&': '\\u0026',
    '=': '\\u003D',
  };
  return text.replaceAll(
    /[\\'"<>&=]|\p{Cc}/gu,
    (char) => known[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

export function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export { deepEqual, quote };
