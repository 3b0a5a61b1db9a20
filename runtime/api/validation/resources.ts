import type { Path } from '../finding';
import { finding } from '../finding';
import type { CoreV1ResourceClaim, ResourceRequirements } from '../kinds';
import { qualifiedNameProblems } from '../names';
import type { Quantity } from '../quantity';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { dnsLabel, invalidEach, NOT_NEGATIVE, POSITIVE } from './common';

const HUGE_PAGES = 'hugepages-';
const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
const COUNTED = [
  'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims',
  'services.nodeports', 'services.loadbalancers',
];
const INTEGER_RESOURCES = new Set(COUNTED);
const QUOTA_RESOURCES = new Set([
  'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', ...COUNTED,
]);
const STANDARD_RESOURCES = new Set([...QUOTA_RESOURCES, 'storage']);

export const isHugePages = (name: string) => name.startsWith(HUGE_PAGES);
const isQuotaHugePages = (name: string) => isHugePages(name) || name.startsWith(`requests.${HUGE_PAGES}`);
export const isNativeResource = (name: string) => !name.includes('/') || name.includes('kubernetes.io/');
export const isStandardQuotaResource = (name: string) => QUOTA_RESOURCES.has(name) || isQuotaHugePages(name);
export const isOvercommitAllowed = (name: string) => isNativeResource(name) && !isHugePages(name);

export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return qualifiedNameProblems(`requests.${name}`).length === 0;
}

/** A resource's name in any place; true if it is a well-formed one. */
export function resourceName(out: Findings, path: Path, name: string): boolean {
  const problems = qualifiedNameProblems(name);
  invalidEach(out, path, name, problems);
  if (problems.length) return false;
  if (name.includes('/') || STANDARD_RESOURCES.has(name) || isQuotaHugePages(name)) return true;
  out.push(finding.invalid(path, name, 'must be a standard resource type or fully qualified'));
  return false;
}

export function containerResourceName(out: Findings, path: Path, name: string): void {
  if (CONTAINER_RESOURCES.has(name)) return;
  resourceName(out, path, name);
  if (!name.includes('/')) {
    if (!isHugePages(name)) out.push(finding.invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    out.push(finding.invalid(path, name, "doesn't follow extended resource name standard"));
  }
}

export function quotaResourceName(out: Findings, path: Path, name: string): void {
  resourceName(out, path, name);
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    out.push(finding.invalid(path, name, 'must be a standard resource for quota'));
  }
}

const POD_LEVEL = ['cpu', 'memory'];

export function podResourceName(out: Findings, path: Path, name: string): void {
  if (POD_LEVEL.includes(name)) return;
  if (resourceName(out, path, name) && !isHugePages(name)) out.push(finding.notSupportedOf(path, name, POD_LEVEL));
}

export function positiveQuantity(out: Findings, path: Path, quantity: Quantity): boolean {
  if (quantity.sign() > 0) return true;
  out.push(finding.invalid(path, quantity.toString(), POSITIVE));
  return false;
}

/** An amount of a resource: never negative, whole where the resource is counted. */
export function resourceQuantity(out: Findings, path: Path, name: string, quantity: Quantity): void {
  if (quantity.sign() < 0) out.push(finding.invalid(path, quantity.toString(), NOT_NEGATIVE));
  if ((INTEGER_RESOURCES.has(name) || isExtendedResource(name)) && quantity.milliValue() % 1000n !== 0n) {
    out.push(finding.invalid(path, quantity.toString(), 'must be an integer'));
  }
}

function hugePagesAmount(out: Findings, path: Path, name: string, quantity: Quantity): void {
  const size = tryParseQuantity(name.slice(HUGE_PAGES.length));
  const divisible =
    size && size.sign() > 0 && size.milliValue() % 1000n === 0n && quantity.value() % size.value() === 0n;
  if (divisible) return;
  out.push(finding.invalid(path, quantity.toString(), `${quantity} is not positive integer multiple of ${name}`));
}

type NameCheck = (out: Findings, path: Path, name: string) => void;
type Amounts = Readonly<Record<string, string>>;

function amount(out: Findings, path: Path, name: string, quantity: Quantity, nameCheck: NameCheck): void {
  nameCheck(out, path, name);
  resourceQuantity(out, path, name, quantity);
}

function requestAgainstLimit(out: Findings, path: Path, name: string, request: Quantity, limits: Amounts): void {
  const limit = limits[name] === undefined ? undefined : tryParseQuantity(limits[name]);
  const requests = path.child('requests');
  if (!limit) {
    if (!isOvercommitAllowed(name)) {
      out.push(finding.required(path.child('limits'), 'Limit must be set for non overcommitable resources'));
    }
  } else if (request.compare(limit) !== 0 && !isOvercommitAllowed(name)) {
    out.push(finding.invalid(requests, request.toString(), `must be equal to ${name} limit of ${limit}`));
  } else if (request.compare(limit) > 0) {
    out.push(finding.invalid(requests, request.toString(), `must be less than or equal to ${name} limit of ${limit}`));
  }
}

function eachAmount(amounts: Amounts | undefined, visit: (name: string, quantity: Quantity) => void): void {
  if (!amounts) return;
  for (const name of Object.keys(amounts)) {
    const quantity = tryParseQuantity(amounts[name] ?? '');
    if (quantity) visit(name, quantity);
  }
}

/** Requests and limits of a container, or of a pod as a whole. */
export function resourceRequirements(
  out: Findings,
  path: Path,
  { limits, requests, claims }: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  nameCheck: NameCheck = containerResourceName,
): void {
  let hugePages = false;
  let compute = false;
  const note = (name: string, at: Path, quantity: Quantity) => {
    if (name === 'cpu' || name === 'memory') compute = true;
    if (!isHugePages(name)) return;
    hugePages = true;
    hugePagesAmount(out, at, name, quantity);
  };
  eachAmount(limits, (name, quantity) => {
    const at = path.child('limits').key(name);
    amount(out, at, name, quantity, nameCheck);
    note(name, at, quantity);
  });
  eachAmount(requests, (name, quantity) => {
    const at = path.child('requests').key(name);
    amount(out, at, name, quantity, nameCheck);
    requestAgainstLimit(out, path, name, quantity, limits ?? {});
    note(name, at, quantity);
  });
  if (hugePages && !compute) out.push(finding.forbidden(path, 'HugePages require cpu or memory'));
  if (claims) resourceClaims(out, path.child('claims'), claims, claimNames);
}

function resourceClaims(
  out: Findings,
  path: Path,
  claims: readonly CoreV1ResourceClaim[],
  known: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  claims.forEach(({ name, request }, i) => {
    const at = path.index(i);
    if (!name) {
      out.push(finding.required(at));
      return;
    }
    if (request) dnsLabel(out, at.child('request'), request);
    const key = request ? `${name}/${request}` : name;
    const overlaps =
      seen.has(name) || seen.has(key) || (!request && [...seen].some((other) => other.startsWith(`${name}/`)));
    if (overlaps) out.push(finding.duplicate(at, seen.has(name) ? name : key));
    seen.add(key);
    if (known.has(name)) return;
    const names = known.size ? `: ${[...known].sort().join(', ')}` : ' which is empty';
    out.push(finding.notFoundOf(at, name, `must be one of the names in pod.spec.resourceClaims${names}`));
  });
}
