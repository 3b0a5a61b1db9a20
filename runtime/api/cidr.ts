/** IP addresses and CIDR ranges as Kubernetes reads them: like Go's net package, leading zeros in IPv4 allowed. */
export interface IpAddress {
  readonly family: 'IPv4' | 'IPv6';
  /** The address as a number of 32 or 128 bits. */
  readonly bits: bigint;
}

export interface Cidr {
  readonly address: IpAddress;
  readonly prefix: number;
  /** The first address of the range. */
  readonly network: IpAddress;
}

const WIDTH = { IPv4: 32, IPv6: 128 } as const;
const V4_IN_V6 = 0xffffn << 32n;

function parseIpv4(text: string): bigint | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (!match) return undefined;
  let bits = 0n;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255) return undefined;
    bits = (bits << 8n) | BigInt(octet);
  }
  return bits;
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else {
      const tail = i === parts.length - 1 ? parseIpv4(part) : undefined;
      if (tail === undefined) return undefined;
      groups.push(Number(tail >> 16n), Number(tail & 0xffffn));
    }
  }
  return groups;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** The address that a text stands for; an IPv4-mapped IPv6 address is its IPv4 address, as in Go. */
export function parseIp(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { family: 'IPv4', bits: v4 };
  if (!text.includes(':')) return undefined;
  const v6 = parseIpv6(text);
  if (v6 === undefined) return undefined;
  return v6 >> 32n === V4_IN_V6 >> 32n ? { family: 'IPv4', bits: v6 & 0xffffffffn } : { family: 'IPv6', bits: v6 };
}

export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseIp(match[1]);
  if (!match || !address) return undefined;
  const mapped = address.family === 'IPv4' && text.includes(':');
  const prefix = Number(match[2]) - (mapped ? 96 : 0);
  const width = WIDTH[address.family];
  if (prefix < 0 || prefix > width) return undefined;
  const host = BigInt(width - prefix);
  return { address, prefix, network: { family: address.family, bits: (address.bits >> host) << host } };
}

function formatIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

/** The canonical text of an address (RFC 5952 for IPv6). */
export function formatIp({ family, bits }: IpAddress): string {
  if (family === 'IPv6') return formatIpv6(bits);
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

export function formatCidr({ network, prefix }: Cidr): string {
  return `${formatIp(network)}/${prefix}`;
}

export function cidrContains(range: Cidr, address: IpAddress): boolean {
  if (range.address.family !== address.family) return false;
  const host = BigInt(WIDTH[address.family] - range.prefix);
  return address.bits >> host === range.network.bits >> host;
}

export const isIpv4 = (text: string) => parseIp(text)?.family === 'IPv4';
export const isIpv6 = (text: string) => parseIp(text)?.family === 'IPv6';

function inRange(address: IpAddress, range: string): boolean {
  const cidr = parseCidr(range);
  return cidr !== undefined && cidrContains(cidr, address);
}

export const isUnspecified = (address: IpAddress) => address.bits === 0n;
export const isLoopback = (address: IpAddress) =>
  address.family === 'IPv4' ? inRange(address, '127.0.0.0/8') : address.bits === 1n;
export const isLinkLocalUnicast = (address: IpAddress) =>
  inRange(address, address.family === 'IPv4' ? '169.254.0.0/16' : 'fe80::/10');
export const isMulticast = (address: IpAddress) =>
  address.family === 'IPv4' ? address.bits >> 28n === 0xen : address.bits >> 120n === 0xffn;
export const isLinkLocalMulticast = (address: IpAddress) =>
  inRange(address, address.family === 'IPv4' ? '224.0.0.0/24' : 'ff02::/16');

export const IP_MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
export const CIDR_MESSAGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
