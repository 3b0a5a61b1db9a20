import { posix } from 'node:path';
import { GoStruct, ValueError } from '../go-template';
import type { GoFunction } from '../go-template';
import { isMap, isNil, print, toInt, toText } from '../go-template/values';
import type { GoMap } from '../go-template/values';
import { goJson } from '../kustomize/hash';
import { parseManifests, toYaml } from '../yaml';
import { floats } from './chart';
import { dateOf, durationText, formatDate, goTime, parseDuration } from './dates';
import { compareVersions, parseConstraint, parseVersion, satisfies } from './semver';
import { dataFunctions } from './sprig-data';
import { expression, stringFunctions } from './sprig-strings';

/** What functions take from outside of the chart. */
export interface Surroundings {
  now(): Date;
  /** From 0 up to 1. */
  random(): number;
}

/** Functions whose results can't be made here: keys and certificates, and what asks others. */
const unavailable = [
  'genPrivateKey',
  'genCA',
  'genCAWithKey',
  'genSelfSignedCert',
  'genSelfSignedCertWithKey',
  'genSignedCert',
  'genSignedCertWithKey',
  'buildCustomCert',
  'derivePassword',
  'encryptAES',
  'decryptAES',
  'bcrypt',
  'htpasswd',
];

/** A function that only helm itself can carry out. */
export class UnavailableError extends ValueError {}

function yamlValue(text: unknown): unknown {
  const [document] = parseManifests(toText(text));
  if (document?.errors[0]) throw new ValueError(document.errors[0].message);
  return floats(document?.value ?? null);
}

const helmYaml = (value: unknown): string => toYaml(plain(value)).replace(/\n$/, '');

/** Structs as the maps that they are encoded as. */
function plain(value: unknown): unknown {
  if (value instanceof GoStruct) return plain(value.fields);
  if (Array.isArray(value)) return value.map(plain);
  return isMap(value)
    ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
    : (value ?? null);
}

function attempt(act: () => unknown, whenWrong: (message: string) => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return whenWrong(error.message);
  }
}

function mapFrom(text: unknown): unknown {
  return attempt(
    () => {
      const value = yamlValue(text);
      if (value !== null && !isMap(value))
        throw new ValueError(
          `error unmarshaling JSON: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} ` +
            'into Go value of type map[string]interface {}',
        );
      return value ?? {};
    },
    (message) => ({ Error: message }),
  );
}

function listFrom(text: unknown): unknown {
  return attempt(
    () => {
      const value = yamlValue(text);
      if (!Array.isArray(value)) throw new ValueError('error unmarshaling JSON: not an array');
      return value;
    },
    (message) => [message],
  );
}

function prettyJson(value: unknown): string {
  return JSON.stringify(JSON.parse(goJson(plain(value))) as unknown, null, 2);
}

function unescapedJson(value: unknown): string {
  return goJson(plain(value)).replaceAll(/\\u(003c|003e|0026)/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function tomlText(value: GoMap, path: string[] = []): string {
  const scalar = (field: unknown): string =>
    typeof field === 'string'
      ? JSON.stringify(field)
      : Array.isArray(field)
        ? `[${field.map(scalar).join(', ')}]`
        : print(field);
  const own = Object.entries(value).filter(([, field]) => !isMap(field) && !isNil(field));
  const tables = Object.entries(value).filter(([, field]) => isMap(field));
  const head = path.length > 0 && (own.length > 0 || tables.length === 0) ? `[${path.join('.')}]\n` : '';
  const indent = '  '.repeat(Math.max(0, path.length));
  const lines = own.map(([key, field]) => `${indent}${key} = ${scalar(field)}\n`);
  const below = tables.map(([key, field]) => `\n${tomlText(field as GoMap, [...path, key])}`);
  return [head, ...lines, ...below].join('');
}

function semverOf(text: unknown): GoStruct {
  const version = parseVersion(print(text));
  if (!version) throw new ValueError('Invalid Semantic Version');
  const { major, minor, patch, prerelease, metadata, original } = version;
  const numbers = {
    Major: BigInt(major),
    Minor: BigInt(minor),
    Patch: BigInt(patch),
    Prerelease: prerelease,
    Metadata: metadata,
  };
  const methods = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, () => value]));
  const printed = `${major}.${minor}.${patch}${prerelease && `-${prerelease}`}${metadata && `+${metadata}`}`;
  return new GoStruct(
    '*semver.Version',
    {},
    {
      ...methods,
      String: () => printed,
      Original: () => original,
      Compare: (other) => BigInt(Math.sign(compareVersions(version, parseVersion(print(other)) ?? version))),
    },
    printed,
  );
}

function semverCompare(constraint: unknown, version: unknown): boolean {
  const parsed = parseConstraint(print(constraint));
  const candidate = parseVersion(print(version));
  if (!candidate) throw new ValueError('Invalid Semantic Version');
  return satisfies(candidate, parsed);
}

function dateFunctions({ now }: Surroundings): Record<string, GoFunction> {
  const given = (value: unknown): Date =>
    value instanceof GoStruct || typeof value === 'bigint' ? dateOf(value) : now();
  const modify: GoFunction = (duration, date) =>
    goTime(new Date(dateOf(date).getTime() + (parseDuration(print(duration)) ?? 0)));
  const toDate: GoFunction = (_layout, text) => {
    const at = new Date(print(text));
    return goTime(Number.isNaN(at.getTime()) ? new Date(0) : at);
  };
  return {
    now: () => goTime(now()),
    date: (layout, date) => formatDate(given(date), print(layout)),
    dateInZone: (layout, date) => formatDate(given(date), print(layout)),
    date_in_zone: (layout, date) => formatDate(given(date), print(layout)),
    htmlDate: (date) => formatDate(given(date), '2006-01-02'),
    htmlDateInZone: (date) => formatDate(given(date), '2006-01-02'),
    dateModify: modify,
    date_modify: modify,
    mustDateModify: modify,
    must_date_modify: modify,
    toDate,
    mustToDate: toDate,
    unixEpoch: (date) => String(Math.floor(dateOf(date).getTime() / 1000)),
    ago: (date) => durationText(now().getTime() - given(date).getTime()),
    duration: (seconds) => durationText(Number(toInt(seconds)) * 1000),
    durationRound: (text) => print(text),
  };
}

function randomFunctions({ random }: Surroundings): Record<string, GoFunction> {
  const of =
    (letters: string): GoFunction =>
    (count) =>
      Array.from(
        { length: Math.min(10_000, Number(toInt(count))) },
        () => letters[Math.floor(random() * letters.length)],
      ).join('');
  const small = 'abcdefghijklmnopqrstuvwxyz';
  const letters = small + small.toUpperCase();
  const hex = (length: number): string => String(of('0123456789abcdef')(BigInt(length)));
  return {
    randAlphaNum: of(`${letters}0123456789`),
    randAlpha: of(letters),
    randNumeric: of('0123456789'),
    randAscii: of(Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')),
    randBytes: (count) =>
      Buffer.from(
        Array.from({ length: Math.min(10_000, Number(toInt(count))) }, () => Math.floor(random() * 256)),
      ).toString('base64'),
    randInt: (from, to) => toInt(from) + BigInt(Math.floor(random() * Number(toInt(to) - toInt(from)))),
    shuffle: (text) =>
      Array.from(print(text))
        .map((char) => ({ char, key: random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ char }) => char)
        .join(''),
    uuidv4: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}

function urlParse(text: unknown): GoMap {
  const match = /^(?:([a-zA-Z][\w+.-]*):)?(?:\/\/(?:([^@/]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(
    print(text),
  );
  const [, scheme = '', userinfo = '', host = '', path = '', query = '', fragment = ''] = match ?? [];
  return { scheme, userinfo, host, hostname: host.replace(/:\d+$/, ''), path, query, fragment, opaque: '' };
}

const yamlFunctions: Record<string, GoFunction> = {
  toYaml: helmYaml,
  mustToYaml: helmYaml,
  toYamlPretty: (value) =>
    toYaml(plain(value))
      .replaceAll(/^(\s*)- /gm, '$1- ')
      .replace(/\n$/, ''),
  fromYaml: mapFrom,
  fromYamlArray: listFrom,
  toJson: (value) => goJson(plain(value)),
  mustToJson: (value) => goJson(plain(value)),
  toPrettyJson: prettyJson,
  mustToPrettyJson: prettyJson,
  toRawJson: unescapedJson,
  mustToRawJson: unescapedJson,
  fromJson: mapFrom,
  mustFromJson: yamlValue,
  fromJsonArray: listFrom,
  toToml: (value) => tomlText(isMap(value) ? value : {}),
  fromToml: () => {
    throw new UnavailableError('fromToml needs helm');
  },
};

/** Helm's functions, apart from those that execute templates. */
export function helmFunctions(surroundings: Surroundings): Record<string, GoFunction> {
  const needsHelm =
    (name: string): GoFunction =>
    () => {
      throw new UnavailableError(`${name} needs helm: keys, certificates and password hashes are not made here`);
    };
  return {
    ...stringFunctions,
    ...dataFunctions,
    ...yamlFunctions,
    ...dateFunctions(surroundings),
    ...randomFunctions(surroundings),
    ...Object.fromEntries(unavailable.map((name) => [name, needsHelm(name)])),
    semver: semverOf,
    semverCompare,
    urlParse,
    urlJoin: (value) => {
      const { scheme, userinfo, host, path, query, fragment } = isMap(value) ? value : {};
      const part = (before: string, text: unknown) => (text ? `${before}${print(text)}` : '');
      const authority = `${host ? '//' : ''}${userinfo ? `${print(userinfo)}@` : ''}${part('', host)}`;
      return `${scheme ? `${print(scheme)}:` : ''}${authority}${part('', path)}${part('?', query)}${part('#', fragment)}`;
    },
    required: (message, value) => {
      if (isNil(value) || value === '') throw new ValueError(print(message));
      return value;
    },
    lookup: () => ({}),
    getHostByName: () => '',
  };
}

/** `.Files` of a chart. */
export function filesObject(list: () => readonly string[], read: (name: string) => string | undefined): GoStruct {
  const get = (name: unknown): string => read(posix.normalize(print(name))) ?? '';
  const of = (names: readonly string[]): GoStruct =>
    new GoStruct(
      'engine.files',
      {},
      {
        Get: get,
        GetBytes: get,
        Glob: (pattern) => of(list().filter(globMatcher(print(pattern)))),
        Lines: (name) => get(name).split('\n'),
        AsConfig: () => helmYaml(Object.fromEntries(names.map((name) => [posix.basename(name), get(name)]))),
        AsSecrets: () =>
          helmYaml(
            Object.fromEntries(names.map((name) => [posix.basename(name), Buffer.from(get(name)).toString('base64')])),
          ),
      },
      'map[]',
    );
  return of([]);
}

/** gobwas/glob as far as charts use it: `*`, `**`, `?`, `{a,b}`, `[a-z]`. */
export function globMatcher(pattern: string): (name: string) => boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (pattern.startsWith('**', i)) {
      source += '.*';
      i++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{') source += '(?:';
    else if (char === '}') source += ')';
    else if (char === ',') source += '|';
    else if (char === '[' || char === ']') source += char;
    else source += char.replace(/[\\.+^$()|]/, '\\$&');
  }
  const compiled = expression(`^(?:${source})$`);
  return (name) => compiled.matcher(name).find();
}
