/** One block of a PEM text, as Go's encoding/pem finds it. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const BLOCK = /(?:^|\n)-----BEGIN ([^\n-]+)-----[ \t]*\r?\n([\s\S]*?)(?:^|\n)-----END \1-----[ \t]*(?=\r?\n|$)/g;

/** Blocks that are not well-formed are skipped, as text between blocks is. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].flatMap(([, type = '', body = '']) => {
    const lines = body.split(/\r?\n/);
    const headers = lines.filter((line) => line.includes(':')).length;
    const encoded = lines.slice(headers).join('').replace(/\s/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded) || encoded.length % 4 !== 0) return [];
    return [{ type, hasHeaders: headers > 0, bytes: Buffer.from(encoded, 'base64') }];
  });
}

/** Whether bytes are one DER sequence and nothing after it, as certificates and requests for them are. */
export function isDerSequence(bytes: Buffer): boolean {
  const first = bytes[1];
  if (bytes[0] !== 0x30 || first === undefined) return false;
  if (first < 0x80) return bytes.length === 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4 || bytes.length < 2 + count) return false;
  return bytes.length === 2 + count + bytes.readUIntBE(2, count);
}
