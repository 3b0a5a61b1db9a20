import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  LimitRange, LimitRangeItem, ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement,
} from '../kinds';
import { qualifiedNameProblems } from '../names';
import type { Quantity } from '../quantity';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { IMMUTABLE, invalidEach, SPEC, STATUS } from './common';
import {
  containerResourceName, isHugePages, isOvercommitAllowed, isStandardQuotaResource, quotaResourceName, resourceName,
  resourceQuantity,
} from './resources';
import type { KindRules } from './rules';

type Amounts = Readonly<Record<string, string>> | undefined;

const SCOPES = [
  'BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating',
  'VolumeAttributesClass',
];
const CONFLICTING = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const;
const EXISTS_ONLY = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const POD_COMPUTE =
  new Set(['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory', 'pods']);

function amounts(out: Findings, path: Path, map: Amounts): void {
  for (const [name, text] of Object.entries(map ?? {})) {
    quotaResourceName(out, path.key(name), name);
    const quantity = tryParseQuantity(text);
    if (quantity) resourceQuantity(out, path.key(name), name, quantity);
  }
}

/** Whether pods of a scope can use a resource at all. */
function scopeFits(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') return ['persistentvolumeclaims', 'requests.storage'].includes(resource);
  return POD_COMPUTE.has(resource) || resource.endsWith('ephemeral-storage') || isHugePages(resource.replace(/^requests\./, ''));
}

function conflicts(out: Findings, path: Path, given: ReadonlySet<string>, printed: unknown): void {
  for (const pair of CONFLICTING) {
    if (pair.every((scope) => given.has(scope))) out.push(finding.invalid(path, printed, 'conflicting scopes'));
  }
}

function scopes(out: Findings, path: Path, { scopes: list, hard }: ResourceQuotaSpec): void {
  if (!list?.length) return;
  for (const scope of list) {
    if (!SCOPES.includes(scope)) out.push(finding.invalid(path, list, 'unsupported scope'));
    for (const resource of Object.keys(hard ?? {}).sort()) {
      if (!isStandardQuotaResource(resource) || scopeFits(scope, resource)) continue;
      out.push(finding.invalid(path, list, 'unsupported scope applied to resource'));
    }
  }
  conflicts(out, path, new Set(list), list);
}

function scopeRequirement(
  out: Findings,
  path: Path,
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
): void {
  if (EXISTS_ONLY.includes(scopeName) && operator !== 'Exists') {
    const names =
      ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort'].map((name) => `ResourceQuotaScope${name}`);
    const detail =
      `must be 'Exists' when scope is any of ${names.join(', ')} or ResourceQuotaScopeCrossNamespacePodAffinity`;
    out.push(finding.invalid(path.child('operator'), operator, detail));
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length) return;
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    out.push(finding.required(path.child('values'), detail));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (!values.length) return;
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    out.push(finding.invalid(path.child('values'), values, detail));
  } else out.push(finding.invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
}

function scopeSelector(out: Findings, spec: ResourceQuotaSpec): void {
  if (!spec.scopeSelector) return;
  const path = SPEC.child('scopeSelector', 'matchExpressions');
  const given = new Set<string>();
  for (const requirement of spec.scopeSelector.matchExpressions ?? []) {
    const { scopeName } = requirement;
    if (!SCOPES.includes(scopeName)) out.push(finding.invalid(path.child('scopeName'), scopeName, 'unsupported scope'));
    for (const resource of Object.keys(spec.hard ?? {}).sort()) {
      if (!isStandardQuotaResource(resource) || scopeFits(scopeName, resource)) continue;
      out.push(finding.invalid(path, spec.scopeSelector, 'unsupported scope applied to resource'));
    }
    scopeRequirement(out, path, requirement);
    given.add(scopeName);
  }
  conflicts(out, path, given, spec.scopes ?? null);
}

function quotaSpec(out: Findings, spec: ResourceQuotaSpec): void {
  amounts(out, SPEC.child('hard'), spec.hard);
  scopes(out, SPEC.child('scopes'), spec);
  scopeSelector(out, spec);
}

function quotaStatus(out: Findings, { status }: ResourceQuota): void {
  amounts(out, STATUS.child('hard'), status?.hard);
  amounts(out, STATUS.child('used'), status?.used);
}

export const resourceQuota: KindRules<ResourceQuota> = {
  create(quota) {
    const out: Findings = [];
    quotaSpec(out, quota.spec ?? {});
    quotaStatus(out, quota);
    return out;
  },
  update(quota, old) {
    const out: Findings = [];
    quotaSpec(out, quota.spec ?? {});
    const set = (object: ResourceQuota) => [...new Set(object.spec?.scopes)].sort().join();
    if (set(quota) !== set(old)) out.push(finding.invalid(SPEC.child('scopes'), quota.spec?.scopes, IMMUTABLE));
    return out;
  },
  updateStatus(quota) {
    const out: Findings = [];
    quotaStatus(out, quota);
    return out;
  },
};

const LIMIT_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

function limitType(out: Findings, path: Path, type: string): void {
  const problems = qualifiedNameProblems(type);
  invalidEach(out, path, type, problems);
  if (problems.length || type.includes('/') || LIMIT_TYPES.includes(type)) return;
  out.push(finding.invalid(path, type, 'must be a standard limit type or fully qualified'));
}

type Bound = 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio';

function bounds(out: Findings, path: Path, item: LimitRangeItem, bound: Bound): Map<string, Quantity> {
  const found = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(item[bound] ?? {})) {
    const at = path.child(bound).key(name);
    if (item.type === 'Pod' || item.type === 'Container') containerResourceName(out, at, name);
    else resourceName(out, at, name);
    const quantity = tryParseQuantity(text);
    if (quantity) found.set(name, quantity);
  }
  return found;
}

interface Limits {
  max?: Quantity;
  min?: Quantity;
  fallback?: Quantity;
  request?: Quantity;
  ratio?: Quantity;
}

const above =
  (a: Quantity | undefined, b: Quantity | undefined) => a !== undefined && b !== undefined && a.compare(b) > 0;

function limitOrder(out: Findings, path: Path, name: string, { max, min, fallback, request, ratio }: Limits): void {
  const refuse = (bound: Bound, value: Quantity | undefined, detail: string) =>
    out.push(finding.invalid(path.child(bound).key(name), value?.toString(), detail));
  if (above(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`);
  if (above(min, request))
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`);
  if (above(request, max))
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`);
  if (above(request, fallback)) {
    refuse(
      'defaultRequest',
      request,
      `default request value ${request} is greater than default limit value ${fallback}`,
    );
  }
  if (above(min, fallback)) refuse('default', min, `min value ${min} is greater than default value ${fallback}`);
  if (above(fallback, max)) refuse('default', max, `default value ${fallback} is greater than max value ${max}`);
  if (ratio && ratio.milliValue() < 1000n) refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`);
  if (ratio && min && max) {
    const most = max.toNumber() / min.toNumber();
    if (ratio.toNumber() > most) {
      refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`);
    }
  }
  if (!isOvercommitAllowed(name) && fallback && request && !fallback.equals(request)) {
    refuse(
      'defaultRequest',
      request,
      `default value ${fallback} must equal to defaultRequest value ${request} in ${name}`,
    );
  }
}

function limitItem(out: Findings, path: Path, item: LimitRangeItem): void {
  const max = bounds(out, path, item, 'max');
  const min = bounds(out, path, item, 'min');
  const ofPod = item.type === 'Pod';
  for (const bound of ['default', 'defaultRequest'] as const) {
    if (!ofPod || !Object.keys(item[bound] ?? {}).length) continue;
    out.push(finding.forbidden(path.child(bound), "may not be specified when `type` is 'Pod'"));
  }
  const none = new Map<string, Quantity>();
  const fallback = ofPod ? none : bounds(out, path, item, 'default');
  const request = ofPod ? none : bounds(out, path, item, 'defaultRequest');
  if (item.type === 'PersistentVolumeClaim' && !min.has('storage') && !max.has('storage')) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    out.push(finding.required(path.child('limits'), detail));
  }
  const ratio = bounds(out, path, item, 'maxLimitRequestRatio');
  const names = new Set([max, min, fallback, request, ratio].flatMap((map) => [...map.keys()]));
  for (const name of names) {
    const of = (map: Map<string, Quantity>) => map.get(name);
    limitOrder(
      out,
      path,
      name,
      { max: of(max), min: of(min), fallback: of(fallback), request: of(request), ratio: of(ratio) },
    );
  }
}

export const limitRange: KindRules<LimitRange> = {
  create({ spec }) {
    const out: Findings = [];
    const seen = new Set<string>();
    spec?.limits?.forEach((item, i) => {
      const at = SPEC.child('limits').index(i);
      limitType(out, at.child('type'), item.type);
      if (seen.has(item.type)) out.push(finding.duplicate(at.child('type'), item.type));
      seen.add(item.type);
      limitItem(out, at, item);
    });
    return out;
  },
};
