import { finding, Path } from '../finding';
import type {
  Lease, PodDisruptionBudget, PriorityClass, RuntimeClass, StorageClass, TopologySelectorTerm,
} from '../kinds';
import { dns1123LabelProblems, qualifiedNameProblems } from '../names';
import type { Findings } from './common';
import { byteLength } from '../names';
import {
  immutable, invalidEach, labelName, labels, labelSelector, METADATA, optionalOneOf, requiredOneOf, semanticallyEqual,
  SPEC,
} from './common';
import { resourceRequirements } from './resources';
import type { KindRules } from './rules';
import { tolerations } from './scheduling';
import { deprecatedNodeLabel } from './pod-warnings';
import { intOrPercent, notMoreThanHundredPercent, statusCounts } from './workloads';

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

export const podDisruptionBudget: KindRules<PodDisruptionBudget> = {
  create({ spec = {} }) {
    const out: Findings = [];
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      const printed = {
        MinAvailable: minAvailable, Selector: selector ?? null, MaxUnavailable: maxUnavailable,
        UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
      };
      out.push(finding.invalid(SPEC, printed, 'minAvailable and maxUnavailable cannot be both set'));
    }
    for (const field of ['minAvailable', 'maxUnavailable'] as const) {
      if (spec[field] === undefined) continue;
      intOrPercent(out, SPEC.child(field), spec[field]);
      notMoreThanHundredPercent(out, SPEC.child(field), spec[field]);
    }
    labelSelector(out, SPEC.child('selector'), selector);
    optionalOneOf(out, SPEC.child('unhealthyPodEvictionPolicy'), unhealthyPodEvictionPolicy, EVICTION_POLICIES);
    return out;
  },
  updateStatus({ status }) {
    const out: Findings = [];
    statusCounts(out, status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']);
    return out;
  },
};

const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
]);
const MAX_USER_PRIORITY = 1_000_000_000;

function systemPriorityProblem({ metadata: { name = '' }, value, globalDefault }: PriorityClass): string | undefined {
  const known = SYSTEM_PRIORITIES.get(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function createPriorityClass(object: PriorityClass): Findings {
  const out: Findings = [];
  if (object.metadata.name?.startsWith('system-')) {
    const problem = systemPriorityProblem(object);
    const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`;
    if (problem) out.push(finding.forbidden(METADATA.child('name'), detail));
  } else if ((object.value ?? 0) > MAX_USER_PRIORITY) {
    const detail = `maximum allowed value of a user defined priority is ${MAX_USER_PRIORITY}`;
    out.push(finding.forbidden(Path.of('value'), detail));
  }
  if (object.preemptionPolicy !== undefined) {
    requiredOneOf(out, Path.of('preemptionPolicy'), object.preemptionPolicy, ['PreemptLowerPriority', 'Never']);
  }
  return out;
}

export const priorityClass: KindRules<PriorityClass> = {
  create: createPriorityClass,
  update(object, old) {
    const out: Findings = [];
    if ((object.value ?? 0) !== (old.value ?? 0)) {
      out.push(finding.forbidden(Path.of('value'), 'may not be changed in an update.'));
    }
    immutable(out, Path.of('preemptionPolicy'), object.preemptionPolicy, old.preemptionPolicy);
    return out;
  },
};

function topologyTerm(out: Findings, path: Path, { matchLabelExpressions = [] }: TopologySelectorTerm): void {
  const keys = new Set<string>();
  matchLabelExpressions.forEach(({ key, values }, i) => {
    const at = path.child('matchLabelExpressions').index(i);
    if (!values?.length) out.push(finding.required(at.child('values')));
    values?.forEach((value, j) => {
      if (values.indexOf(value) < j) out.push(finding.duplicate(at.child('values').index(j), value));
    });
    labelName(out, at.child('key'), key);
    if (keys.has(key)) out.push(finding.duplicate(at.child('key'), key));
    keys.add(key);
  });
}

function parameters(out: Findings, map: Readonly<Record<string, string>> = {}): void {
  const path = Path.of('parameters');
  const entries = Object.entries(map);
  if (entries.length > 512) out.push(finding.tooLong(path, 512));
  let size = 0;
  for (const [key, value] of entries) {
    if (!key) out.push(finding.invalid(path, key, 'field can not be empty.'));
    size += byteLength(key) + byteLength(value);
  }
  if (size > 256 * 1024) out.push(finding.tooLong(path, 256 * 1024));
}

function createStorageClass(object: StorageClass): Findings {
  const out: Findings = [];
  const { provisioner = '' } = object;
  if (!provisioner) out.push(finding.required(Path.of('provisioner')));
  else invalidEach(out, Path.of('provisioner'), provisioner, qualifiedNameProblems(provisioner.toLowerCase()));
  parameters(out, object.parameters);
  if (object.reclaimPolicy) optionalOneOf(out, Path.of('reclaimPolicy'), object.reclaimPolicy, ['Delete', 'Retain']);
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  requiredOneOf(out, Path.of('volumeBindingMode'), object.volumeBindingMode, modes);
  object.allowedTopologies?.forEach((term, i) => topologyTerm(out, Path.of('allowedTopologies').index(i), term));
  return out;
}

const CLASS_FIXED = ['parameters', 'provisioner', 'reclaimPolicy'] as const;

export const storageClass: KindRules<StorageClass> = {
  create: createStorageClass,
  update(object, old) {
    const out: Findings = [];
    for (const field of CLASS_FIXED) {
      if (semanticallyEqual(object[field], old[field])) continue;
      out.push(finding.forbidden(Path.of(field), `updates to ${field} are forbidden.`));
    }
    immutable(out, Path.of('volumeBindingMode'), object.volumeBindingMode, old.volumeBindingMode);
    return out;
  },
  warnings({ allowedTopologies }) {
    return (allowedTopologies ?? []).flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, j) => {
        const message = deprecatedNodeLabel(key);
        const at = Path.of('allowedTopologies').index(i).child('matchLabelExpressions').index(j).child('key');
        return message ? [`${at}: ${message}`] : [];
      }),
    );
  },
};

export const lease: KindRules<Lease> = {
  create({ spec = {} }) {
    const out: Findings = [];
    const { leaseDurationSeconds: duration, leaseTransitions: transitions, strategy, preferredHolder } = spec;
    if (duration !== undefined && duration <= 0) {
      out.push(finding.invalid(SPEC.child('leaseDurationSeconds'), duration, 'must be greater than 0'));
    }
    if (transitions !== undefined && transitions < 0) {
      out.push(finding.invalid(SPEC.child('leaseTransitions'), transitions, 'must be greater than or equal to 0'));
    }
    if (preferredHolder && !strategy) {
      out.push(finding.forbidden(SPEC.child('preferredHolder'), 'may only be specified when `strategy` is defined'));
    }
    return out;
  },
};

function createRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): Findings {
  const out: Findings = [];
  invalidEach(out, Path.of('handler'), handler ?? '', dns1123LabelProblems(handler ?? ''));
  if (overhead)
    resourceRequirements(out, Path.of('overhead', 'podFixed'), { limits: overhead.podFixed ?? {} }, new Set());
  labels(out, Path.of('scheduling', 'nodeSelector'), scheduling?.nodeSelector);
  const path = Path.of('scheduling', 'tolerations');
  tolerations(out, path, scheduling?.tolerations);
  const seen: unknown[] = [];
  scheduling?.tolerations?.forEach((item, i) => {
    if (seen.some((other) => semanticallyEqual(other, item))) out.push(finding.duplicate(path.index(i), item));
    seen.push(item);
  });
  return out;
}

export const runtimeClass: KindRules<RuntimeClass> = {
  create: createRuntimeClass,
  update(object, old) {
    const out: Findings = [];
    immutable(out, Path.of('handler'), object.handler, old.handler);
    return out;
  },
};
