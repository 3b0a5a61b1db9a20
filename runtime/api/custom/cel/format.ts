import { EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { durationText, timeText } from './times';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** `3.140000×10⁰⁰`: cel-go writes exponents for people. */
function exponential(value: number, digits: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(digits).split('e');
  const size = exponent.slice(1).padStart(2, '0');
  const raised = Array.from(size, (digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${raised}`;
}

function inBase(value: unknown, verb: string): string {
  const digits = BigInt(value as bigint | boolean).toString(verb === 'b' ? 2 : verb === 'o' ? 8 : 16);
  return verb === 'X' ? digits.toUpperCase() : digits;
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (value instanceof Date) return timeText(value);
  if (value instanceof Duration) return durationText(value);
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([key, item]) => `${key}: ${text(item)}`).sort().join(', ')}}`;
  }
  return String(value);
}

/** `"%s is %d".format([…])` of CEL's strings extension. */
export function formatted(template: string, values: readonly unknown[]): string {
  let at = 0;
  return template.replace(/%(?:\.(\d+))?([sdfeboxX%])/g, (_whole, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (at >= values.length) throw new EvaluationError(`index ${at} out of range`);
    const value = values[at++];
    const digits = precision === undefined ? 6 : Number(precision);
    if (verb === 'f') return Number(value).toFixed(digits);
    if (verb === 'e') return exponential(Number(value), digits);
    if (verb === 'b' || verb === 'o' || verb === 'x' || verb === 'X') return inBase(value, verb);
    return text(value);
  });
}
