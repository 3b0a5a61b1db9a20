import { EvaluationError } from '@marcbachmann/cel-js';
import { parseGoUrl } from '../../go-url';
import { CelUrl } from './library-values';

/** Absolute, or a path from the root on: what Go's ParseRequestURI takes. */
function parsed(text: string): CelUrl | undefined {
  const result = parseGoUrl(text);
  if ('error' in result || !(result.url.scheme || text.startsWith('/'))) return undefined;
  return new CelUrl(text, result.url);
}

function urlOf(text: string): CelUrl {
  const url = parsed(text);
  if (!url) throw new EvaluationError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
  return url;
}

const hostname = (host: string) => host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
const NOT_IN_PATH = /[^A-Za-z0-9\-_.~!$&'()*+,;=:@/%[\]]+/g;

/** What follows a scheme without a slash is no path. */
const pathOf = ({ url: { scheme, path } }: CelUrl) =>
  scheme && !path.startsWith('/') ? '' : path.replace(NOT_IN_PATH, (part) => encodeURIComponent(part));

const unescaped = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};

function queryOf({ url: { query } }: CelUrl): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const at = pair.indexOf('=');
    const name = unescaped(at < 0 ? pair : pair.slice(0, at));
    const value = unescaped(at < 0 ? '' : pair.slice(at + 1));
    if (name !== undefined && value !== undefined) values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

export const urlFunctions: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'isURL(string): bool': (text: string) => parsed(text) !== undefined,
  'url(string): URL': urlOf,
  'URL.getScheme(): string': ({ url }: CelUrl) => url.scheme,
  'URL.getHost(): string': ({ url }: CelUrl) => url.host,
  'URL.getHostname(): string': ({ url }: CelUrl) => hostname(url.host),
  'URL.getPort(): string': ({ url }: CelUrl) => /:(\d*)$/.exec(url.host)?.[1] ?? '',
  'URL.getEscapedPath(): string': pathOf,
  'URL.getQuery(): map<string, list<string>>': queryOf,
};
