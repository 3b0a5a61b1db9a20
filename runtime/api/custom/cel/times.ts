import { EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';

/** Minutes east of Greenwich that a time was written with: `string(…)` writes it so again. */
const offsets = new WeakMap<Date, number>();

export function celTime(text: string): Date {
  const time = new Date(text);
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  if (sign) offsets.set(time, (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)));
  return time;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))$/;

/** Whether Go reads a text as a time of RFC 3339, of the years that CEL has. */
export function isTime(text: string): boolean {
  const [year, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] =
    (TIME.exec(text) ?? []).slice(1).map((part) => Number(part ?? 0));
  if (!year || month < 1 || month > 12 || day < 1) return false;
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return day <= days && hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60;
}

const two = (value: number) => String(value).padStart(2, '0');

/** As Go writes a time: RFC 3339, no more digits of a second than it has. */
export function timeText(time: Date): string {
  const offset = offsets.get(time) ?? 0;
  const local = new Date(time.getTime() + offset * 60_000).toISOString();
  const zone = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return local.replace(/\.?0*Z$/, '') + zone;
}

const NANOS = 1_000_000_000n;
const UNITS: Readonly<Record<string, bigint>> = {
  h: 3600n * NANOS, m: 60n * NANOS, s: NANOS, ms: 1_000_000n, us: 1000n, µs: 1000n, μs: 1000n, ns: 1n,
};
const DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/** `time.ParseDuration` of Go; undefined for what it refuses. */
export function parseDuration(text: string): Duration | undefined {
  if (!DURATION.test(text)) return undefined;
  let nanos = 0n;
  for (const [, whole = '', part = '', unit = ''] of text.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = UNITS[unit] ?? 0n;
    nanos += BigInt(whole || 0) * scale + (BigInt(part || 0) * scale) / 10n ** BigInt(part.length);
  }
  return ofNanos(text.startsWith('-') ? -nanos : nanos);
}

const ofNanos = (nanos: bigint): Duration => new Duration(nanos / NANOS, Number(nanos % NANOS));

export const durationOf = (text: string): Duration => {
  const duration = parseDuration(text);
  if (!duration) throw new EvaluationError(`time: invalid duration ${JSON.stringify(text)}`);
  return duration;
};

/** `90s`, `1.5s`: seconds, as CEL converts a duration to a string. */
export function durationText({ seconds, nanos }: Duration): string {
  const total = seconds * NANOS + BigInt(nanos);
  const [sign, size] = total < 0n ? ['-', -total] : ['', total];
  const part = String(size % NANOS).padStart(9, '0').replace(/0+$/, '');
  return `${sign}${size / NANOS}${part && `.${part}`}s`;
}

export const addDurations = (all: readonly Duration[]): Duration =>
  ofNanos(all.reduce((total, { seconds, nanos }) => total + seconds * NANOS + BigInt(nanos), 0n));

const PARTS: Intl.DateTimeFormatOptions = {
  hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
};

/** A time whose UTC parts are those of a zone: `Europe/Berlin`, `+01:00`, and `01:00` as well. */
function inZone(time: Date, zone: string): Date {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours) {
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
    return new Date(time.getTime() + offset * 60_000);
  }
  try {
    const found = new Intl.DateTimeFormat('en-US', { ...PARTS, timeZone: zone || 'UTC' }).formatToParts(time);
    const part = (type: string) => Number(found.find((one) => one.type === type)?.value);
    const parts = [part('month') - 1, part('day'), part('hour'), part('minute'), part('second')] as const;
    return new Date(Date.UTC(part('year'), ...parts, time.getUTCMilliseconds()));
  } catch {
    throw new EvaluationError(`unknown time zone ${zone}`);
  }
}

const dayOfYear = (time: Date) =>
  Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000);

const READERS: Readonly<Record<string, (time: Date) => number>> = {
  getDate: (time) => time.getUTCDate(),
  getDayOfMonth: (time) => time.getUTCDate() - 1,
  getDayOfWeek: (time) => time.getUTCDay(),
  getDayOfYear: dayOfYear,
  getFullYear: (time) => time.getUTCFullYear(),
  getHours: (time) => time.getUTCHours(),
  getMilliseconds: (time) => time.getUTCMilliseconds(),
  getMinutes: (time) => time.getUTCMinutes(),
  getMonth: (time) => time.getUTCMonth(),
  getSeconds: (time) => time.getUTCSeconds(),
};

/** Readers of a time in a zone have names of their own, since the engine's take fewer zones: `zonedGetHours`. */
export const zonedName = (name: string): string | undefined =>
  Object.hasOwn(READERS, name) ? `zoned${name[0]!.toUpperCase()}${name.slice(1)}` : undefined;

const timestamp = 'google.protobuf.Timestamp';

export const timeFunctions: Readonly<Record<string, (...args: never[]) => unknown>> = {
  [`string(${timestamp}): string`]: timeText,
  'string(google.protobuf.Duration): string': durationText,
  'goDuration(string): google.protobuf.Duration': durationOf,
  ...Object.fromEntries(Object.entries(READERS).map(([name, read]) => [
    `${timestamp}.${zonedName(name)}(string): int`, (time: Date, zone: string) => BigInt(read(inZone(time, zone))),
  ])),
};
