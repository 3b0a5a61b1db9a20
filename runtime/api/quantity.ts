/** The suffix family that a quantity was written in; kept through arithmetic and printing. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** A text that is no quantity, in apimachinery's words. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const NANO = 1_000_000_000n;
const MICRO_PER_NANO = 1_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MAX_INT64_DIGITS = 18;
/** Exponents beyond this are out of any use; bounding them keeps `1e999999999` from building a giant integer. */
const MAX_EXPONENT = 400;

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18],
]);
const BINARY_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['Ki', 10], ['Mi', 20], ['Gi', 30], ['Ti', 40], ['Pi', 50], ['Ei', 60],
]);
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** Integer division that rounds away from zero. */
function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

function decimalText(nano: bigint, format: QuantityFormat): string {
  let amount = nano;
  let exponent = -9;
  const top = format === 'DecimalSI' ? 18 : MAX_EXPONENT;
  while (exponent < top && amount % 1000n === 0n) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalSI') return `${amount}${DECIMAL_SUFFIXES[exponent / 3 + 3]}`;
  return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
}

function binaryText(value: bigint): string {
  let amount = value;
  let power = 0;
  while (power < BINARY_SUFFIXES.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n;
    power++;
  }
  return `${amount}${BINARY_SUFFIXES[power]}`;
}

function canonicalText(nano: bigint, format: QuantityFormat): string {
  if (nano === 0n) return '0';
  if (format !== 'BinarySI') return decimalText(nano, format);
  const magnitude = nano < 0n ? -nano : nano;
  // A binary suffix would need a fraction here, so upstream falls back to decimal suffixes.
  if (magnitude < 1024n * NANO || magnitude % NANO !== 0n) return decimalText(nano, 'DecimalSI');
  return binaryText(nano / NANO);
}

/**
 * An exact amount of a resource, as apimachinery's `resource.Quantity`: a multiple of 10⁻⁹ together with the family of
 * suffixes that it is printed in. Immutable.
 */
export class Quantity {
  private text: string | undefined;

  private constructor(
    private readonly nano: bigint,
    readonly format: QuantityFormat,
    text?: string,
  ) {
    this.text = text;
  }

  static readonly zero = new Quantity(0n, 'DecimalSI', '0');

  /** @internal the parser's door: `text` is given where upstream keeps what was written. */
  static ofNano(nano: bigint, format: QuantityFormat, text?: string): Quantity {
    return new Quantity(nano, format, text);
  }

  static of(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * NANO, format);
  }

  static ofMilli(milli: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(milli) * MICRO_PER_NANO, format);
  }

  /** -1, 0 or 1. */
  compare(other: Quantity): -1 | 0 | 1 {
    return this.nano < other.nano ? -1 : this.nano > other.nano ? 1 : 0;
  }

  equals(other: Quantity): boolean {
    return this.nano === other.nano;
  }

  sign(): -1 | 0 | 1 {
    return this.nano < 0n ? -1 : this.nano > 0n ? 1 : 0;
  }

  isZero(): boolean {
    return this.nano === 0n;
  }

  /** The sum; a zero on the left takes the format of the right, as upstream's `Add` does. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nano + other.nano, this.isZero() ? other.format : this.format);
  }

  sub(other: Quantity): Quantity {
    return new Quantity(this.nano - other.nano, this.isZero() ? other.format : this.format);
  }

  neg(): Quantity {
    return new Quantity(-this.nano, this.format);
  }

  /** The product with a whole number. */
  times(factor: bigint | number): Quantity {
    return new Quantity(this.nano * BigInt(factor), this.format);
  }

  /** Whole units, rounded away from zero. */
  value(): bigint {
    return divideUp(this.nano, NANO);
  }

  /** Thousandths, rounded away from zero. */
  milliValue(): bigint {
    return divideUp(this.nano, MICRO_PER_NANO);
  }

  /** Nearest floating-point number, for ratios and display. */
  toNumber(): number {
    return Number(this.nano) / 1e9;
  }

  /** True if there is no fraction of a unit. */
  isInteger(): boolean {
    return this.nano % NANO === 0n;
  }

  /** Canonical text, what the API server stores and prints. */
  toString(): string {
    return (this.text ??= canonicalText(this.nano, this.format));
  }

  toJSON(): string {
    return this.toString();
  }
}

const SPLIT_EXPRESSION = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';
const formatWrong = () => new QuantityError(`quantities must match the regular expression '${SPLIT_EXPRESSION}'`);
const suffixWrong = () => new QuantityError("unable to parse quantity's suffix");

interface Suffix {
  base: 2 | 10;
  exponent: number;
  format: QuantityFormat;
}

function interpretSuffix(suffix: string): Suffix {
  const decimal = DECIMAL_EXPONENTS.get(suffix);
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
  const binary = BINARY_EXPONENTS.get(suffix);
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'BinarySI' };
  if (!/^[eE][+-]?\d+$/.test(suffix)) throw suffixWrong();
  return { base: 10, exponent: Number(suffix.slice(1)), format: 'DecimalExponent' };
}

const SCANNER = /^([+-]?)0*(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

/** `value * 10^exponent`, in nanos, away from zero. */
function shiftToNano(value: bigint, exponent: number): bigint {
  const shift = Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, exponent + 9));
  return shift >= 0 ? value * 10n ** BigInt(shift) : divideUp(value, 10n ** BigInt(-shift));
}

/** Upstream keeps the written text where its quick check takes it for canonical; clients see that text again. */
function keepsText(suffix: Suffix, digits: string, fraction: string): boolean {
  if (suffix.base === 2) {
    const precision = 15 - digits.length - Math.trunc((suffix.exponent * 3) / 10) - 1;
    return fraction === '' && precision >= 0 && (BigInt(digits) & 7n) !== 0n;
  }
  const scale = suffix.exponent - fraction.length;
  const shifted = digits + fraction;
  if (shifted.length > MAX_INT64_DIGITS || scale < -9) return false;
  return scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0');
}

function parse(text: string): Quantity {
  const match = SCANNER.exec(text);
  if (!match || text === '') throw formatWrong();
  const negative = match[1] === '-';
  const digits = match[2] || '0';
  const fraction = match[3] ?? '';
  const suffix = interpretSuffix(match[4] ?? '');
  const unscaled = BigInt(digits + fraction);
  let nano =
    suffix.base === 10
      ? shiftToNano(unscaled, suffix.exponent - fraction.length)
      : shiftToNano(unscaled << BigInt(suffix.exponent), -fraction.length);
  let format = suffix.format;
  if (format === 'BinarySI') {
    if (nano > MAX_INT64 * NANO) nano = MAX_INT64 * NANO;
    if (nano > 0n && nano < NANO) format = 'DecimalSI';
  }
  return Quantity.ofNano(negative ? -nano : nano, format, keepsText(suffix, digits, fraction) ? text : undefined);
}

const MEMO_SIZE = 4096;
const memo = new Map<string, Quantity>();

/**
 * The quantity that a text (or a bare number of a manifest) stands for; throws `QuantityError`.
 * Finer than 10⁻⁹ rounds away from zero, binary amounts are capped at 2⁶³-1.
 */
export function parseQuantity(text: string | number): Quantity {
  const written = typeof text === 'number' ? String(text) : text;
  const known = memo.get(written);
  if (known) return known;
  const quantity = parse(written);
  if (memo.size >= MEMO_SIZE) memo.clear();
  memo.set(written, quantity);
  return quantity;
}

/** The quantity, or undefined where the text is none. */
export function tryParseQuantity(text: string | number): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}
