import { GoStruct, ValueError } from '../go-template';

/** A time.Time. */
export function goTime(date: Date): GoStruct {
  const text = formatDate(date, '2006-01-02 15:04:05.999999999 -0700 MST');
  const method = (of: (date: Date) => unknown) => () => of(date);
  return new GoStruct(
    'time.Time',
    { date },
    {
      Format: (layout) => formatDate(date, String(layout)),
      Unix: method((at) => BigInt(Math.floor(at.getTime() / 1000))),
      Year: method((at) => BigInt(at.getUTCFullYear())),
      Month: method((at) => BigInt(at.getUTCMonth() + 1)),
      Day: method((at) => BigInt(at.getUTCDate())),
      Hour: method((at) => BigInt(at.getUTCHours())),
    },
    text,
  );
}

export function dateOf(value: unknown): Date {
  if (value instanceof GoStruct && value.fields['date'] instanceof Date) return value.fields['date'];
  if (typeof value === 'bigint') return new Date(Number(value) * 1000);
  throw new ValueError('not a time');
}

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const two = (value: number): string => String(value).padStart(2, '0');

type Part = (date: Date) => string;
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12;

/** Parts of Go's layouts, longest first. Times are UTC, as the machines that render are taken to be. */
const parts: [layout: string, part: Part][] = [
  ['January', (date) => months[date.getUTCMonth()]!],
  ['Monday', (date) => days[date.getUTCDay()]!],
  ['-07:00', () => '+00:00'],
  ['Z07:00', () => 'Z'],
  ['-0700', () => '+0000'],
  ['Z0700', () => 'Z'],
  ['2006', (date) => String(date.getUTCFullYear()).padStart(4, '0')],
  ['Jan', (date) => months[date.getUTCMonth()]!.slice(0, 3)],
  ['Mon', (date) => days[date.getUTCDay()]!.slice(0, 3)],
  ['MST', () => 'UTC'],
  ['01', (date) => two(date.getUTCMonth() + 1)],
  ['02', (date) => two(date.getUTCDate())],
  ['03', (date) => two(hour12(date))],
  ['04', (date) => two(date.getUTCMinutes())],
  ['05', (date) => two(date.getUTCSeconds())],
  ['06', (date) => two(date.getUTCFullYear() % 100)],
  ['15', (date) => two(date.getUTCHours())],
  ['PM', (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['pm', (date) => (date.getUTCHours() < 12 ? 'am' : 'pm')],
  ['_2', (date) => String(date.getUTCDate()).padStart(2)],
  ['1', (date) => String(date.getUTCMonth() + 1)],
  ['2', (date) => String(date.getUTCDate())],
  ['3', (date) => String(hour12(date))],
  ['4', (date) => String(date.getUTCMinutes())],
  ['5', (date) => String(date.getUTCSeconds())],
];

export function formatDate(date: Date, layout: string): string {
  let out = '';
  for (let at = 0; at < layout.length;) {
    const fraction = /^[.,]([09])\1*(?!\d)/.exec(layout.slice(at));
    if (fraction && /\d$/.test(out)) {
      const digits = String(date.getUTCMilliseconds())
        .padStart(3, '0')
        .padEnd(9, '0')
        .slice(0, fraction[0].length - 1);
      const trimmed = fraction[1] === '9' ? digits.replace(/0+$/, '') : digits;
      out += trimmed && `.${trimmed}`;
      at += fraction[0].length;
      continue;
    }
    const found = parts.find(([text]) => layout.startsWith(text, at));
    out += found ? found[1](date) : layout[at]!;
    at += found ? found[0].length : 1;
  }
  return out;
}

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration (`1h30m`); undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$|^0$/.test(text)) return undefined;
  let total = 0;
  for (const [, number = '0', , unit = 's'] of text.matchAll(/(\d+(\.\d*)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(number) * units[unit]!;
  return text.startsWith('-') ? -total : total;
}

export function durationText(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `${ms < 0 ? '-' : ''}${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`;
}
