import { GoStruct, isMap, isNil, print, printFloat, sortedKeys, typeOf } from './values';

/** fmt.Sprintf for the values that templates have. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  let reordered = false;
  const out = format.replaceAll(
    /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:\[(\d+)\])?([a-zA-Z%])|%/g,
    (
      whole,
      flags: string | undefined,
      width: string | undefined,
      precision: string | undefined,
      index: string | undefined,
      verb: string | undefined,
    ) => {
      if (verb === undefined) return '%!(NOVERB)';
      if (verb === '%') return '%';
      const star = (text: string | undefined) =>
        text === '*' ? Number(args[next++]) : text === undefined ? undefined : Number(text);
      const wide = star(width);
      const precise = whole.includes('.') ? (star(precision) ?? 0) : undefined;
      if (index !== undefined) {
        reordered = true;
        next = Number(index) - 1;
      }
      if (next >= args.length) return `%!${verb}(MISSING)`;
      return pad(formatted(verb, args[next++], flags ?? '', precise), flags ?? '', wide, verb);
    },
  );
  const extra = args.slice(next);
  if (reordered || extra.length === 0) return out;
  return `${out}%!(EXTRA ${extra.map((arg) => `${typeOf(arg)}=${print(arg)}`).join(', ')})`;
}

function pad(text: string, flags: string, width: number | undefined, verb: string): string {
  if (width === undefined) return text;
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !'dfFeEgGxXobB'.includes(verb)) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

const bad = (verb: string, value: unknown): string =>
  isNil(value) ? `%!${verb}(<nil>)` : `%!${verb}(${typeOf(value)}=${print(value)})`;

function formatted(verb: string, value: unknown, flags: string, precision: number | undefined): string {
  if (verb === 'v') return flags.includes('#') ? goSyntax(value) : plain(value, flags);
  if (verb === 'T') return typeOf(value);
  if (Array.isArray(value) && !'q'.includes(verb))
    return `[${value.map((item) => formatted(verb, item, flags, precision)).join(' ')}]`;
  if (isMap(value))
    return `map[${sortedKeys(value)
      .map((key) => `${formatted(verb, key, flags, precision)}:${formatted(verb, value[key], flags, precision)}`)
      .join(' ')}]`;
  if (typeof value === 'string') return stringVerb(verb, value, precision);
  if (typeof value === 'bigint') return intVerb(verb, value, flags);
  if (typeof value === 'number') return floatVerb(verb, value, flags, precision);
  if (typeof value === 'boolean' && verb === 't') return String(value);
  if (value instanceof GoStruct && verb === 's') return print(value);
  if (Array.isArray(value)) return `[${value.map((item) => formatted(verb, item, flags, precision)).join(' ')}]`;
  return bad(verb, value);
}

function plain(value: unknown, flags: string): string {
  if (flags.includes('+') && typeof value === 'bigint' && value >= 0n) return `+${value}`;
  return print(value);
}

function goSyntax(value: unknown): string {
  if (isNil(value)) return '<nil>';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isMap(value))
    return `map[string]interface {}{${sortedKeys(value)
      .map((key) => `${quote(key)}:${goSyntax(value[key])}`)
      .join(', ')}}`;
  return print(value);
}

function stringVerb(verb: string, value: string, precision: number | undefined): string {
  const text = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  if (verb === 's') return text;
  if (verb === 'q') return quote(text);
  if (verb === 'x' || verb === 'X') {
    const hex = Buffer.from(text).toString('hex');
    return verb === 'x' ? hex : hex.toUpperCase();
  }
  return bad(verb, value);
}

function intVerb(verb: string, value: bigint, flags: string): string {
  const sign = flags.includes('+') && value >= 0n ? '+' : flags.includes(' ') && value >= 0n ? ' ' : '';
  const hash = flags.includes('#');
  const based = (base: number, prefix: string) =>
    `${value < 0n ? '-' : ''}${hash ? prefix : ''}${(value < 0n ? -value : value).toString(base)}`;
  switch (verb) {
    case 'd':
      return sign + value.toString();
    case 'x':
      return based(16, '0x');
    case 'X':
      return based(16, '0X').toUpperCase();
    case 'o':
      return based(8, '0');
    case 'b':
      return based(2, '0b');
    case 'c':
      return String.fromCodePoint(Number(value));
    case 'q':
      return `'${String.fromCodePoint(Number(value))}'`;
    case 'U':
      return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
    default:
      return bad(verb, value);
  }
}

function floatVerb(verb: string, value: number, flags: string, precision: number | undefined): string {
  const sign = flags.includes('+') && value >= 0 ? '+' : '';
  const exponent = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');
  switch (verb) {
    case 'f':
    case 'F':
      return sign + value.toFixed(precision ?? 6);
    case 'e':
      return sign + exponent(value.toExponential(precision ?? 6));
    case 'E':
      return sign + exponent(value.toExponential(precision ?? 6)).toUpperCase();
    case 'g':
    case 'G':
      return (
        sign +
        (precision === undefined
          ? printFloat(value)
          : exponent(String(Number(value.toPrecision(Math.max(1, precision))))))
      );
    default:
      return bad(verb, value);
  }
}

/** strconv.Quote. */
export function quote(text: string): string {
  return `"${text.replaceAll(/[\\"\p{Cc}\p{Zl}\p{Zp}\u00a0\u00ad\ufeff]/gu, (char) => {
    const known: Record<string, string> = {
      '\\': '\\\\',
      '"': '\\"',
      '\n': '\\n',
      '\r': '\\r',
      '\t': '\\t',
      '\x07': '\\a',
      '\b': '\\b',
      '\f': '\\f',
      '\v': '\\v',
    };
    const code = char.charCodeAt(0);
    return (
      known[char] ??
      (code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
    );
  })}"`;
}
