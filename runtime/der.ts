/** DER (X.690), as much as X.509 certificates need: writing values, and reading a tree of them. */

export interface DerNode {
  tag: number;
  /** Content octets. */
  content: Buffer;
  /** The whole value with tag and length. */
  raw: Buffer;
}

export class DerError extends Error {
  override readonly name = 'DerError';
}

export const tags = {
  boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8String: 0x0c, printableString: 0x13,
  t61String: 0x14, ia5String: 0x16, utcTime: 0x17, generalizedTime: 0x18, bmpString: 0x1e, sequence: 0x30, set: 0x31,
} as const;

export function encode(tag: number, ...content: Buffer[]): Buffer {
  const body = content.length === 1 ? content[0]! : Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

export const der = {
  sequence: (...items: Buffer[]) => encode(tags.sequence, ...items),
  set: (...items: Buffer[]) => encode(tags.set, ...items),
  boolean: (value: boolean) => encode(tags.boolean, Buffer.from([value ? 0xff : 0])),
  /** A non-negative integer, given as its octets. */
  integer(octets: Buffer): Buffer {
    let start = 0;
    while (start < octets.length - 1 && octets[start] === 0) start++;
    const trimmed = octets.subarray(start);
    return encode(tags.integer, trimmed[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
  },
  bitString: (octets: Buffer, unusedBits = 0) => encode(tags.bitString, Buffer.from([unusedBits]), octets),
  octetString: (octets: Buffer) => encode(tags.octetString, octets),
  utf8: (text: string) => encode(tags.utf8String, Buffer.from(text)),
  /** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
  time(milliseconds: number): Buffer {
    const text = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
    return text < '2050' ? encode(tags.utcTime, Buffer.from(text.slice(2))) : encode(tags.generalizedTime, Buffer.from(text));
  },
  oid(dotted: string): Buffer {
    const arcs = dotted.split('.').map(Number);
    const octets = [arcs[0]! * 40 + arcs[1]!];
    for (const arc of arcs.slice(2)) {
      const groups = [arc % 128];
      for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift((rest % 128) | 0x80);
      octets.push(...groups);
    }
    return encode(tags.oid, Buffer.from(octets));
  },
  /** `[number]`, constructed (explicit tagging). */
  explicit: (number: number, ...items: Buffer[]) => encode(0xa0 | number, ...items),
  /** `[number]`, primitive (implicit tagging). */
  implicit: (number: number, octets: Buffer) => encode(0x80 | number, octets),
};

/** The value at an offset. Throws DerError for what isn't DER. */
export function readDer(buffer: Buffer, offset = 0): DerNode {
  const tag = buffer[offset];
  let length = buffer[offset + 1];
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) throw new DerError('truncated or unsupported tag');
  let start = offset + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || start + count > buffer.length) throw new DerError('unsupported length');
    length = buffer.readUIntBE(start, count);
    start += count;
  }
  if (start + length > buffer.length) throw new DerError('value runs past the end');
  return { tag, content: buffer.subarray(start, start + length), raw: buffer.subarray(offset, start + length) };
}

export function children(node: DerNode): DerNode[] {
  const nodes: DerNode[] = [];
  for (let offset = 0; offset < node.content.length; ) {
    const child = readDer(node.content, offset);
    nodes.push(child);
    offset += child.raw.length;
  }
  return nodes;
}

export function readOid({ content }: DerNode): string {
  const arcs = [Math.min(2, Math.floor((content[0] ?? 0) / 40))];
  arcs.push((content[0] ?? 0) - arcs[0]! * 40);
  let value = 0;
  for (const octet of content.subarray(1)) {
    value = value * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    arcs.push(value);
    value = 0;
  }
  return arcs.join('.');
}

export function readString({ tag, content }: DerNode): string {
  if (tag === tags.bmpString) return Buffer.from(content).swap16().toString('utf16le');
  return content.toString(tag === tags.t61String ? 'latin1' : 'utf8');
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime. */
export function readTime({ tag, content }: DerNode): number {
  const text = content.toString('latin1');
  const full = tag === tags.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (!match) throw new DerError(`not a time: ${text}`);
  const [year, month, date, hours, minutes, seconds] = match.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, date, hours, minutes, seconds);
}
