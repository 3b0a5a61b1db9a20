/**
 * Scalars as kubectl reads them: goyaml v2 (YAML 1.1 booleans, C-like integers, no base 60), then JSON.
 * Integers beyond ±2^53 come as bigint as long as they fit int64, so that none loses its value; greater ones are doubles, as
 * they are for kubectl. Timestamps stay strings.
 */
export type ScalarValue = string | number | bigint | boolean | null;

export type ScalarTag = '!!str' | '!!int' | '!!float' | '!!bool' | '!!null' | '!!timestamp';

export interface Resolved {
  tag: ScalarTag;
  value: ScalarValue;
}

const words = new Map<string, Resolved>();
const define = (tag: ScalarTag, value: ScalarValue, ...names: string[]) =>
  names.forEach((name) => words.set(name, { tag, value }));
define('!!bool', true, 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON');
define('!!bool', false, 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF');
define('!!null', null, '', '~', 'null', 'Null', 'NULL');
define('!!float', Number.NaN, '.nan', '.NaN', '.NAN');
define('!!float', Number.POSITIVE_INFINITY, '.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF');
define('!!float', Number.NEGATIVE_INFINITY, '-.inf', '-.Inf', '-.INF');

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const date = /^(\d{4})-(\d\d?)-(\d\d?)$/;
const zoned = /^(\d{4})-(\d\d?)-(\d\d?)[Tt](\d\d?):(\d\d?):(\d\d?)(?:\.(\d{1,9}))?(Z|[-+]\d\d:\d\d)$/;
const local = /^(\d{4})-(\d\d?)-(\d\d?) (\d\d?):(\d\d?):(\d\d?)(?:\.(\d{1,9}))?$/;

/** A time that goyaml takes for one, in RFC 3339 as Go prints it; undefined for any other text. */
export function timestampText(text: string): string | undefined {
  if (!/^\d{4}-/.test(text)) return undefined;
  const match = date.exec(text) ?? zoned.exec(text) ?? local.exec(text);
  if (!match) return undefined;
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction, zone = 'Z'] = match;
  const two = (part: string) => part.padStart(2, '0');
  const full = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
  const time = new Date(`${full}Z`);
  if (Number.isNaN(time.getTime()) || time.getUTCDate() !== Number(day)) return undefined;
  const rest = (fraction ?? '').replace(/0+$/, '');
  return `${full}${rest && `.${rest}`}${zone}`;
}

const maxInt64 = 2n ** 63n - 1n;

/** A plain scalar without a tag. */
export function resolvePlain(text: string): Resolved {
  const word = words.get(text);
  if (word) return word;
  const first = text[0]!;
  if (!/[-+.0-9]/.test(first)) return { tag: '!!str', value: text };
  if (timestampText(text) !== undefined) return { tag: '!!timestamp', value: text };
  const plain = text.replaceAll('_', '');
  return integerOf(plain) ?? (float.test(plain) ? floatOf(plain, text) : { tag: '!!str', value: text });
}

function floatOf(digits: string, text: string): Resolved {
  const value = Number(digits);
  return Number.isFinite(value) ? { tag: '!!float', value } : { tag: '!!str', value: text };
}

function integerOf(plain: string): Resolved | undefined {
  const match = integer.exec(plain);
  if (!match) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : decimal!;
  const magnitude = BigInt(digits);
  const value = sign === '-' ? -magnitude : magnitude;
  const fits = value <= maxInt64 && value >= -maxInt64 - 1n;
  const unsigned = sign === '' && magnitude < 2n ** 64n;
  if (!fits && !unsigned) return undefined;
  const safe = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return { tag: '!!int', value: safe || !fits ? Number(value) : value };
}

/** A scalar with a tag of YAML's own; a string is the problem, in goyaml's words. */
export function resolveTagged(tag: string, text: string): { value: ScalarValue } | string {
  switch (tag) {
    case '!!str':
      return { value: text };
    case '!!binary':
      return binary(text);
    case '!!timestamp':
      return timestampText(text) !== undefined ? { value: text } : mismatch(text, tag);
    case '!!int':
    case '!!float':
    case '!!bool':
    case '!!null': {
      const resolved = resolvePlain(text);
      const fits = resolved.tag === tag || (tag === '!!float' && resolved.tag === '!!int');
      return fits ? { value: resolved.value } : mismatch(text, tag);
    }
    default:
      return { value: text };
  }
}

const mismatch = (text: string, tag: string): string =>
  `yaml: cannot decode ${resolvePlain(text).tag} \`${text}\` as a ${tag}`;

function binary(text: string): { value: string } | string {
  const compact = text.replaceAll(/\s/g, '');
  const valid = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  return valid
    ? { value: Buffer.from(compact, 'base64').toString('utf8') }
    : 'yaml: !!binary value contains invalid base64 data';
}

/** A resolved key as the field's name; undefined for what can't be one. Floats print as Go's 32-bit `%g`. */
export function keyText({ tag, value }: Resolved): string | undefined {
  if (value === null || (tag === '!!int' && Number(value) >= 2 ** 63)) return undefined;
  return tag === '!!float' ? float32Text(Number(value)) : String(value);
}

function float32Text(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf';
  if (single === 0) return Object.is(single, -0) ? '-0' : '0';
  let digits = 1;
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits++;
  const [mantissa = '', exponent = '0'] = single.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return single.toFixed(Math.max(0, digits - 1 - power));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
