/** A deflate stream that can't be read (RFC 1950, 1951). */
export class InflateError extends Error {
  override readonly name = 'InflateError';
}

const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
  16385, 24577,
];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const windowSize = 32768;

/** A canonical Huffman code: how many codes have each length, and the symbols in the order of their codes. */
interface Code {
  counts: number[];
  symbols: number[];
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Array<number>(16).fill(0);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const offsets = [0, 0];
  for (let i = 1; i < 15; i++) offsets.push(offsets[i]! + counts[i]!);
  const symbols: number[] = [];
  lengths.forEach((length, symbol) => {
    if (length) symbols[offsets[length]!++] = symbol;
  });
  return { counts, symbols };
}

const fixedLiterals = codeOf([
  ...new Array<number>(144).fill(8), ...new Array<number>(112).fill(9), ...new Array<number>(24).fill(7), ...new Array<number>(8).fill(8),
]);
const fixedDistances = codeOf(new Array<number>(30).fill(5));

/**
 * A zlib stream that comes in pieces, each flushed: SPDY's header blocks. Node's own zlib answers such pieces from another
 * thread only, and frames must be read in order; header blocks are small, so this is done in place.
 */
export class FlushedInflate {
  private input: Buffer = Buffer.alloc(0);
  private position = 0;
  private bits = 0;
  private bitCount = 0;
  private output: number[];
  private started = false;
  private limit = 0;

  constructor(dictionary: Buffer, private readonly dictionaryId: number, private readonly maxOutput: number) {
    this.output = [...dictionary];
  }

  /** What a piece holds. Throws InflateError; the stream is of no use then. */
  push(piece: Buffer): Buffer {
    this.input = piece;
    this.position = 0;
    if (this.output.length > windowSize) this.output = this.output.slice(-windowSize);
    const start = this.output.length;
    this.limit = start + this.maxOutput;
    if (!this.started) this.readHeader();
    while (this.bitCount + (piece.length - this.position) * 8 >= 3 && this.position < piece.length) this.readBlock();
    return Buffer.from(this.output.slice(start));
  }

  private readHeader(): void {
    const [cmf, flags] = [this.byte(), this.byte()];
    if ((cmf & 0x0f) !== 8 || ((cmf << 8) | flags) % 31 !== 0) throw new InflateError('not a zlib stream');
    if (flags & 0x20) {
      const id = ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0;
      if (id !== this.dictionaryId) throw new InflateError('unknown dictionary');
    }
    this.started = true;
  }

  private byte(): number {
    const octet = this.input[this.position++];
    if (octet === undefined) throw new InflateError('unexpected end');
    return octet;
  }

  private take(count: number): number {
    while (this.bitCount < count) {
      this.bits |= this.byte() << this.bitCount;
      this.bitCount += 8;
    }
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.bitCount -= count;
    return value;
  }

  private emit(octet: number): void {
    if (this.output.length >= this.limit) throw new InflateError('too much output');
    this.output.push(octet);
  }

  private readBlock(): void {
    const final = this.take(1);
    const type = this.take(2);
    if (type === 0) this.storedBlock();
    else if (type === 1) this.compressedBlock(fixedLiterals, fixedDistances);
    else if (type === 2) this.dynamicBlock();
    else throw new InflateError('invalid block type');
    if (final) throw new InflateError('stream ended');
  }

  private storedBlock(): void {
    this.bits = 0;
    this.bitCount = 0;
    const length = this.byte() | (this.byte() << 8);
    const complement = this.byte() | (this.byte() << 8);
    if ((length ^ 0xffff) !== complement) throw new InflateError('invalid stored block');
    for (let i = 0; i < length; i++) this.emit(this.byte());
  }

  private symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= 15; length++) {
      code |= this.take(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new InflateError('invalid code');
  }

  private dynamicBlock(): void {
    const literals = this.take(5) + 257;
    const distances = this.take(5) + 1;
    const given = this.take(4) + 4;
    if (literals > 286 || distances > 30) throw new InflateError('too many symbols');
    const codeLengths = new Array<number>(19).fill(0);
    for (let i = 0; i < given; i++) codeLengths[codeLengthOrder[i]!] = this.take(3);
    const lengths = this.codeLengths(codeOf(codeLengths), literals + distances);
    this.compressedBlock(codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals)));
  }

  private codeLengths(code: Code, total: number): number[] {
    const lengths: number[] = [];
    while (lengths.length < total) {
      const symbol = this.symbol(code);
      if (symbol < 16) lengths.push(symbol);
      else {
        const value = symbol === 16 ? lengths.at(-1) : 0;
        const repeat = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
        if (value === undefined || lengths.length + repeat > total) throw new InflateError('invalid code lengths');
        for (let i = 0; i < repeat; i++) lengths.push(value);
      }
    }
    return lengths;
  }

  private compressedBlock(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < 256) this.emit(symbol);
      else if (symbol === 256) return;
      else this.copy(symbol - 257, distances);
    }
  }

  private copy(lengthCode: number, distances: Code): void {
    const base = lengthBase[lengthCode];
    if (base === undefined) throw new InflateError('invalid length');
    const length = base + this.take(lengthBits[lengthCode]!);
    const distanceCode = this.symbol(distances);
    const from = distanceBase[distanceCode];
    if (from === undefined) throw new InflateError('invalid distance');
    const distance = from + this.take(distanceCode < 2 ? 0 : (distanceCode >> 1) - 1);
    if (distance > this.output.length) throw new InflateError('distance too far back');
    for (let i = 0; i < length; i++) this.emit(this.output[this.output.length - distance]!);
  }
}
