const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *', '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly values: ReadonlySet<number>;
  readonly any: boolean;
}

export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

function number(text: string, min: number, max: number, names: readonly string[]): number {
  const named = names.indexOf(text.toLowerCase());
  const value = named >= 0 ? named + (names === MONTHS ? 1 : 0) : /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(value)) throw new ScheduleError(`failed to parse int from ${text}`);
  if (value < min) throw new ScheduleError(`beginning of range (${value}) below minimum (${min}): ${text}`);
  if (value > max) throw new ScheduleError(`end of range (${value}) above maximum (${max}): ${text}`);
  return value;
}

function field(text: string, min: number, max: number, names: readonly string[] = []): Field {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [low = '', high] = range.split('-');
    const star = low === '*' || low === '?';
    const from = star ? min : number(low, min, max, names);
    const to = star || (step !== undefined && high === undefined) ? max : high === undefined ? from : number(high, min, max, names);
    if (star && step === undefined) any = true;
    if (to < from) throw new ScheduleError(`beginning of range (${from}) beyond end of range (${to}): ${part}`);
    const by = step === undefined ? 1 : number(step, 0, Number.MAX_SAFE_INTEGER, []);
    if (by === 0) throw new ScheduleError(`step of range should be a positive number: ${part}`);
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return { values, any };
}

/** Milliseconds that a zone is ahead of UTC at an instant. */
function offsetAt(format: Intl.DateTimeFormat, instant: number): number {
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], (parts['hour'] ?? 0) % 24, parts['minute'], parts['second']);
  return wall - Math.floor(instant / 1000) * 1000;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A cron expression of five fields (or a macro, or `@every 1h30m`) in a time zone, as robfig/cron reads it. */
export class Schedule {
  private readonly minute: Field;
  private readonly hour: Field;
  private readonly dayOfMonth: Field;
  private readonly month: Field;
  private readonly dayOfWeek: Field;
  private readonly format: Intl.DateTimeFormat;

  private constructor(fields: readonly string[], zone: string) {
    const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
    this.minute = field(minute, 0, 59);
    this.hour = field(hour, 0, 23);
    this.dayOfMonth = field(dayOfMonth, 1, 31);
    this.month = field(month, 1, 12, MONTHS);
    this.dayOfWeek = field(dayOfWeek, 0, 6, DAYS);
    const numeric = 'numeric' as const;
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric,
    });
  }

  /** Throws ScheduleError, or RangeError for an unknown time zone. */
  static parse(text: string, zone = 'UTC'): Schedule | Every {
    const every = /^@every (.+)$/.exec(text);
    if (every?.[1]) return new Every(every[1]);
    if (text.startsWith('@') && !MACROS[text]) throw new ScheduleError(`unrecognized descriptor: ${text}`);
    const fields = (MACROS[text] ?? text).trim().split(/\s+/);
    if (fields.length !== 5) throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
    return new Schedule(fields, zone);
  }

  /** The first time after `instant`; undefined when there is none within five years. */
  next(instant: number): number | undefined {
    // Walks the zone's wall clock, leaping over months, days and hours that don't match.
    let wall = Math.floor((instant + offsetAt(this.format, instant)) / MINUTE) * MINUTE + MINUTE;
    const end = wall + 5 * 366 * DAY;
    while (wall < end) {
      const date = new Date(wall);
      if (!this.month.values.has(date.getUTCMonth() + 1)) wall = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      else if (!this.dayMatches(date)) wall = Math.floor(wall / DAY) * DAY + DAY;
      else if (!this.hour.values.has(date.getUTCHours())) wall = Math.floor(wall / HOUR) * HOUR + HOUR;
      else if (!this.minute.values.has(date.getUTCMinutes())) wall += MINUTE;
      else {
        const found = this.instantOf(wall);
        if (found !== undefined && found > instant) return found;
        wall += MINUTE;
      }
    }
    return undefined;
  }

  /** Either of the two day fields, if both are restricted. */
  private dayMatches(date: Date): boolean {
    const month = this.dayOfMonth.values.has(date.getUTCDate());
    const week = this.dayOfWeek.values.has(date.getUTCDay());
    return this.dayOfMonth.any || this.dayOfWeek.any ? month && week : month || week;
  }

  /** Undefined for a time that the clocks skip. */
  private instantOf(wall: number): number | undefined {
    for (const guess of [wall - offsetAt(this.format, wall), wall - offsetAt(this.format, wall - DAY)]) {
      if (guess + offsetAt(this.format, guess) === wall) return guess;
    }
    return undefined;
  }
}

const UNITS: Record<string, number> = { h: HOUR, m: MINUTE, s: 1000 };

class Every {
  private readonly period: number;

  constructor(text: string) {
    const parts = [...text.matchAll(/(\d+)([hms])/g)];
    if (parts.map(([whole]) => whole).join('') !== text) throw new ScheduleError(`failed to parse duration @every ${text}`);
    this.period = Math.max(1000, parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0));
  }

  next(instant: number): number | undefined {
    return Math.floor((instant + this.period) / 1000) * 1000;
  }
}
