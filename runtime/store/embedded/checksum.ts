import * as zlib from 'node:zlib';

/** zlib's CRC-32; in JavaScript on the first releases of Node.js 20, which lack it. */
export const crc32: (data: Buffer, seed?: number) => number = typeof zlib.crc32 === 'function' ? zlib.crc32 : tableCrc32;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

export function tableCrc32(data: Buffer, seed = 0): number {
  let crc = ~seed >>> 0;
  for (let i = 0; i < data.length; i++) crc = (table[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8)) >>> 0;
  return ~crc >>> 0;
}
