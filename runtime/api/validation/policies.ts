import { finding, Path } from '../finding';
import type { Lease, PodDisruptionBudget, PriorityClass, RuntimeClass, Toleration } from '../kinds';
import { dns1123LabelProblems } from '../names';
import type { Findings } from './common';
import {
  immutable, invalidEach, labels, labelSelector, METADATA, optionalOneOf, requiredOneOf, SPEC,
} from './common';
import { resourceRequirements } from './resources';
import type { KindRules } from './rules';
import { leaseStrategy } from './lease-candidate';
import { tolerations } from './scheduling';
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
    if (strategy !== undefined) leaseStrategy(out, SPEC.child('strategy'), strategy);
    if (preferredHolder && !strategy) {
      out.push(finding.forbidden(SPEC.child('preferredHolder'), 'may only be specified if `strategy` is defined'));
    }
    return out;
  },
};

/** A toleration as Go's internal type prints. */
const printedToleration = ({ key, operator, value, effect, tolerationSeconds }: Toleration) => ({
  Key: key ?? '', Operator: operator ?? '', Value: value ?? '', Effect: effect ?? '',
  TolerationSeconds: tolerationSeconds ?? null,
});

function createRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): Findings {
  const out: Findings = [];
  invalidEach(out, Path.of('handler'), handler ?? '', dns1123LabelProblems(handler ?? ''));
  if (overhead)
    resourceRequirements(out, Path.of('overhead'), { limits: overhead.podFixed ?? {} }, new Set());
  labels(out, Path.of('scheduling', 'nodeSelector'), scheduling?.nodeSelector);
  const path = Path.of('scheduling', 'tolerations');
  tolerations(out, path, scheduling?.tolerations);
  const seen = new Set<string>();
  scheduling?.tolerations?.forEach((item, i) => {
    const key = JSON.stringify([item.key, item.operator, item.value, item.effect]);
    if (seen.has(key)) out.push(finding.duplicate(path.index(i), printedToleration(item)));
    seen.add(key);
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
