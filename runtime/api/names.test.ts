import { describe, expect, it } from 'vitest';
import { cidrContains, formatCidr, formatIp, isIpv6, parseCidr, parseIp } from './cidr';
import {
  configMapKeyProblems, dns1035LabelProblems, dns1123LabelProblems, dns1123SubdomainProblems, envVarNameProblems,
  labelValueProblems, portNameProblems, qualifiedNameProblems,
} from './names';

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('names', () => {
  it('words a bad subdomain as Kubernetes does', () => {
    expect(dns1123SubdomainProblems('a.b-c')).toEqual([]);
    expect(dns1123SubdomainProblems('Bad_Name')).toEqual([SUBDOMAIN]);
    expect(dns1123SubdomainProblems('a'.repeat(254))).toEqual(['must be no more than 253 bytes']);
  });

  it('tells dots in a label from other faults', () => {
    expect(dns1123LabelProblems('a.b')).toEqual(['must not contain dots']);
    expect(dns1123LabelProblems('a_b')[0]).toContain("(e.g. 'my-name',  or '123-abc', regex used for validation is");
    expect(dns1035LabelProblems('1a')).toHaveLength(1);
  });

  it('checks both parts of a qualified name', () => {
    expect(qualifiedNameProblems('example.com/My_name')).toEqual([]);
    expect(qualifiedNameProblems('/x')).toEqual(['prefix part must be non-empty']);
    expect(qualifiedNameProblems('x/')[0]).toBe('name part must be non-empty');
    expect(qualifiedNameProblems('a_b/x')).toEqual([`prefix part ${SUBDOMAIN}`]);
    expect(qualifiedNameProblems('a'.repeat(64))).toEqual(['name part must be no more than 63 bytes']);
  });

  it('checks label values, env names, keys and port names', () => {
    expect(labelValueProblems('')).toEqual([]);
    expect(labelValueProblems('a b')).toHaveLength(1);
    expect(envVarNameProblems('1-a.b c')).toEqual([]);
    expect(envVarNameProblems('a=b')).toHaveLength(1);
    expect(configMapKeyProblems('..data')).toEqual(["must not start with '..'"]);
    expect(configMapKeyProblems('a/b')).toHaveLength(1);
    expect(portNameProblems('http--1-')).toEqual(['must not contain consecutive hyphens', 'must not begin or end with a hyphen']);
    expect(portNameProblems('123')).toEqual(['must contain at least one letter (a-z)']);
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'], ['010.0.0.01', '10.0.0.1'], ['2001:DB8:0:0::1', '2001:db8::1'], ['::', '::'], ['::1', '::1'],
    ['::ffff:1.2.3.4', '1.2.3.4'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ])('reads %s as %s', (text, expected) => {
    const address = parseIp(text);
    expect(address && formatIp(address)).toBe(expected);
  });

  it.each(['10.0.0', '10.0.0.256', 'a', ':::', '1::2::3', '12345::', '1:2:3:4:5:6:7:8:9'])('refuses %s', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('reads ranges', () => {
    const range = parseCidr('10.244.3.7/16');
    expect(range && formatCidr(range)).toBe('10.244.0.0/16');
    expect(range && cidrContains(range, parseIp('10.244.255.1')!)).toBe(true);
    expect(range && cidrContains(range, parseIp('10.245.0.0')!)).toBe(false);
    expect(parseCidr('10.0.0.0/33')).toBeUndefined();
    expect(parseCidr('10.0.0.0')).toBeUndefined();
    expect(isIpv6('fe80::1')).toBe(true);
  });
});
