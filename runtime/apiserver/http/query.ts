import { errors } from '../../api/status';

/** Decoded query parameters, in the order they came. */
export type Query = ReadonlyMap<string, readonly string[]>;

export const emptyQuery: Query = new Map();

export function parseQuery(text: string): Query {
  if (text === '') return emptyQuery;
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : unescape(pair.slice(equals + 1));
    const values = query.get(name);
    if (values) values.push(value);
    else query.set(name, [value]);
  }
  return query;
}

function unescape(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** Query parameters out of plain values, as in-process callers give them. */
export function queryOf(values: Record<string, string | number | boolean | readonly string[] | undefined>): Query {
  const query = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    query.set(name, Array.isArray(value) ? (value as readonly string[]) : [String(value)]);
  }
  return query;
}

export function queryString(query: Query, name: string): string {
  return query.get(name)?.[0] ?? '';
}

/** Only absence, `false` and `0` are false (apimachinery's conversion of query parameters). */
export function queryBoolean(query: Query, name: string): boolean | undefined {
  const value = query.get(name)?.[0];
  if (value === undefined) return undefined;
  return !(value === '0' || value.toLowerCase() === 'false');
}

const goDuration = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;

/** The client's time limit for the whole request, which must be readable though answers here don't take that long. */
export function checkTimeout(query: Query): void {
  const value = query.get('timeout')?.[0];
  if (value === undefined || value === '' || goDuration.test(value)) return;
  const why = `time: invalid duration ${JSON.stringify(value)}`;
  throw errors.badRequest(`invalid timeout specified in the request URL - ${why}`);
}

export function queryInteger(query: Query, name: string): number | undefined {
  const value = query.get(name)?.[0];
  if (value === undefined || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value)) {
    throw errors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  const number = Number(value);
  if (!(number >= -9223372036854775808 && number <= 9223372036854775807)) {
    throw errors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  }
  return number;
}
