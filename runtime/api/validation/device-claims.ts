import { deviceSelectorProblem } from '../custom/cel/admission';
import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  DeviceClaim, DeviceClass, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceToleration,
  OpaqueDeviceConfiguration, ResourceClaimTemplate, ResourceV1ResourceClaim,
} from '../kinds';
import { byteLength, labelValueProblems } from '../names';
import type { Findings } from './common';
import { dnsSubdomain, immutable, invalidEach, labelName, labels, SPEC } from './common';
import { deviceLabel, fullAttributeName, limitedList, limitedSet, MAX_REQUESTS } from './device-sets';
import { annotations } from './meta';
import { isExtendedResource } from './resources';
import type { KindRules } from './rules';
import { csiDriverName } from './volume-sources';

const MAX_CONSTRAINTS = 32;
const MAX_CONFIGS = 32;
const MAX_SELECTORS = 32;
const MAX_ALTERNATIVES = 8;
const MAX_EXPRESSION = 10 * 1024;
const MAX_PARAMETERS = 10 * 1024;
export const DEVICE_EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

interface Wanted {
  readonly deviceClassName?: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: string;
  readonly count?: number;
  readonly tolerations?: readonly DeviceToleration[];
}

function selector(out: Findings, path: Path, { cel }: DeviceSelector): void {
  if (!cel) {
    out.push(finding.required(path.child('cel')));
    return;
  }
  const at = path.child('cel', 'expression');
  const text = cel.expression ?? '';
  if (byteLength(text) > MAX_EXPRESSION) out.push(finding.tooLong(at, MAX_EXPRESSION));
  else {
    const problem = deviceSelectorProblem(text);
    if (problem) out.push(finding.invalid(at, text, problem));
  }
}

const selectors = (out: Findings, path: Path, list: readonly DeviceSelector[] | undefined) =>
  limitedList(out, path, list, MAX_SELECTORS, selector);

function toleration(out: Findings, path: Path, { key, operator, value = '', effect }: DeviceToleration): void {
  if (key) labelName(out, path.child('key'), key);
  if (operator === 'Exists') {
    const detail = 'must be empty for operator `Exists`';
    if (value) out.push(finding.invalid(path.child('value'), value, detail));
  } else if (operator === 'Equal') invalidEach(out, path.child('value'), value, labelValueProblems(value));
  else if (!operator) out.push(finding.required(path.child('operator')));
  else out.push(finding.notSupportedOf(path.child('operator'), operator, ['Equal', 'Exists']));
  if (effect && !DEVICE_EFFECTS.includes(effect)) {
    out.push(finding.notSupported(path.child('effect'), effect, DEVICE_EFFECTS));
  }
}

function wanted(out: Findings, path: Path, given: Wanted): void {
  const { deviceClassName: className, allocationMode: mode = '', count = 0 } = given;
  if (className) dnsSubdomain(out, path.child('deviceClassName'), className);
  else out.push(finding.required(path.child('deviceClassName')));
  selectors(out, path.child('selectors'), given.selectors);
  const at = path.child('count');
  if (mode === 'All') {
    if (count !== 0) out.push(finding.invalid(at, count, "must not be specified when allocationMode is 'All'"));
  } else if (mode === 'ExactCount') {
    if (count <= 0) out.push(finding.invalid(at, count, 'must be greater than zero'));
  } else out.push(finding.notSupported(path.child('allocationMode'), mode, ['All', 'ExactCount']));
  given.tolerations?.forEach((item, i) => toleration(out, path.child('tolerations').index(i), item));
}

/** The flat form of v1beta1 as the nested one of later versions. */
function nested(request: DeviceRequest & Wanted): DeviceRequest {
  if (request.exactly || request.firstAvailable?.length || request.deviceClassName === undefined) return request;
  const { name, ...rest } = request;
  return { name, exactly: { ...rest, deviceClassName: request.deviceClassName } as DeviceRequest['exactly'] };
}

function request(out: Findings, path: Path, given: DeviceRequest): void {
  const { name = '', exactly, firstAvailable = [] } = nested(given);
  deviceLabel(out, path.child('name'), name);
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly && firstAvailable.length) {
    out.push(finding.invalid(path, undefined, `${one}, but multiple fields are set`));
  } else if (exactly) wanted(out, path.child('exactly'), exactly);
  else if (!firstAvailable.length) out.push(finding.required(path, one));
  else {
    limitedSet(out, path.child('firstAvailable'), firstAvailable, MAX_ALTERNATIVES, (found, at, item) => {
      deviceLabel(found, at.child('name'), item.name ?? '');
      wanted(found, at, item);
    }, (item) => item.name ?? '');
  }
}

type Names = ReadonlyMap<string, ReadonlySet<string>>;

const requestNames = (requests: readonly DeviceRequest[] = []): Names =>
  new Map(requests.map(({ name, firstAvailable = [] }) => [name, new Set(firstAvailable.map((item) => item.name))]));

function nameReference(out: Findings, path: Path, reference: string, names: Names): void {
  const segments = reference.split('/');
  const [first = '', second] = segments;
  const wrong = 'must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'';
  if (segments.length > 2) {
    out.push(finding.invalid(path, reference, wrong));
    return;
  }
  for (const segment of segments) deviceLabel(out, path, segment);
  const known = names.get(first);
  if (!known || (second !== undefined && !known.has(second))) out.push(finding.invalid(path, reference, wrong));
}

function references(out: Findings, path: Path, list: readonly string[] | undefined, names: Names): void {
  const check = (found: Findings, at: Path, name: string) => nameReference(found, at, name, names);
  limitedSet(out, path, list, MAX_REQUESTS, check, (name) => name);
}

function constraint(out: Findings, path: Path, given: DeviceConstraint, names: Names): void {
  references(out, path.child('requests'), given.requests, names);
  for (const field of ['matchAttribute', 'distinctAttribute'] as const) {
    const name = given[field];
    if (name === undefined) continue;
    fullAttributeName(out, path.child(field), name);
    return;
  }
  const detail =
    'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  out.push(finding.required(path, detail));
}

function configuration(out: Findings, path: Path, { opaque }: { opaque?: OpaqueDeviceConfiguration }): void {
  if (!opaque) {
    out.push(finding.required(path.child('opaque')));
    return;
  }
  csiDriverName(out, path.child('opaque', 'driver'), opaque.driver);
  const at = path.child('opaque', 'parameters');
  const { parameters } = opaque;
  if (parameters === undefined || parameters === null) out.push(finding.required(at));
  else if (byteLength(JSON.stringify(parameters)) > MAX_PARAMETERS) out.push(finding.tooLong(at, MAX_PARAMETERS));
  else if (typeof parameters !== 'object' || Array.isArray(parameters)) {
    out.push(finding.invalid(at, '<value omitted>', 'must be a valid JSON object'));
  }
}

function claim(out: Findings, path: Path, { requests, constraints, config }: DeviceClaim): void {
  const names = requestNames(requests);
  limitedSet(out, path.child('requests'), requests, MAX_REQUESTS, request, ({ name = '' }) => name);
  limitedList(out, path.child('constraints'), constraints, MAX_CONSTRAINTS, (found, at, item) =>
    constraint(found, at, item, names),
  );
  limitedList(out, path.child('config'), config, MAX_CONFIGS, (found, at, item) => {
    references(found, at.child('requests'), item.requests, names);
    configuration(found, at, item);
  });
}

export const resourceClaim: KindRules<ResourceV1ResourceClaim> = {
  create({ spec }) {
    const out: Findings = [];
    claim(out, SPEC.child('devices'), spec?.devices ?? {});
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    immutable(out, SPEC, object.spec, old.spec);
    return out;
  },
};

export const resourceClaimTemplate: KindRules<ResourceClaimTemplate> = {
  create({ spec }) {
    const out: Findings = [];
    const { metadata } = spec ?? {};
    annotations(out, SPEC.child('metadata', 'annotations'), metadata?.annotations);
    labels(out, SPEC.child('metadata', 'labels'), metadata?.labels);
    claim(out, SPEC.child('spec', 'devices'), spec?.spec?.devices ?? {});
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    immutable(out, SPEC, object.spec, old.spec);
    return out;
  },
};

export const deviceClass: KindRules<DeviceClass> = {
  create({ spec }) {
    const out: Findings = [];
    selectors(out, SPEC.child('selectors'), spec?.selectors);
    limitedList(out, SPEC.child('config'), spec?.config, MAX_CONFIGS, configuration);
    const name = spec?.extendedResourceName;
    if (name !== undefined && !isExtendedResource(name)) {
      const detail = 'must be a valid extended resource name';
      out.push(finding.invalid(SPEC.child('extendedResourceName'), name, detail));
    }
    return out;
  },
};
