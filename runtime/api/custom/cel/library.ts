import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { RE2JS } from 're2js';
import {
  cidrContains, formatIp, isLinkLocalMulticast, isLinkLocalUnicast, isLoopback, isMulticast, isUnspecified, parseCidr, parseIp,
} from '../../cidr';
import type { Cidr, IpAddress } from '../../cidr';
import { Quantity, tryParseQuantity } from '../../quantity';
import { celEqual } from './equality';
import { formatted } from './format';
import { CelCidr, CelIp, CelQuantity, CelUrl } from './library-values';
import { registerMacros } from './macros';
import { addDurations, timeFunctions } from './times';
import { urlFunctions } from './urls';

/** What `ip` in `ip.isCanonical(…)` is. */
class IpNamespace {
  readonly name = 'ip';
}
/** What `sets` in `sets.contains(…)` is; its functions take it as their receiver. */
class SetsNamespace {
  readonly name = 'sets';
}

const fail = (message: string): never => {
  throw new EvaluationError(message);
};

const patterns = new Map<string, RE2JS>();
const maxPatterns = 1000;

/** CEL's patterns are RE2, and come from users: no backtracking engine may run them. */
function pattern(text: string): RE2JS {
  let compiled = patterns.get(text);
  if (!compiled) {
    try {
      compiled = RE2JS.compile(text);
    } catch {
      return fail(`error parsing regexp: ${text}`);
    }
    if (patterns.size >= maxPatterns) patterns.clear();
    patterns.set(text, compiled);
  }
  return compiled;
}

function findAll(text: string, expression: string, limit: number): string[] {
  const matcher = pattern(expression).matcher(text);
  const found: string[] = [];
  const most = limit < 0 ? Infinity : limit;
  while (found.length < most && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

type Comparable = bigint | number | string | boolean | Date;
const numeric = (value: unknown): boolean => typeof value === 'bigint' || typeof value === 'number';

function extreme(
  list: readonly Comparable[], name: string, better: (a: Comparable, b: Comparable) => boolean,
): Comparable {
  if (list.length === 0) return fail(`${name} called on empty list`);
  return list.reduce((best, value) => (better(value, best) ? value : best));
}

function sum(list: readonly unknown[]): unknown {
  if (list.length === 0) return 0n;
  if (list.every((value) => value instanceof Duration)) return addDurations(list);
  if (!list.every(numeric)) return fail('no such overload: sum');
  return typeof list[0] === 'bigint'
    ? (list as bigint[]).reduce((total, value) => total + value, 0n)
    : (list as number[]).reduce((total, value) => total + value, 0);
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'bigint';
/** Whether a list has a value, made for many questions. */
function lookup(all: readonly unknown[]): (value: unknown) => boolean {
  const plain = new Set(all.filter(isPlain));
  const others = all.filter((item) => !isPlain(item));
  return (value) => plain.has(value) || others.some((item) => celEqual(item, value));
}
const contains = (all: readonly unknown[], part: readonly unknown[]): boolean => part.every(lookup(all));

function replaced(value: string, from: string, to: string, limit: number): string {
  if (limit < 0) return value.replaceAll(from, () => to);
  let result = value;
  let at = 0;
  for (let i = 0; i < limit; i++) {
    const found = result.indexOf(from, at);
    if (found < 0) break;
    result = result.slice(0, found) + to + result.slice(found + from.length);
    at = found + to.length;
  }
  return result;
}

type Handler = (...args: never[]) => unknown;

const stringFunctions: Readonly<Record<string, Handler>> = {
  // The library's own `matches` is a JavaScript RegExp; calls are renamed to this one (see rules.ts).
  'string.re2Matches(string): bool': (value: string, expression: string) => pattern(expression).matcher(value).find(),
  'string.find(string): string': (value: string, expression: string) => findAll(value, expression, 1)[0] ?? '',
  'string.findAll(string): list<string>': (value: string, expression: string) => findAll(value, expression, -1),
  'string.findAll(string, int): list<string>': (value: string, expression: string, limit: bigint) =>
    findAll(value, expression, Number(limit)),
  'string.charAt(int): string': (value: string, index: bigint) => Array.from(value)[Number(index)] ?? '',
  'string.replace(string, string): string': (value: string, from: string, to: string) => replaced(value, from, to, -1),
  'string.replace(string, string, int): string': (value: string, from: string, to: string, limit: bigint) =>
    replaced(value, from, to, Number(limit)),
  'string.format(list): string': formatted,
};

const listFunctions: Readonly<Record<string, Handler>> = {
  'list.isSorted(): bool': (list: readonly Comparable[]) => list.every((value, i) => i === 0 || list[i - 1]! <= value),
  'list.sum(): dyn': sum,
  'list.min(): dyn': (list: readonly Comparable[]) => extreme(list, 'min', (a, b) => a < b),
  'list.max(): dyn': (list: readonly Comparable[]) => extreme(list, 'max', (a, b) => a > b),
  'list.indexOf(dyn): int': (list: readonly unknown[], value: unknown) =>
    BigInt(list.findIndex((item) => celEqual(item, value))),
  'list.lastIndexOf(dyn): int': (list: readonly unknown[], value: unknown) =>
    BigInt(list.findLastIndex((item) => celEqual(item, value))),
  'Sets.contains(list, list): bool': (_sets: SetsNamespace, all: readonly unknown[], part: readonly unknown[]) =>
    contains(all, part),
  'Sets.equivalent(list, list): bool': (_sets: SetsNamespace, a: readonly unknown[], b: readonly unknown[]) =>
    contains(a, b) && contains(b, a),
  'Sets.intersects(list, list): bool': (_sets: SetsNamespace, a: readonly unknown[], b: readonly unknown[]) =>
    b.some(lookup(a)),
};

const quantityOf = (value: string) =>
  new CelQuantity(tryParseQuantity(value) ?? fail(`quantities must match the regular expression, got ${value}`));
const fitsInt = ({ quantity }: CelQuantity): boolean =>
  quantity.isInteger() && BigInt.asIntN(64, quantity.value()) === quantity.value();
const compared = (a: CelQuantity, b: CelQuantity): number => a.quantity.compare(b.quantity);

const quantityFunctions: Readonly<Record<string, Handler>> = {
  'isQuantity(string): bool': (value: string) => tryParseQuantity(value) !== undefined,
  'quantity(string): Quantity': quantityOf,
  'Quantity.compareTo(Quantity): int': (a: CelQuantity, b: CelQuantity) => BigInt(compared(a, b)),
  'Quantity.isGreaterThan(Quantity): bool': (a: CelQuantity, b: CelQuantity) => compared(a, b) > 0,
  'Quantity.isLessThan(Quantity): bool': (a: CelQuantity, b: CelQuantity) => compared(a, b) < 0,
  'Quantity.sign(): int': ({ quantity }: CelQuantity) => BigInt(quantity.sign()),
  'Quantity.add(Quantity): Quantity': (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.quantity.add(b.quantity)),
  'Quantity.add(int): Quantity': (a: CelQuantity, b: bigint) => new CelQuantity(a.quantity.add(Quantity.of(b))),
  'Quantity.sub(Quantity): Quantity': (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.quantity.sub(b.quantity)),
  'Quantity.sub(int): Quantity': (a: CelQuantity, b: bigint) => new CelQuantity(a.quantity.sub(Quantity.of(b))),
  'Quantity.isInteger(): bool': fitsInt,
  'Quantity.asInteger(): int': (value: CelQuantity) =>
    fitsInt(value) ? value.quantity.value() : fail('cannot convert value to integer'),
  'Quantity.asApproximateFloat(): double': ({ quantity }: CelQuantity) => quantity.toNumber(),
};

/** Unlike fields of built-in kinds, CEL takes no leading zeros in IPv4 and no IPv4 in IPv6's form. */
const isStrict = ({ family }: IpAddress, text: string): boolean =>
  family === 'IPv6' || !(text.includes(':') || /(^|[./])0\d/.test(text));
function strictIp(text: string): IpAddress | undefined {
  const address = parseIp(text);
  return address && isStrict(address, text) ? address : undefined;
}
function strictCidr(text: string): Cidr | undefined {
  const cidr = parseCidr(text);
  return cidr && isStrict(cidr.address, text) ? cidr : undefined;
}
const ipOf = (value: string) =>
  new CelIp(strictIp(value) ?? fail(`IP Address ${JSON.stringify(value)} parse error during conversion from string`));
const cidrOf = (value: string) =>
  new CelCidr(strictCidr(value) ?? fail(`network address parse error during conversion from string: ${value}`));
const containsCidr = (range: Cidr, other: Cidr): boolean =>
  range.prefix <= other.prefix && cidrContains(range, other.address);
/** As of Go's netip: private addresses are among them. */
const isGlobalUnicast = (address: IpAddress): boolean =>
  !(isUnspecified(address) || isLoopback(address) || isMulticast(address) || isLinkLocalUnicast(address)) &&
  !(address.family === 'IPv4' && address.bits === 0xffffffffn);
const family = ({ address }: CelIp) => (address.family === 'IPv4' ? 4n : 6n);

const networkFunctions: Readonly<Record<string, Handler>> = {
  'isIP(string): bool': (value: string) => strictIp(value) !== undefined,
  'ip(string): IP': ipOf,
  'IP.family(): int': family,
  'IP.isUnspecified(): bool': ({ address }: CelIp) => isUnspecified(address),
  'IP.isLoopback(): bool': ({ address }: CelIp) => isLoopback(address),
  'IP.isLinkLocalMulticast(): bool': ({ address }: CelIp) => isLinkLocalMulticast(address),
  'IP.isLinkLocalUnicast(): bool': ({ address }: CelIp) => isLinkLocalUnicast(address),
  'IP.isGlobalUnicast(): bool': ({ address }: CelIp) => isGlobalUnicast(address),
  'string(IP): string': ({ address }: CelIp) => formatIp(address),
  'isCIDR(string): bool': (value: string) => strictCidr(value) !== undefined,
  'cidr(string): CIDR': cidrOf,
  'CIDR.containsIP(string): bool': ({ cidr }: CelCidr, value: string) => cidrContains(cidr, ipOf(value).address),
  'CIDR.containsIP(IP): bool': ({ cidr }: CelCidr, { address }: CelIp) => cidrContains(cidr, address),
  'CIDR.prefixLength(): int': ({ cidr }: CelCidr) => BigInt(cidr.prefix),
  'CIDR.ip(): IP': ({ cidr }: CelCidr) => new CelIp(cidr.address),
  'CIDR.masked(): CIDR': ({ cidr }: CelCidr) => new CelCidr({ ...cidr, address: cidr.network }),
  'CIDR.containsCIDR(string): bool': ({ cidr }: CelCidr, value: string) => containsCidr(cidr, cidrOf(value).cidr),
  'CIDR.containsCIDR(CIDR): bool': ({ cidr }: CelCidr, other: CelCidr) => containsCidr(cidr, other.cidr),
  'string(CIDR): string': ({ cidr: { address, prefix } }: CelCidr) => `${formatIp(address)}/${prefix}`,
  'IpNamespace.isCanonical(string): bool': (_ip: IpNamespace, value: string) => formatIp(ipOf(value).address) === value,
};

/** CEL with the libraries that rules of custom resources have (apiserver/pkg/cel/library). */
function makeEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  const types = { Quantity: CelQuantity, IP: CelIp, CIDR: CelCidr, URL: CelUrl, Sets: SetsNamespace, IpNamespace };
  for (const [name, type] of Object.entries(types)) environment.registerType(name, type);
  for (const type of ['Quantity', 'IP', 'CIDR', 'URL']) {
    environment.registerOperator(`${type} == ${type}`, celEqual);
  }
  registerMacros(environment, celEqual);
  environment.registerConstant('sets', 'Sets', new SetsNamespace());
  environment.registerConstant('ip', 'IpNamespace', new IpNamespace());
  const libraries = [stringFunctions, listFunctions, quantityFunctions, networkFunctions, urlFunctions, timeFunctions];
  for (const library of libraries) {
    for (const [signature, handler] of Object.entries(library)) {
      environment.registerFunction(signature, handler as (...args: unknown[]) => unknown, { async: false });
    }
  }
  return environment;
}

let made: Environment | undefined;

/** Made when the first rule is seen: most clusters have none. */
export const baseEnvironment = (): Environment => (made ??= makeEnvironment());
