import {
  CIDR_MESSAGE, IP_MESSAGE, isLinkLocalMulticast, isLinkLocalUnicast, isLoopback, isUnspecified, parseCidr, parseIp,
} from '../cidr';
import type { Finding } from '../finding';
import { finding, Path } from '../finding';
import type { LabelSelector } from '../kinds';
import {
  dns1123LabelProblems, dns1123SubdomainProblems, labelValueProblems, portNameProblems, portNumberProblems,
  qualifiedNameProblems,
} from '../names';
import { parseQuantity, QuantityError } from '../quantity';

/** Where checks put what they find, in the order in which the API server lists it. */
export type Findings = Finding[];

export type StringMap = Readonly<Record<string, string>>;

export const IMMUTABLE = 'field is immutable';
export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const POSITIVE = 'must be greater than zero';
export const MAX_INT32 = 2_147_483_647;
export const METADATA = Path.of('metadata');
export const SPEC = Path.of('spec');
export const STATUS = Path.of('status');

export function invalidEach(out: Findings, path: Path, value: unknown, problems: readonly string[]): void {
  for (const problem of problems) out.push(finding.invalid(path, value, problem));
}

export function dnsLabel(out: Findings, path: Path, value: string): void {
  invalidEach(out, path, value, dns1123LabelProblems(value));
}

export function dnsSubdomain(out: Findings, path: Path, value: string): void {
  invalidEach(out, path, value, dns1123SubdomainProblems(value));
}

export function qualifiedName(out: Findings, path: Path, value: string): void {
  invalidEach(out, path, value, qualifiedNameProblems(value));
}

export function nonNegative(out: Findings, path: Path, value: number | undefined): void {
  if (value !== undefined && value < 0) out.push(finding.invalid(path, value, NOT_NEGATIVE));
}

/** Unset is required, unknown is not supported; the supported values are listed as given. */
export function requiredOneOf(
  out: Findings,
  path: Path,
  value: string | undefined,
  supported: readonly string[],
): void {
  if (!value) out.push(finding.required(path));
  else if (!supported.includes(value)) out.push(finding.notSupportedOf(path, value, supported));
}

export function optionalOneOf(
  out: Findings,
  path: Path,
  value: string | undefined,
  supported: readonly string[],
): void {
  if (value !== undefined && !supported.includes(value)) out.push(finding.notSupportedOf(path, value, supported));
}

export function portNumberOrName(out: Findings, path: Path, port: number | string | undefined): void {
  if (typeof port === 'string') invalidEach(out, path, port, portNameProblems(port));
  else invalidEach(out, path, port ?? 0, portNumberProblems(port ?? 0));
}

export function ipAddress(out: Findings, path: Path, value: string): boolean {
  if (parseIp(value)) return true;
  out.push(finding.invalid(path, value, IP_MESSAGE));
  return false;
}

export function cidrRange(out: Findings, path: Path, value: string): boolean {
  if (parseCidr(value)) return true;
  out.push(finding.invalid(path, value, CIDR_MESSAGE));
  return false;
}

/** Addresses that no endpoint may have: unspecified, loopback, link-local. */
export function nonSpecialIp(out: Findings, path: Path, value: string): void {
  const address = parseIp(value);
  if (!address) {
    out.push(finding.invalid(path, value, 'must be a valid IP address'));
    return;
  }
  const refuse = (detail: string) => out.push(finding.invalid(path, value, detail));
  if (isUnspecified(address)) refuse(`may not be unspecified (${value})`);
  if (isLoopback(address)) refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (isLinkLocalUnicast(address)) refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (isLinkLocalMulticast(address)) refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
}

export function labelName(out: Findings, path: Path, key: string): void {
  invalidEach(out, path, key, qualifiedNameProblems(key));
}

export function labels(out: Findings, path: Path, map: StringMap | undefined): void {
  if (!map) return;
  for (const key of Object.keys(map)) {
    labelName(out, path, key);
    const value = map[key] ?? '';
    invalidEach(out, path, value, labelValueProblems(value));
  }
}

function selectorExpression(
  out: Findings,
  path: Path,
  { key, operator, values = [] }: { key: string; operator: string; values?: string[] },
): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      out.push(finding.required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      out.push(finding.forbidden(
        path.child('values'),
        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ));
    }
  } else out.push(finding.invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  labelName(out, path.child('key'), key ?? '');
  values.forEach((value, i) => invalidEach(out, path.child('values').index(i), value, labelValueProblems(value)));
}

export function labelSelector(out: Findings, path: Path, selector: LabelSelector | undefined): void {
  if (!selector) return;
  labels(out, path.child('matchLabels'), selector.matchLabels);
  selector.matchExpressions?.forEach((expression, i) => {
    selectorExpression(out, path.child('matchExpressions').index(i), expression);
  });
}

/** Fields whose values are amounts: `1Gi` and `1024Mi` are the same. */
const QUANTITY_FIELDS =
  new Set(['limits', 'requests', 'overhead', 'capacity', 'allocatable', 'hard', 'used', 'sizeLimit', 'divisor']);

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

function sameQuantity(left: unknown, right: unknown): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  try {
    return parseQuantity(left).equals(parseQuantity(right));
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

/** Semantic equality: unset, null and empty are one; amounts compare by value. */
export function semanticallyEqual(left: unknown, right: unknown, field = ''): boolean {
  if (left === right) return true;
  if (isEmpty(left) || isEmpty(right)) return isEmpty(left) && isEmpty(right);
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return QUANTITY_FIELDS.has(field) && sameQuantity(left, right);
  }
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, i) => semanticallyEqual(item, right[i]));
  }
  const [a, b] = [new Map<string, unknown>(Object.entries(left)), new Map<string, unknown>(Object.entries(right))];
  const inner = (key: string) => (QUANTITY_FIELDS.has(field) ? field : key);
  for (const [key, value] of a) if (!semanticallyEqual(value, b.get(key), inner(key))) return false;
  for (const [key, value] of b) if (!a.has(key) && !isEmpty(value)) return false;
  return true;
}

export function immutable(out: Findings, path: Path, value: unknown, old: unknown): void {
  if (!semanticallyEqual(value, old)) out.push(finding.invalid(path, value, IMMUTABLE));
}

/** A map with its keys in the order in which Go prints them. */
export function sorted<V>(map: Readonly<Record<string, V>> | undefined): Record<string, V> | undefined {
  return map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Integer or percentage, as maxSurge and maxUnavailable take it. */
export function intOrPercentNumber(value: number | string | undefined): number {
  return typeof value === 'number' ? value : Number(/^(\d+)%$/.exec(value ?? '')?.[1] ?? 0);
}
