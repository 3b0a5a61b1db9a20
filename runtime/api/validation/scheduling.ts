import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  Affinity, LabelSelector, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity,
  PodAffinityTerm, Taint,
  Toleration, TopologySpreadConstraint,
} from '../kinds';
import { dns1123LabelProblems, dns1123SubdomainProblems, labelValueProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, labelName, labelSelector, optionalOneOf, POSITIVE } from './common';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function toleration(out: Findings, path: Path, { key, operator, value, effect, tolerationSeconds }: Toleration): void {
  if (key) labelName(out, path.child('key'), key);
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    out.push(finding.invalid(path.child('operator'), operator ?? '', detail));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    out.push(finding.invalid(path.child('effect'), effect ?? '', detail));
  }
  if (!operator || operator === 'Equal') {
    const problems = labelValueProblems(value ?? '');
    if (problems.length) out.push(finding.invalid(path.child('operator'), value, problems.join(';')));
  } else if (operator === 'Exists') {
    if (value)
      out.push(finding.invalid(path.child('operator'), value, "value must be empty when `operator` is 'Exists'"));
  } else out.push(finding.notSupportedOf(path.child('operator'), operator, ['Equal', 'Exists']));
  if (effect) optionalOneOf(out, path.child('effect'), effect, EFFECTS);
}

export function tolerations(out: Findings, path: Path, list: readonly Toleration[] | undefined): void {
  list?.forEach((item, i) => toleration(out, path.index(i), item));
}

export function taints(out: Findings, path: Path, list: readonly Taint[]): void {
  const seen = new Set<string>();
  list.forEach((taint, i) => {
    const at = path.index(i);
    labelName(out, at.child('key'), taint.key);
    const problems = labelValueProblems(taint.value ?? '');
    if (problems.length) out.push(finding.invalid(at.child('value'), taint.value, problems.join(';')));
    if (!taint.effect) out.push(finding.required(at.child('effect')));
    else optionalOneOf(out, at.child('effect'), taint.effect, EFFECTS);
    const identity = `${taint.effect}/${taint.key}`;
    if (seen.has(identity)) {
      const printed =
        { Key: taint.key, Value: taint.value ?? '', Effect: taint.effect, TimeAdded: taint.timeAdded ?? null };
      out.push(finding.duplicateOf(at, printed, 'taints must be unique by key and effect pair'));
    }
    seen.add(identity);
  });
}

function nodeRequirement(
  out: Findings,
  path: Path,
  { key, operator, values = [] }: NodeSelectorRequirement,
  strict: boolean,
): void {
  const at = path.child('values');
  if (operator === 'In' || operator === 'NotIn') {
    if (!values.length) out.push(finding.required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length)
      out.push(finding.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1)
      out.push(finding.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else out.push(finding.invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  labelName(out, path.child('key'), key);
  if (strict) values.forEach((value, i) => invalidEach(out, at.index(i), value, labelValueProblems(value)));
}

function nodeFieldRequirement(
  out: Findings,
  path: Path,
  { key, operator, values = [] }: NodeSelectorRequirement,
): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      out.push(finding.required(path.child('values'), detail));
    }
  } else out.push(finding.invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  if (key !== 'metadata.name') out.push(finding.invalid(path.child('key'), key, 'not a valid field selector key'));
  else values.forEach((value, i) => invalidEach(out, path.child('values').index(i), value, dns1123SubdomainProblems(value)));
}

function nodeSelectorTerm(out: Findings, path: Path, term: NodeSelectorTerm, strict: boolean): void {
  term.matchExpressions?.forEach((item, i) => nodeRequirement(out, path.child('matchExpressions').index(i), item, strict));
  term.matchFields?.forEach((item, i) => nodeFieldRequirement(out, path.child('matchFields').index(i), item));
}

export function nodeSelector(out: Findings, path: Path, selector: NodeSelector): void {
  const at = path.child('nodeSelectorTerms');
  if (!selector.nodeSelectorTerms?.length) out.push(finding.required(at, 'must have at least one node selector term'));
  else selector.nodeSelectorTerms.forEach((term, i) => nodeSelectorTerm(out, at.index(i), term, true));
}

function weight(out: Findings, path: Path, value: number): void {
  if (value <= 0 || value > 100) out.push(finding.invalid(path.child('weight'), value, 'must be in the range 1-100'));
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function nodeAffinity(out: Findings, path: Path, value: NodeAffinity): void {
  const required = value[REQUIRED];
  if (required) nodeSelector(out, path.child(REQUIRED), required);
  value[PREFERRED]?.forEach((term, i) => {
    const at = path.child(PREFERRED).index(i);
    weight(out, at, term.weight);
    nodeSelectorTerm(out, at.child('preference'), term.preference, false);
  });
}

function labelKeys(out: Findings, path: Path, keys: readonly string[], selector: LabelSelector | undefined): void {
  if (keys.length === 0) return;
  if (!selector) out.push(finding.forbidden(path, 'must not be specified when labelSelector is not set'));
  else keys.forEach((key, i) => labelName(out, path.index(i), key));
}

function matchAndMismatchKeys(out: Findings, path: Path, term: PodAffinityTerm): void {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector: selector } = term;
  labelKeys(out, path.child('matchLabelKeys'), matchLabelKeys, selector);
  labelKeys(out, path.child('mismatchLabelKeys'), mismatchLabelKeys, selector);
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key);
    if (i >= 0 && seen.has(key)) {
      out.push(finding.invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector'));
    }
    seen.add(key);
  }
  matchLabelKeys.forEach((key, i) => {
    if (!mismatchLabelKeys.includes(key)) return;
    out.push(finding.invalid(
      path.child('matchLabelKeys').index(i),
      key,
      'exists in both matchLabelKeys and mismatchLabelKeys',
    ));
  });
}

function podAffinityTerm(out: Findings, path: Path, term: PodAffinityTerm): void {
  labelSelector(out, path.child('labelSelector'), term.labelSelector);
  labelSelector(out, path.child('namespaceSelector'), term.namespaceSelector);
  for (const name of term.namespaces ?? []) invalidEach(out, path.child('namespace'), name, dns1123LabelProblems(name));
  matchAndMismatchKeys(out, path, term);
  if (!term.topologyKey) out.push(finding.required(path.child('topologyKey'), 'can not be empty'));
  labelName(out, path.child('topologyKey'), term.topologyKey ?? '');
}

function podAffinity(out: Findings, path: Path, value: PodAffinity): void {
  value[REQUIRED]?.forEach((term, i) => podAffinityTerm(out, path.child(REQUIRED).index(i), term));
  value[PREFERRED]?.forEach((term, i) => {
    const at = path.child(PREFERRED).index(i);
    weight(out, at, term.weight);
    podAffinityTerm(out, at.child('podAffinityTerm'), term.podAffinityTerm);
  });
}

export function affinity(out: Findings, path: Path, value: Affinity): void {
  if (value.nodeAffinity) nodeAffinity(out, path.child('nodeAffinity'), value.nodeAffinity);
  if (value.podAffinity) podAffinity(out, path.child('podAffinity'), value.podAffinity);
  if (value.podAntiAffinity) podAffinity(out, path.child('podAntiAffinity'), value.podAntiAffinity);
}

function spreadKeys(
  out: Findings,
  path: Path,
  { matchLabelKeys = [], labelSelector: selector }: TopologySpreadConstraint,
): void {
  if (matchLabelKeys.length === 0) return;
  if (!selector) out.push(finding.forbidden(path, 'must not be specified when labelSelector is not set'));
  const selected = new Set([
    ...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map(({ key }) => key),
  ]);
  matchLabelKeys.forEach((key, i) => {
    labelName(out, path.index(i), key);
    if (selected.has(key))
      out.push(finding.invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector'));
  });
}

function spreadConstraint(
  out: Findings,
  path: Path,
  constraint: TopologySpreadConstraint,
  later: readonly TopologySpreadConstraint[],
): void {
  const { maxSkew, topologyKey, whenUnsatisfiable: action, minDomains } = constraint;
  if (maxSkew <= 0) out.push(finding.invalid(path.child('maxSkew'), maxSkew, POSITIVE));
  if (!topologyKey) out.push(finding.required(path.child('topologyKey'), 'can not be empty'));
  optionalOneOf(out, path.child('whenUnsatisfiable'), action ?? '', ['DoNotSchedule', 'ScheduleAnyway']);
  if (later.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action)) {
    out.push(finding.duplicate(path.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${action}}`));
  }
  if (minDomains !== undefined) {
    if (minDomains <= 0) out.push(finding.invalid(path.child('minDomains'), minDomains, POSITIVE));
    if (action !== 'DoNotSchedule') {
      const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
      out.push(finding.invalid(path.child('minDomains'), minDomains, detail));
    }
  }
  optionalOneOf(out, path.child('nodeAffinityPolicy'), constraint.nodeAffinityPolicy, ['Honor', 'Ignore']);
  optionalOneOf(out, path.child('nodeTaintsPolicy'), constraint.nodeTaintsPolicy, ['Honor', 'Ignore']);
  spreadKeys(out, path.child('matchLabelKeys'), constraint);
  labelSelector(out, path.child('labelSelector'), constraint.labelSelector);
}

export function topologySpread(out: Findings, path: Path, constraints: readonly TopologySpreadConstraint[]): void {
  constraints.forEach((constraint, i) => spreadConstraint(out, path.index(i), constraint, constraints.slice(i + 1)));
}
