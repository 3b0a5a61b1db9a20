import type { Path } from '../finding';
import { finding } from '../finding';
import { byteLength, cIdentifierProblems, dns1123LabelProblems, dns1123SubdomainProblems } from '../names';
import type { Findings } from './common';
import { invalidEach } from './common';
import { csiDriverName } from './volume-sources';

export const MAX_REQUESTS = 32;
const MAX_POOL_NAME = 253;
const MAX_ID = 32;

type Check<T> = (out: Findings, path: Path, item: T) => void;

/** A list of limited length; one that is too long is looked into no further. */
export function limitedList<T>(
  out: Findings, path: Path, list: readonly T[] | undefined, most: number, check: Check<T>,
): boolean {
  if (list && list.length > most) {
    out.push(finding.tooMany(path, list.length, most));
    return false;
  }
  list?.forEach((item, i) => check(out, path.index(i), item));
  return true;
}

/** The same, with no key twice. */
export function limitedSet<T>(
  out: Findings, path: Path, list: readonly T[] | undefined, most: number, check: Check<T>,
  keyOf: (item: T) => string,
): void {
  if (!limitedList(out, path, list, most, check)) return;
  const seen = new Set<string>();
  list?.forEach((item, i) => {
    const key = keyOf(item);
    if (seen.has(key)) out.push(finding.duplicate(path.index(i), key));
    seen.add(key);
  });
}

export function limitedMap<T>(
  out: Findings, path: Path, map: Readonly<Record<string, T>> | undefined, most: number,
  checkKey: (out: Findings, path: Path, key: string) => void, check: Check<T>,
): void {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length > most) {
    out.push(finding.tooMany(path, entries.length, most));
    return;
  }
  for (const [key, item] of entries) {
    checkKey(out, path.key(key), key);
    check(out, path.key(key), item);
  }
}

export const deviceLabel = (out: Findings, path: Path, name: string) =>
  invalidEach(out, path, name, dns1123LabelProblems(name));

/** Subdomains divided by slashes. */
export function poolName(out: Findings, path: Path, name: string | undefined): void {
  if (!name) {
    out.push(finding.required(path));
    return;
  }
  if (byteLength(name) > MAX_POOL_NAME) out.push(finding.tooLong(path, MAX_POOL_NAME));
  for (const part of name.split('/')) invalidEach(out, path, part, dns1123SubdomainProblems(part));
}

function identifier(out: Findings, path: Path, id: string): void {
  if (byteLength(id) > MAX_ID) out.push(finding.tooLong(path, MAX_ID));
  invalidEach(out, path, id, cIdentifierProblems(id));
}

/** The name of an attribute or capacity: an identifier, with the domain of its driver where it isn't the slice's. */
export function attributeName(out: Findings, path: Path, name: string): void {
  const parts = name.split('/');
  const [first = '', second = ''] = parts;
  if (parts.length === 1) identifier(out, path, first);
  if (parts.length !== 2) return;
  if (first) csiDriverName(out, path, first);
  else out.push(finding.invalid(path, '', 'the domain must not be empty'));
  if (second) identifier(out, path, second);
  else out.push(finding.invalid(path, '', 'the name must not be empty'));
}

export function fullAttributeName(out: Findings, path: Path, name: string): void {
  attributeName(out, path, name);
  if (name.includes('/')) return;
  const detail = 'a fully qualified name must be a domain and a name separated by a slash';
  out.push(finding.invalid(path, name, detail));
}
