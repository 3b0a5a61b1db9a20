import { describe, expect, it } from 'vitest';
import { AddressPool } from './address-pool';
import { ipv4Number, ipv4Text } from './allocator';

const number = (address: string) => ipv4Number(address)!;

describe('a pool of addresses', () => {
  it('gives those of the next network when the first is full', () => {
    const pool = new AddressPool('10.0.0.0/30', () => ['10.1.0.0/30']);
    const given = Array.from({ length: 5 }, () => pool.allocate());
    expect(given.map((address) => address && ipv4Text(address))).toEqual(['10.0.0.1', '10.0.0.2', '10.1.0.1', '10.1.0.2', undefined]);
  });

  it('gives an address of two networks once', () => {
    const pool = new AddressPool('10.0.0.0/30', () => ['10.0.0.0/29']);
    expect([pool.take(number('10.0.0.5')), pool.take(number('10.0.0.5'))]).toEqual([true, false]);
    const given = Array.from({ length: 6 }, () => pool.allocate()).filter((address) => address !== undefined);
    expect(given.map(ipv4Text).toSorted()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.6']);
  });

  it('follows networks that come and go', () => {
    let more: string[] = [];
    const pool = new AddressPool('10.0.0.0/30', () => more);
    expect(pool.contains(number('10.1.0.1'))).toBe(false);
    more = ['10.1.0.0/30'];
    expect(pool.contains(number('10.1.0.1'))).toBe(true);
    more = [];
    expect(pool.contains(number('10.1.0.1'))).toBe(false);
  });
});
