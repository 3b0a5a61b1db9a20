import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  CapacityRequestPolicy, CapacityRequestPolicyRange, Counter, Device, DeviceAttribute, DeviceCapacity, DeviceTaint,
  NodeSelector, ResourcePool, ResourceSlice, ResourceSliceSpec, V1beta2DeviceTaintRule,
} from '../kinds';
import { byteLength, labelValueProblems } from '../names';
import type { Quantity } from '../quantity';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { dnsSubdomain, immutable, invalidEach, labelName, POSITIVE, SPEC } from './common';
import { DEVICE_EFFECTS } from './device-claims';
import { attributeName, deviceLabel, limitedList, limitedMap, limitedSet, poolName } from './device-sets';
import type { KindRules } from './rules';
import { nodeSelector } from './scheduling';
import { csiDriverName } from './volume-sources';

const MAX_DEVICES = 128;
const MAX_TAINTED_DEVICES = 64;
const MAX_VALUES = 32;
const MAX_COUNTERS = 32;
const MAX_COUNTER_SETS = 8;
const MAX_CONSUMPTIONS = 2;
const MAX_TAINTS = 16;
const MAX_CONDITIONS = 4;
const MAX_TEXT = 64;
const MAX_OPTIONS = 10;
const PRERELEASE = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const SEMVER = new RegExp(
  `^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-${PRERELEASE}(\\.${PRERELEASE})*)?` +
    '(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$',
);

function attribute(out: Findings, path: Path, given: DeviceAttribute): void {
  const { string: text, version } = given;
  if (text !== undefined && byteLength(text) > MAX_TEXT) out.push(finding.tooLong(path.child('string'), MAX_TEXT));
  if (version !== undefined) {
    const at = path.child('version');
    const detail = 'must be a string compatible with semver.org spec 2.0.0';
    if (!SEMVER.test(version)) out.push(finding.invalid(at, version, detail));
    if (byteLength(version) > MAX_TEXT) out.push(finding.tooLong(at, MAX_TEXT));
  }
  const set = Object.values(given).filter((value) => value !== undefined).length;
  if (set !== 1) out.push(finding.invalid(path, set === 0 ? '' : given, 'exactly one value must be specified'));
}

function options(out: Findings, path: Path, values: readonly string[], most: Quantity, standard: Quantity): void {
  const quantities = values.map((text) => tryParseQuantity(text));
  quantities.forEach((value, i) => {
    const before = quantities[i - 1];
    if (!value || !before || before.compare(value) <= 0) return;
    out.push(finding.invalid(path.index(i), value.toString(), 'values must be sorted in ascending order'));
  });
  limitedSet(out, path, quantities, MAX_OPTIONS, (found, at, value) => {
    const detail = `option is larger than capacity value: ${most.toString()}`;
    if (value && value.compare(most) > 0) found.push(finding.invalid(at, value.toString(), detail));
  }, (value) => String(value?.value()));
  if (quantities.some((value) => value?.compare(standard) === 0)) return;
  const detail = 'default value is not valid according to the requestPolicy';
  out.push(finding.invalid(path, standard.toString(), detail));
}

function range(out: Findings, path: Path, given: CapacityRequestPolicyRange, most: Quantity, standard: Quantity): void {
  const of = (text: string | undefined) => (text === undefined ? undefined : tryParseQuantity(text));
  const [min, max, step] = [of(given.min), of(given.max), of(given.step)];
  const refuse = (field: string, value: Quantity, detail: string) =>
    out.push(finding.invalid(path.child(field), value.toString(), detail));
  if (!min) {
    out.push(finding.required(path.child('min'), 'required when validRange is defined'));
    return;
  }
  if (min.compare(most) > 0) refuse('min', min, `min is larger than capacity value: ${most.toString()}`);
  if (standard.compare(min) < 0) refuse('min', standard, `default is less than min: ${min.toString()}`);
  if (max) {
    if (min.compare(max) > 0) refuse('max', min, `min is larger than max: ${max.toString()}`);
    if (max.compare(most) > 0) refuse('max', max, `max is larger than capacity value: ${most.toString()}`);
    if (standard.compare(max) > 0) refuse('max', standard, `default is more than max: ${max.toString()}`);
  }
  if (!step) return;
  for (const value of max ? [standard, max] : [standard]) {
    if (step.value() !== 0n && (value.value() - min.value()) % step.value() === 0n) continue;
    refuse('step', value, `value is not a multiple of a given step (${step.toString()}) from (${min.toString()})`);
  }
}

function requestPolicy(out: Findings, path: Path, capacity: string, policy: CapacityRequestPolicy): void {
  const { validValues = [], validRange, default: text } = policy;
  if (validValues.length && validRange) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    out.push(finding.forbidden(path, detail));
    return;
  }
  const which = validValues.length ? 'validValues' : 'validRange';
  if (!validValues.length && !validRange) return;
  if (text === undefined) out.push(finding.required(path.child('default'), `required when ${which} is defined`));
  const [most, standard] = [tryParseQuantity(capacity), tryParseQuantity(text ?? '')];
  if (!most || !standard) return;
  if (validRange) range(out, path.child('validRange'), validRange, most, standard);
  else options(out, path.child('validValues'), validValues, most, standard);
}

function capacityOf(out: Findings, path: Path, { value, requestPolicy: policy }: DeviceCapacity, shared: boolean): void {
  const at = path.child('requestPolicy');
  if (!policy) return;
  if (shared) requestPolicy(out, at, value, policy);
  else out.push(finding.forbidden(at, 'allowMultipleAllocations must be true'));
}

function taint(out: Findings, path: Path, { key = '', value, effect }: DeviceTaint): void {
  labelName(out, path.child('key'), key);
  if (value) invalidEach(out, path.child('value'), value, labelValueProblems(value));
  if (!effect) out.push(finding.required(path.child('effect')));
  else if (!DEVICE_EFFECTS.includes(effect)) {
    out.push(finding.notSupported(path.child('effect'), effect, DEVICE_EFFECTS));
  }
}

function counters(out: Findings, path: Path, map: Record<string, Counter> | undefined): void {
  if (Object.keys(map ?? {}).length) limitedMap(out, path, map, MAX_COUNTERS, deviceLabel, () => undefined);
  else out.push(finding.required(path));
}

function named(out: Findings, path: Path, name: string | undefined): void {
  if (name) deviceLabel(out, path, name);
  else out.push(finding.required(path));
}

function bindingConditions(out: Findings, path: Path, device: Device): void {
  const { bindingConditions: binding = [], bindingFailureConditions: failure = [] } = device;
  const [bindingAt, failureAt] = [path.child('bindingConditions'), path.child('bindingFailureConditions')];
  limitedList(out, bindingAt, binding, MAX_CONDITIONS, labelName);
  limitedList(out, failureAt, failure, MAX_CONDITIONS, labelName);
  binding.forEach((name, i) => {
    if (binding.indexOf(name) < i) out.push(finding.duplicate(bindingAt.index(i), name));
  });
  failure.forEach((name, i) => {
    if (failure.indexOf(name) < i) out.push(finding.duplicate(failureAt.index(i), name));
    const overlap = 'bindingFailureConditions must not overlap with bindingConditions';
    if (binding.includes(name)) out.push(finding.invalid(failureAt.index(i), name, overlap));
  });
  const needs = (at: Path, list: readonly string[], one: string, other: string) =>
    out.push(finding.invalid(at, list, `${one} are required to use ${other}`));
  if (!binding.length && failure.length) needs(bindingAt, binding, 'bindingConditions', 'bindingFailureConditions');
  if (!failure.length && binding.length) needs(failureAt, failure, 'bindingFailureConditions', 'bindingConditions');
}

interface Placed {
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
}

/** Checks where something is, and returns which of the fields say so. */
function placement(out: Findings, path: Path, given: Placed, emptyName: string): string[] {
  const set: string[] = [];
  const { nodeName, nodeSelector: selector, allNodes } = given;
  if (nodeName) {
    set.push('`nodeName`');
    dnsSubdomain(out, path.child('nodeName'), nodeName);
  } else if (nodeName === '') out.push(finding.invalid(path.child('nodeName'), nodeName, emptyName));
  if (selector) {
    set.push('`nodeSelector`');
    nodeSelector(out, path.child('nodeSelector'), selector);
  }
  if (allNodes) set.push('`allNodes`');
  else if (allNodes === false) {
    out.push(finding.invalid(path.child('allNodes'), allNodes, 'must be either unset or set to true'));
  }
  return set;
}

function devicePlacement(out: Findings, path: Path, device: Device, each: boolean): void {
  const { nodeName, nodeSelector: selector, allNodes } = device;
  if (!each) {
    const detail = '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true ' +
      'in the ResourceSlice spec';
    if (nodeName !== undefined || selector || allNodes !== undefined) out.push(finding.invalid(path, undefined, detail));
    return;
  }
  const set = placement(out, path, device, 'must not be empty');
  const detail = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is ' +
    'set to true in the ResourceSlice spec';
  if (!set.length) out.push(finding.required(path, detail));
  else if (set.length > 1) out.push(finding.invalid(path, `{${set.join(', ')}}`, detail));
}

function device(out: Findings, path: Path, given: Device, each: boolean): void {
  deviceLabel(out, path.child('name'), given.name ?? '');
  const values = Object.keys(given.attributes ?? {}).length + Object.keys(given.capacity ?? {}).length;
  if (values > MAX_VALUES) {
    const detail = `the total number of attributes and capacities must not exceed ${MAX_VALUES}`;
    out.push(finding.invalid(path, values, detail));
  }
  limitedMap(out, path.child('attributes'), given.attributes, Infinity, attributeName, attribute);
  const shared = given.allowMultipleAllocations === true;
  limitedMap(out, path.child('capacity'), given.capacity, Infinity, attributeName, (found, at, item) =>
    capacityOf(found, at, item, shared),
  );
  limitedList(out, path.child('taints'), given.taints, MAX_TAINTS, taint);
  limitedSet(out, path.child('consumesCounters'), given.consumesCounters, MAX_CONSUMPTIONS, (found, at, item) => {
    named(found, at.child('counterSet'), item.counterSet);
    counters(found, at.child('counters'), item.counters);
  }, ({ counterSet }) => counterSet);
  devicePlacement(out, path, given, each);
  bindingConditions(out, path, given);
}

function pool(out: Findings, path: Path, { name, resourceSliceCount = 0, generation = 0 }: Partial<ResourcePool>): void {
  poolName(out, path.child('name'), name);
  if (resourceSliceCount <= 0) {
    out.push(finding.invalid(path.child('resourceSliceCount'), resourceSliceCount, POSITIVE));
  }
  if (generation < 0) {
    out.push(finding.invalid(path.child('generation'), generation, 'must be greater than or equal to zero'));
  }
}

function slicePlacement(out: Findings, spec: Partial<ResourceSliceSpec>): void {
  const set = placement(out, SPEC, spec, 'must be either unset or set to a non-empty string');
  const terms = spec.nodeSelector?.nodeSelectorTerms;
  if (spec.nodeSelector && terms?.length !== 1) {
    const at = SPEC.child('nodeSelector', 'nodeSelectorTerms');
    out.push(finding.invalid(at, terms, 'must have exactly one node selector term'));
  }
  const each = spec.perDeviceNodeSelection;
  if (each) set.push('`perDeviceNodeSelection`');
  else if (each === false) {
    out.push(finding.invalid(SPEC.child('perDeviceNodeSelection'), each, 'must be either unset or set to true'));
  }
  const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (!set.length) out.push(finding.required(SPEC, one));
  else if (set.length > 1) {
    out.push(finding.invalid(SPEC, `{${set.join(', ')}}`, `${one}, but multiple fields are set`));
  }
}

function sliceSpec(out: Findings, spec: Partial<ResourceSliceSpec>): void {
  const { devices, sharedCounters } = spec;
  slicePlacement(out, spec);
  if (sharedCounters && devices) {
    out.push(finding.invalid(SPEC, '', 'only one of `sharedCounters` or `devices` is allowed'));
  }
  const special = devices?.some(({ taints = [], consumesCounters: used = [] }) => taints.length || used.length);
  const each = spec.perDeviceNodeSelection === true;
  limitedSet(out, SPEC.child('devices'), devices, special ? MAX_TAINTED_DEVICES : MAX_DEVICES, (found, at, item) =>
    device(found, at, item, each), ({ name = '' }) => name);
  limitedSet(out, SPEC.child('sharedCounters'), sharedCounters, MAX_COUNTER_SETS, (found, at, item) => {
    named(found, at.child('name'), item.name);
    counters(found, at.child('counters'), item.counters);
  }, ({ name = '' }) => name);
}

function create({ spec }: ResourceSlice): Findings {
  const out: Findings = [];
  const given: Partial<ResourceSliceSpec> = spec ?? {};
  csiDriverName(out, SPEC.child('driver'), given.driver);
  pool(out, SPEC.child('pool'), given.pool ?? {});
  sliceSpec(out, given);
  return out;
}

export const resourceSlice: KindRules<ResourceSlice> = {
  create,
  update(object, old) {
    const out = create(object);
    const [now, before] = [object.spec, old.spec];
    immutable(out, SPEC.child('pool', 'name'), now.pool?.name, before.pool?.name);
    immutable(out, SPEC.child('driver'), now.driver, before.driver);
    immutable(out, SPEC.child('nodeName'), now.nodeName, before.nodeName);
    return out;
  },
};

export const deviceTaintRule: KindRules<V1beta2DeviceTaintRule> = {
  create({ spec }) {
    const out: Findings = [];
    const { driver, pool: poolOf, device: deviceOf } = spec?.deviceSelector ?? {};
    const path = SPEC.child('deviceSelector');
    if (driver !== undefined) csiDriverName(out, path.child('driver'), driver);
    if (poolOf !== undefined) poolName(out, path.child('pool'), poolOf);
    if (deviceOf !== undefined) deviceLabel(out, path.child('device'), deviceOf);
    taint(out, SPEC.child('taint'), spec?.taint ?? { key: '', effect: '' });
    return out;
  },
};
