import type { LogLine } from '../../logs/protocol';

/** Lines of the log, the oldest dropped beyond a number; and those of them that are shown. */
export class LineBuffer {
  private lines: LogLine[] = [];
  /** How many were dropped in front: positions count on. */
  private dropped = 0;
  /** Positions of the lines that match; undefined: all do. */
  private matching: number[] | undefined;
  private test: ((line: LogLine) => boolean) | undefined;

  constructor(private readonly capacity: number) {}

  get shown(): number {
    return this.matching?.length ?? this.lines.length;
  }

  get total(): number {
    return this.lines.length;
  }

  at(index: number): LogLine | undefined {
    return this.matching ? this.lines[(this.matching[index] ?? -1) - this.dropped] : this.lines[index];
  }

  all(): readonly LogLine[] {
    return this.matching ? this.matching.flatMap((position) => [this.lines[position - this.dropped]!]) : this.lines;
  }

  /** Returns how many shown lines were dropped in front, so that what is in view can stay. */
  push(lines: readonly LogLine[]): number {
    for (const line of lines) {
      this.lines.push(line);
      if (this.test?.(line)) this.matching?.push(this.dropped + this.lines.length - 1);
    }
    // A tenth at a time: cutting one line off costs as much as cutting many.
    return this.lines.length > this.capacity * 1.1 ? this.drop(this.lines.length - this.capacity) : 0;
  }

  filter(test: ((line: LogLine) => boolean) | undefined): void {
    this.test = test;
    this.matching = test ? this.lines.flatMap((line, i) => (test(line) ? [this.dropped + i] : [])) : undefined;
  }

  clear(): void {
    this.dropped += this.lines.length;
    this.lines = [];
    if (this.matching) this.matching = [];
  }

  private drop(count: number): number {
    this.lines.splice(0, count);
    this.dropped += count;
    if (!this.matching) return count;
    const first = this.matching.findIndex((position) => position >= this.dropped);
    return this.matching.splice(0, first < 0 ? this.matching.length : first).length;
  }
}
