import { ValueError } from '../go-template';

/** Versions and constraints as Masterminds/semver v3 reads them, which charts rely on. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: string;
  readonly metadata: string;
  readonly original: string;
}

const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const versionPattern = `v?(\\d+)(\\.\\d+)?(\\.\\d+)?(?:-(${identifiers}))?(?:\\+(${identifiers}))?`;
const version = new RegExp(`^${versionPattern}$`);

/** Undefined for what isn't a version; `1.2` is one. */
export function parseVersion(text: string): Version | undefined {
  const match = version.exec(text);
  if (!match) return undefined;
  const [original, major, minor, patch, prerelease = '', metadata = ''] = match;
  const number = (part: string | undefined) => Number((part ?? '0').replace('.', ''));
  return { major: number(major), minor: number(minor), patch: number(patch), prerelease, metadata, original };
}

export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePrereleases(a.prerelease, b.prerelease);
}

function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const compared = compareIdentifiers(left[i], right[i]);
    if (compared !== 0) return compared;
  }
  return 0;
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const numeric = (text: string) => /^\d+$/.test(text);
  if (numeric(a) && numeric(b)) return Number(a) - Number(b);
  if (numeric(a) !== numeric(b)) return numeric(a) ? -1 : 1;
  return a < b ? -1 : 1;
}

interface Bound {
  operator: string;
  version: Version;
  /** How many parts are written, a wildcard not counted. */
  parts: number;
}

const wild = '[0-9]+|[xX*]';
const numbersPattern = `v?(${wild})(?:\\.(${wild}))?(?:\\.(${wild}))?`;
const boundPattern =
  `(=|!=|>=|=>|<=|=<|>|<|~>|~|\\^)?\\s*${numbersPattern}` + `(?:-(${identifiers}))?(?:\\+${identifiers})?`;
const bound = new RegExp(`^${boundPattern}$`);
const bounds = new RegExp(boundPattern, 'g');

/** `>=1.2, <2 || ~3.1`: lists of bounds, one of which has to hold as a whole. Throws `ValueError`. */
export function parseConstraint(text: string): Bound[][] {
  const ranged = text.replaceAll(/(\S+)\s+-\s+(\S+)/g, '>=$1, <=$2');
  return ranged.split('||').map((part) => {
    const found = part.trim().match(bounds) ?? [];
    const rest = part.replaceAll(bounds, '').replaceAll(/[\s,]/g, '');
    if (found.length === 0 || rest !== '') throw new ValueError(`improper constraint: ${text}`);
    return found.map((each) => boundOf(each, text));
  });
}

function boundOf(text: string, whole: string): Bound {
  const match = bound.exec(text.trim());
  if (!match) throw new ValueError(`improper constraint: ${whole}`);
  const [, operator = '=', ...numbers] = match;
  const prerelease = numbers[3] ?? '';
  const written = numbers.slice(0, 3);
  const end = written.findIndex((part) => part === undefined || /[xX*]/.test(part));
  const parts = end < 0 ? 3 : end;
  const [major = 0, minor = 0, patch = 0] = written.slice(0, parts).map(Number);
  const same: Record<string, string> = { '=>': '>=', '=<': '<=', '~>': '~' };
  return {
    operator: same[operator] ?? operator,
    parts,
    version: { major, minor, patch, prerelease, metadata: '', original: text },
  };
}

export function satisfies(candidate: Version, constraint: readonly (readonly Bound[])[]): boolean {
  return constraint.some((all) => all.every((each) => holds(candidate, each)));
}

function holds(v: Version, { operator, version: c, parts }: Bound): boolean {
  // A prerelease is only meant by who writes one.
  if (v.prerelease !== '' && c.prerelease === '') return operator === '!=' && parts === 3;
  if (parts === 0) return operator !== '!=' && operator !== '<' && operator !== '>';
  const compared = compareVersions(v, c);
  const inParts = v.major === c.major && (parts < 2 || v.minor === c.minor) && (parts < 3 || compared === 0);
  switch (operator) {
    case '=':
      return parts < 3 ? inParts : compared === 0;
    case '!=':
      return !(parts < 3 ? inParts : compared === 0);
    case '>':
      return parts < 3 ? !inParts && compared > 0 : compared > 0;
    case '<':
      return compared < 0;
    case '>=':
      return compared >= 0;
    case '<=':
      return parts < 3 ? inParts || compared < 0 : compared <= 0;
    case '~':
      return compared >= 0 && v.major === c.major && (parts < 2 || v.minor === c.minor);
    default:
      return compared >= 0 && caret(v, c, parts);
  }
}

function caret(v: Version, c: Version, parts: number): boolean {
  if (c.major > 0 || parts < 2) return v.major === c.major;
  if (v.major > 0) return false;
  if (c.minor > 0 || parts < 3) return v.minor === c.minor;
  return v.minor === 0 && v.patch === c.patch;
}
