import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../api/kinds';
import { addressAllocator, Allocator, ipv4Number, ipv4Text } from './allocator';
import { qosClass } from './pods';
import { mergeStringData } from '../../../api/preparation';

describe('an allocator', () => {
  it('gives every number once and then says that none is left', () => {
    const allocator = new Allocator(1, 5, 2);
    const given = Array.from({ length: 5 }, () => allocator.allocate());
    expect(given).toEqual([3, 4, 5, 1, 2]);
    expect(allocator.allocate()).toBeUndefined();
    allocator.release(4);
    expect(allocator.allocate()).toBe(4);
  });

  it('leaves the first addresses of a network to those who choose theirs', () => {
    const allocator = addressAllocator('10.96.0.0/16');
    expect(ipv4Text(allocator.allocate()!)).toBe('10.96.1.1');
    expect([allocator.contains(ipv4Number('10.96.0.0')!), allocator.contains(ipv4Number('10.96.255.255')!)]).toEqual([false, false]);
  });

  it.each(['10.96.0.0', 'fd00::/108', '10.96.0.0/31'])('refuses %s as a network', (cidr) => {
    expect(() => addressAllocator(cidr)).toThrow('not an IPv4 network');
  });
});

describe('the quality of service class', () => {
  const spec = (...resources: object[]) => ({ containers: resources.map((r, i) => ({ name: `c${i}`, resources: r })) }) as unknown as PodSpec;
  const both = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1000m', memory: '1024Mi' } };
  it.each([
    ['BestEffort', spec({})],
    ['BestEffort', spec({ requests: { 'example.com/gpu': '1' } })],
    ['Burstable', spec({ requests: { cpu: '1' } })],
    ['Burstable', spec(both, {})],
    ['Burstable', spec({ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } })],
    ['Guaranteed', spec(both)],
    ['Guaranteed', spec(both, both)],
  ])('%s', (expected, pod) => {
    expect(qosClass(pod)).toBe(expected);
  });
});

describe('a secret', () => {
  it('takes stringData over data', () => {
    const secret = { metadata: {}, data: { a: 'eA==', b: 'eQ==' }, stringData: { b: 'new' } };
    mergeStringData(secret);
    expect(secret).toEqual({ metadata: {}, data: { a: 'eA==', b: 'bmV3' } });
  });
});
