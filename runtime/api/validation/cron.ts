/** The five fields of a schedule: bounds and names, as the cron library of Kubernetes has them. */
const NAMES_OF_MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NAMES_OF_DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Bounds {
  min: number;
  max: number;
  names?: ReadonlyMap<string, number>;
}

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: new Map(NAMES_OF_MONTHS.map((name, i) => [name, i + 1])) },
  { min: 0, max: 6, names: new Map(NAMES_OF_DAYS.map((name, i) => [name, i])) },
];

const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/;

/** A problem of a schedule, in the library's words. */
class CronProblem extends Error {
  override readonly name = 'CronProblem';
}

function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new CronProblem(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const value = Number(text);
  if (value < 0) throw new CronProblem(`negative number (${value}) not allowed: ${text}`);
  return value;
}

const parseIntegerOrName =
  (text: string, names: Bounds['names']) => names?.get(text.toLowerCase()) ?? parseInteger(text);

function checkRange(expression: string, { min, max, names }: Bounds): void {
  const [range = '', step, ...moreSlashes] = expression.split('/');
  const [low = '', high, ...moreHyphens] = range.split('-');
  let [start, end] = [min, max];
  if (low !== '*' && low !== '?') {
    start = parseIntegerOrName(low, names);
    end = high === undefined ? start : parseIntegerOrName(high, names);
    if (moreHyphens.length) throw new CronProblem(`too many hyphens: ${expression}`);
  }
  if (moreSlashes.length) throw new CronProblem(`too many slashes: ${expression}`);
  const stride = step === undefined ? 1 : parseInteger(step);
  if (step !== undefined && high === undefined) end = max;
  if (start < min) throw new CronProblem(`beginning of range (${start}) below minimum (${min}): ${expression}`);
  if (end > max) throw new CronProblem(`end of range (${end}) above maximum (${max}): ${expression}`);
  if (start > end) throw new CronProblem(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  if (stride === 0) throw new CronProblem(`step of range should be a positive number: ${expression}`);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function check(schedule: string): void {
  if (schedule === '') throw new CronProblem('empty spec string');
  const zone = /^(?:TZ|CRON_TZ)=(\S*)\s*(.*)$/s.exec(schedule);
  if (zone && !isTimeZone(zone[1] ?? '')) {
    throw new CronProblem(`provided bad location ${zone[1]}: unknown time zone ${zone[1]}`);
  }
  const text = (zone ? (zone[2] ?? '') : schedule).trim();
  if (text.startsWith('@')) {
    checkDescriptor(text);
    return;
  }
  const fields = text.split(/\s+/).filter(Boolean);
  if (fields.length !== 5)
    throw new CronProblem(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  FIELDS.forEach((bounds, i) => {
    for (const expression of (fields[i] ?? '').split(',').filter(Boolean)) checkRange(expression, bounds);
  });
}

function checkDescriptor(text: string): void {
  if (DESCRIPTORS.includes(text)) return;
  if (!text.startsWith('@every ')) throw new CronProblem(`unrecognized descriptor: ${text}`);
  const duration = text.slice('@every '.length);
  if (DURATION.test(duration) || duration === '0') return;
  throw new CronProblem(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`);
}

/** What is wrong with a schedule, undefined if nothing is. */
export function cronProblem(schedule: string): string | undefined {
  try {
    check(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof CronProblem) return error.message;
    throw error;
  }
}
