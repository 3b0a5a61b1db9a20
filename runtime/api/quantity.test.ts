import { describe, expect, it } from 'vitest';
import { parseQuantity, Quantity, QuantityError, tryParseQuantity } from './quantity';

const canonical: readonly [string | number, string][] = [
  ['0', '0'], ['0Ki', '0'], ['0.0', '0'], ['-0', '0'], ['1', '1'], ['1000m', '1'], ['0.5', '500m'], ['1.5', '1500m'],
  ['.5', '500m'], ['1.', '1.'], ['1024Ki', '1Mi'], ['1.5Gi', '1536Mi'], ['1000k', '1M'], ['1000000', '1M'],
  ['1024', '1024'], ['512Ki', '512Ki'], ['0.5Ki', '512'], ['0.5Mi', '512Ki'], ['1Ki', '1Ki'], ['2048Mi', '2Gi'],
  ['100m', '100m'], ['0.1', '100m'], ['0.001', '1m'], ['0.0001', '100u'], ['0.1n', '1n'], ['1.0000000001', '1000000001n'],
  ['-0.1n', '-1n'], ['12e6', '12e6'], ['1200e4', '12e6'], ['1e3', '1e3'], ['1e2', '100'], ['1e-3', '1e-3'],
  ['1E', '1E'], ['1E3', '1E3'], ['100Mi', '100Mi'], ['128974848', '128974848'], ['129e6', '129e6'], ['129M', '129M'],
  ['123Mi', '123Mi'], ['9223372036854775807', '9223372036854775807'], ['8Ei', '9223372036854775807'],
  ['20Ei', '9223372036854775807'], ['1Ei', '1Ei'], ['-1.5Gi', '-1536Mi'], ['0.3Ki', '307200m'], ['1.1Mi', '1153433600m'],
  ['1.500', '1.500'], ['+5', '+5'], [2, '2'], [0.5, '500m'],
];

describe('parseQuantity', () => {
  it.each(canonical)('prints %s as %s', (text, expected) => {
    expect(parseQuantity(text).toString()).toBe(expected);
  });

  it.each(['', '1.2.3', 'abc', '1 Gi', '1Gi ', '1Kx', '--1x', '1.1.1Mi'])('refuses %j by its form', (text) => {
    expect(() => parseQuantity(text)).toThrow(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  });

  it.each(['1ki', '1KK', '1e', '1K', '5mi', '1i', '1Mi3'])('refuses %j by its suffix', (text) => {
    expect(() => parseQuantity(text)).toThrow(QuantityError);
    expect(tryParseQuantity(text)).toBeUndefined();
  });

  it('takes an absurd exponent without building a giant integer', () => {
    expect(parseQuantity('1e999999999').compare(parseQuantity('1E'))).toBe(1);
    expect(parseQuantity('1e-999999999').toString()).not.toBe('0');
  });
});

describe('Quantity', () => {
  it('compares across suffix families', () => {
    expect(parseQuantity('1Gi').compare(parseQuantity('1G'))).toBe(1);
    expect(parseQuantity('1000m').compare(parseQuantity('1'))).toBe(0);
    expect(parseQuantity('999m').compare(parseQuantity('1'))).toBe(-1);
  });

  it('adds and subtracts exactly, in the format of the left unless it is zero', () => {
    expect(parseQuantity('0.1').add(parseQuantity('0.2')).toString()).toBe('300m');
    expect(parseQuantity('0').add(parseQuantity('64Mi')).toString()).toBe('64Mi');
    expect(parseQuantity('1Gi').sub(parseQuantity('512Mi')).toString()).toBe('512Mi');
    expect(parseQuantity('1').sub(parseQuantity('2')).sign()).toBe(-1);
    expect(parseQuantity('1Mi').neg().toString()).toBe('-1Mi');
    expect(parseQuantity('250m').times(4).toString()).toBe('1');
  });

  it('rounds whole units and thousandths away from zero', () => {
    expect(parseQuantity('100m').value()).toBe(1n);
    expect(parseQuantity('-100m').value()).toBe(-1n);
    expect(parseQuantity('1n').milliValue()).toBe(1n);
    expect(parseQuantity('1.5Gi').value()).toBe(1610612736n);
  });

  it('keeps integers beyond 2^53', () => {
    expect(Quantity.of(9007199254740993n).toString()).toBe('9007199254740993');
    expect(Quantity.ofMilli(1500).toString()).toBe('1500m');
  });
});
