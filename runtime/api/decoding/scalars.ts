import { parseQuantity, QuantityError } from '../quantity';
import type { Schema } from '../schema';
import { jsonKind, type DecodeContext } from './context';
import { canonicalMicroTime, canonicalTime, TimeError } from './time';

/** Turns a JSON value (never null) into the field's value, or reports why it can't and returns undefined. */
export type Decode = (value: unknown, context: DecodeContext) => unknown;

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Go's base64 decoder names the offset of the first bad byte; line breaks are ignored. */
function base64Fault(text: string): number | undefined {
  const fault = /[^A-Za-z0-9+/=\r\n]/.exec(text)?.index;
  if (fault !== undefined) return fault;
  const compact = text.replace(/[\r\n]/g, '');
  const padding = compact.indexOf('=');
  if (padding >= 0 && !base64.test(compact)) return text.indexOf('=');
  if (compact.length % 4 === 0) return undefined;
  if (padding < 0) return text.length - (compact.length % 4);
  return padding % 4 < 2 ? text.indexOf('=') : text.length;
}

/** Go takes a list of numbers for bytes, too. */
function decodeByteList(values: readonly unknown[], context: DecodeContext): unknown {
  const wrong = values.find((value) => typeof value !== 'number' && value !== null);
  if (wrong !== undefined) return context.typeError(jsonKind(wrong), 'uint8');
  const bytes = values.map((value) => Number(value ?? 0));
  const beyond = bytes.find((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255);
  if (beyond !== undefined) return context.typeError(`number ${beyond}`, 'uint8');
  return Buffer.from(bytes).toString('base64');
}

function decodeBytes(value: unknown, context: DecodeContext): unknown {
  if (Array.isArray(value)) return decodeByteList(value, context);
  if (typeof value !== 'string') return context.typeError(jsonKind(value), '[]uint8');
  if (value.length % 4 === 0 && base64.test(value)) return value;
  const fault = base64Fault(value);
  if (fault !== undefined) return context.fail(`illegal base64 data at input byte ${fault}`, false);
  return value.replace(/[\r\n]/g, '');
}

function integerDecoder(goType: string, low: number, high: number): Decode {
  return (value, context) => {
    if (typeof value !== 'number') return context.typeError(jsonKind(value), goType);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    return context.typeError(`number ${value}`, goType);
  };
}

const decodeInt32 = integerDecoder('int32', -2147483648, 2147483647);
const decodeInt64 = integerDecoder('int64', -(2 ** 63), 2 ** 63);

/** Types with an UnmarshalJSON of their own end Go's decoding when it fails. */
function decodeTime(canonical: (text: string) => string): Decode {
  return (value, context) => {
    if (typeof value !== 'string') return context.typeError(jsonKind(value), 'string', true);
    try {
      return canonical(value);
    } catch (error) {
      if (error instanceof TimeError) return context.fail(error.message);
      throw error;
    }
  };
}

/** Quantities that are canonical as they stand; most are. */
const settledQuantity = /^(?:0|[1-9]\d{0,2}(?:m|k|M|G|Ki|Mi|Gi|Ti)?)$/;

function decodeQuantity(value: unknown, context: DecodeContext): unknown {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '{}';
  if (settledQuantity.test(text)) return text;
  try {
    return parseQuantity(text).toString();
  } catch (error) {
    if (error instanceof QuantityError) return context.fail(error.message);
    throw error;
  }
}

const decodeIntOrString: Decode = (value, context) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2147483648) return value;
  return context.typeError(typeof value === 'number' ? `number ${value}` : jsonKind(value), 'int32', true);
};

export const anyValue: Decode = (value) => value;

const byFormat: Record<string, Decode> = {
  byte: decodeBytes,
  'date-time': decodeTime(canonicalTime),
  'micro-time': decodeTime(canonicalMicroTime),
  quantity: decodeQuantity,
  'int-or-string': decodeIntOrString,
  int32: decodeInt32,
  int64: decodeInt64,
};

/** The decoder of a built-in scalar; `goType` is the field's Go type where it has a name: `v1.Protocol`. */
export function scalarDecoder(schema: Schema, goType: string | undefined): Decode {
  const special = schema.format === undefined ? undefined : byFormat[schema.format];
  if (special) return special;
  const want = schema.type === 'number' || schema.type === 'integer' ? 'number' : schema.type;
  const name =
    goType ??
    ({ string: 'string', boolean: 'bool', number: 'float64', integer: 'int64' } as const)[schema.type as 'string'];
  if (want === 'string' || want === 'boolean' || want === 'number') {
    return (value, context) => (typeof value === want ? value : context.typeError(jsonKind(value), name));
  }
  return anyValue;
}
