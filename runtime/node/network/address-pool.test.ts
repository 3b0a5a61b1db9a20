import { describe, expect, it } from 'vitest';
import { AddressesExhaustedError, AddressPool } from './address-pool';

describe('AddressPool', () => {
  it('hands out addresses in turn, from the second of the range', () => {
    const pool = new AddressPool('10.244.3.0/24');
    expect([pool.allocate('a'), pool.allocate('b'), pool.allocate('a')]).toEqual(['10.244.3.2', '10.244.3.3', '10.244.3.2']);
  });

  it('does not give a released address to the next pod', () => {
    const pool = new AddressPool('10.244.3.0/24');
    pool.allocate('a');
    pool.release('a');
    expect(pool.allocate('b')).toBe('10.244.3.3');
  });

  it('keeps what was adopted and refuses what is of another range', () => {
    const pool = new AddressPool('10.244.3.0/29');
    expect(pool.adopt('old', '10.244.3.3')).toBe(true);
    expect(pool.adopt('foreign', '10.244.4.3')).toBe(false);
    const given = ['a', 'b', 'c', 'd'].map((key) => pool.allocate(key));
    expect(given.sort()).toEqual(['10.244.3.2', '10.244.3.4', '10.244.3.5', '10.244.3.6']);
    expect(() => pool.allocate('e')).toThrow(AddressesExhaustedError);
  });

  it('wraps around to what was released', () => {
    const pool = new AddressPool('10.244.3.0/29');
    ['a', 'b', 'c', 'd', 'e'].forEach((key) => pool.allocate(key));
    pool.release('b');
    expect(pool.allocate('f')).toBe('10.244.3.3');
  });
});
