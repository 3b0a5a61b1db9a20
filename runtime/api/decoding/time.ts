/** A time that Go's `time.Parse` would refuse; the message is Go's. */
export class TimeError extends Error {
  override readonly name = 'TimeError';
}

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A parser of the two layouts of the API, which fails at the element and in the words of Go's time package. */
class LayoutParser {
  private rest: string;

  constructor(
    private readonly text: string,
    private readonly layout: string,
  ) {
    this.rest = text;
  }

  digits(count: number, element: string): number {
    const match = this.rest.slice(0, count);
    if (match.length < count || !/^\d+$/.test(match)) this.mismatch(element);
    this.rest = this.rest.slice(count);
    return Number(match);
  }

  literal(text: string): void {
    if (!this.rest.startsWith(text)) this.mismatch(text);
    this.rest = this.rest.slice(text.length);
  }

  /** Digits of a fraction of a second, where there is one. */
  fraction(): string {
    const match = /^[.,](\d+)/.exec(this.rest);
    if (!match) return '';
    this.rest = this.rest.slice(match[0].length);
    return match[1] ?? '';
  }

  /** The six digits that the microsecond layout insists on. */
  micros(): string {
    const match = /^[.,](\d{6})(?!\d)/.exec(this.rest);
    if (!match) this.mismatch('.000000');
    this.rest = this.rest.slice(7);
    return match?.[1] ?? '';
  }

  /** Minutes east of UTC. */
  zone(): number {
    if (this.rest.startsWith('Z')) {
      this.rest = this.rest.slice(1);
      return 0;
    }
    const match = /^([+-])(\d\d):(\d\d)/.exec(this.rest);
    if (!match || Number(match[2]) > 24 || Number(match[3]) > 59) this.mismatch('Z07:00');
    this.rest = this.rest.slice(6);
    return (match?.[1] === '-' ? -1 : 1) * (Number(match?.[2]) * 60 + Number(match?.[3]));
  }

  end(): void {
    if (this.rest !== '')
      throw new TimeError(`parsing time ${JSON.stringify(this.text)}: extra text: ${JSON.stringify(this.rest)}`);
  }

  range(value: number, low: number, high: number, name: string): void {
    if (value < low || value > high)
      throw new TimeError(`parsing time ${JSON.stringify(this.text)}: ${name} out of range`);
  }

  private mismatch(element: string): never {
    const [text, layout, rest, want] = [this.text, this.layout, this.rest, element].map((part) => JSON.stringify(part));
    throw new TimeError(`parsing time ${text} as ${layout}: cannot parse ${rest} as ${want}`);
  }
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function readClock(parser: LayoutParser): { year: number; at: Date } {
  const year = parser.digits(4, '2006');
  parser.literal('-');
  const month = parser.digits(2, '01');
  parser.range(month, 1, 12, 'month');
  parser.literal('-');
  const day = parser.digits(2, '02');
  parser.literal('T');
  const hour = parser.digits(2, '15');
  parser.range(hour, 0, 23, 'hour');
  parser.literal(':');
  const minute = parser.digits(2, '04');
  parser.range(minute, 0, 59, 'minute');
  parser.literal(':');
  const second = parser.digits(2, '05');
  parser.range(second, 0, 59, 'second');
  parser.range(day, 1, month === 2 && !isLeap(year) ? 28 : (days[month - 1] ?? 31), 'day');
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second);
  return { year, at };
}

const inUtc = (at: Date, offset: number) => new Date(at.getTime() - offset * 60_000).toISOString().slice(0, 19);

/** RFC 3339 to the form that metav1.Time is written in: UTC, whole seconds. Throws {@link TimeError}. */
export function canonicalTime(text: string): string {
  if (/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/.test(text)) return text;
  const parser = new LayoutParser(text, '2006-01-02T15:04:05Z07:00');
  const { at } = readClock(parser);
  parser.fraction();
  const offset = parser.zone();
  parser.end();
  return `${inUtc(at, offset)}Z`;
}

/** The same for metav1.MicroTime, which wants exactly six digits of a second. */
export function canonicalMicroTime(text: string): string {
  const parser = new LayoutParser(text, '2006-01-02T15:04:05.000000Z07:00');
  const { at } = readClock(parser);
  const micros = parser.micros();
  const offset = parser.zone();
  parser.end();
  return `${inUtc(at, offset)}.${micros}Z`;
}
