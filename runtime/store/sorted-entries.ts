export interface Sorted {
  readonly sortKey: string;
}

const chunkLimit = 512;

/**
 * An ordered set: sorted chunks in a sorted list, a B-tree of two levels. Inserts move at most one chunk's pointers;
 * counting a range adds up chunk lengths.
 */
export class SortedEntries<T extends Sorted> {
  /** Never empty, and no chunk is empty but the only one. */
  private chunks: T[][] = [[]];
  private total = 0;

  get size(): number {
    return this.total;
  }

  insert(entry: T): void {
    const c = this.chunkFor(entry.sortKey);
    const chunk = this.chunks[c]!;
    const i = lowerBound(chunk, entry.sortKey);
    if (chunk[i]?.sortKey === entry.sortKey) {
      chunk[i] = entry;
      return;
    }
    chunk.splice(i, 0, entry);
    this.total++;
    if (chunk.length > chunkLimit) this.split(c, i);
  }

  delete(sortKey: string): void {
    const c = this.chunkFor(sortKey);
    const chunk = this.chunks[c]!;
    const i = lowerBound(chunk, sortKey);
    if (chunk[i]?.sortKey !== sortKey) return;
    chunk.splice(i, 1);
    this.total--;
    if (chunk.length === 0 && this.chunks.length > 1) this.chunks.splice(c, 1);
  }

  /** Entries from `start` (inclusive) to `end` (exclusive; undefined: all), until `visit` returns false. */
  scan(start: string, end: string | undefined, visit: (entry: T) => boolean): void {
    let c = this.chunkFor(start);
    let i = lowerBound(this.chunks[c]!, start);
    for (; c < this.chunks.length; c++, i = 0) {
      const chunk = this.chunks[c]!;
      for (; i < chunk.length; i++) {
        const entry = chunk[i]!;
        if ((end !== undefined && entry.sortKey >= end) || !visit(entry)) return;
      }
    }
  }

  count(start: string, end: string | undefined): number {
    return (end === undefined ? this.total : this.rank(end)) - this.rank(start);
  }

  /** How many entries sort before the key. */
  private rank(key: string): number {
    const c = this.chunkFor(key);
    let before = 0;
    for (let i = 0; i < c; i++) before += this.chunks[i]!.length;
    return before + lowerBound(this.chunks[c]!, key);
  }

  /** The last chunk that starts at or before the key, or the first. */
  private chunkFor(key: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.chunks[middle]![0]!.sortKey <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Ascending inserts leave full chunks behind; others are cut in half. */
  private split(c: number, insertedAt: number): void {
    const chunk = this.chunks[c]!;
    const at = insertedAt === chunk.length - 1 ? chunk.length - 1 : chunk.length >> 1;
    this.chunks.splice(c + 1, 0, chunk.splice(at));
  }
}

function lowerBound(chunk: readonly Sorted[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chunk[middle]!.sortKey < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
