/**
 * Go values as templates see them: nil is null, int is bigint, float64 is number, a map is a plain object and a slice
 * an array. What has methods, or fields that aren't a map's, is a `GoStruct`.
 */
export class GoStruct {
  constructor(
    /** As `%T` prints it: `chart.Metadata`. */
    readonly typeName: string,
    readonly fields: Readonly<Record<string, unknown>>,
    readonly methods: Readonly<Record<string, (...args: unknown[]) => unknown>> = {},
    /** What printing it gives, if it isn't its fields. */
    readonly text?: string,
  ) {}
}

/** What a function or a field access can't do; the evaluator adds where. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

export type GoMap = Record<string, unknown>;

export function isMap(value: unknown): value is GoMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoStruct);
}

export const isNil = (value: unknown): value is null | undefined => value === null || value === undefined;

/** Whether `if` takes it for true: not the zero value of its type. */
export function isTrue(value: unknown): boolean {
  if (isNil(value)) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length > 0;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'bigint') return value !== 0n;
  if (Array.isArray(value)) return value.length > 0;
  return isMap(value) ? Object.keys(value).length > 0 : true;
}

export function getKey(map: GoMap, key: string): unknown {
  return Object.hasOwn(map, key) ? (map[key] ?? null) : undefined;
}

export const sortedKeys = (map: GoMap): string[] => Object.keys(map).sort(byCodePoint);

export function byCodePoint(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** reflect's kind. */
export function kindOf(value: unknown): string {
  if (isNil(value)) return 'invalid';
  if (Array.isArray(value)) return 'slice';
  if (value instanceof GoStruct) return value.typeName.startsWith('*') ? 'ptr' : 'struct';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map';
}

/** What `%T` prints. */
export function typeOf(value: unknown): string {
  if (isNil(value)) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (value instanceof GoStruct) return value.typeName;
  const kind = kindOf(value);
  return kind === 'map' ? 'map[string]interface {}' : kind;
}

/** What `%v` prints, and so what an action writes. */
export function print(value: unknown): string {
  if (isNil(value)) return '<nil>';
  if (typeof value === 'number') return printFloat(value);
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
  if (value instanceof GoStruct) return value.text ?? `{${Object.values(value.fields).map(print).join(' ')}}`;
  if (isMap(value))
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${print(value[key])}`)
      .join(' ')}]`;
  return String(value as string | boolean | bigint);
}

/** `%g` with the fewest digits, as Go prints a float64: a million is `1e+06`. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  // From -4 to -1 JavaScript writes plain decimals too.
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** An integer of what sprig's cast takes for one; 0 of everything else. */
export function toInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'string') return 0n;
  const text = value.trim();
  const trimmed = /^[+-]?0*(\d+)(\.0*)?$/.exec(text);
  if (trimmed) return (text.startsWith('-') ? -1n : 1n) * BigInt(trimmed[1]!);
  return /^0[xX][0-9a-fA-F]+$/.test(text) ? BigInt(text) : 0n;
}

export function toFloat(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : 0;
  return Number.isNaN(number) ? 0 : number;
}

/** sprig's strval. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : print(value);
}

export function deepEqual(a: unknown, b: unknown): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  if (!isMap(a) || !isMap(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
  );
}

type Basic = 'bool' | 'int' | 'float' | 'string';

function basicKind(value: unknown): Basic | undefined {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  return typeof value === 'string' ? 'string' : undefined;
}

/** text/template's `eq` of two values. */
export function equal(a: unknown, b: unknown): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  const kind = basicKind(a);
  const other = basicKind(b);
  if (!kind || !other) {
    if (kind === other && typeof a === 'object' && !isMap(a) && !Array.isArray(a)) return a === b;
    throw new ValueError(kind ? 'incompatible types for comparison' : `non-comparable type ${print(a)}: ${typeOf(a)}`);
  }
  if (kind !== other) throw new ValueError('incompatible types for comparison');
  return a === b;
}

export function less(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  if (!kind || !basicKind(b) || kind === 'bool') throw new ValueError('invalid type for comparison');
  if (kind !== basicKind(b)) throw new ValueError('incompatible types for comparison');
  return kind === 'string' ? byCodePoint(a as string, b as string) < 0 : (a as number) < (b as number);
}
