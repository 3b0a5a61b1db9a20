import type { V2HorizontalPodAutoscalerBehavior, V2HPAScalingRules } from '../../../api/kinds';

/** What an autoscaler would have liked at some time. */
export interface Recommendation {
  readonly at: number;
  readonly replicas: number;
}

/** By how many replicas it scaled. */
export interface ScaleEvent {
  readonly at: number;
  readonly change: number;
}

/** What an autoscaler remembers; lost, as upstream's is, when the controllers start anew. */
export interface ScalingHistory {
  recommendations: Recommendation[];
  scaleUps: ScaleEvent[];
  scaleDowns: ScaleEvent[];
}

export interface Normalization {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly behavior: V2HorizontalPodAutoscalerBehavior | undefined;
  readonly now: number;
}

export interface Outcome {
  readonly reason: string;
  readonly message: string;
}

export interface Normalized {
  readonly replicas: number;
  /** Why the recommendation isn't followed; undefined when it is. */
  readonly stabilized?: Outcome;
  /** Whether what was left of the recommendation was cut, and by what. */
  readonly limited: boolean;
  readonly limit: Outcome;
}

/** Seconds; upstream's default for going down. */
const downStabilization = 300;

const downStabilized: Outcome = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const upStabilized: Outcome = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const inRange: Outcome = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const tooMany: Outcome = {
  reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count',
};
const tooFew: Outcome = {
  reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count',
};
const tooFast: Outcome = {
  reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const tooFastDown: Outcome = {
  reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

const defaultUp: V2HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const defaultDown: V2HPAScalingRules = {
  selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

export const emptyHistory = (): ScalingHistory => ({ recommendations: [], scaleUps: [], scaleDowns: [] });

/** Holds a recommendation to what was recommended lately, to the allowed rates and to the bounds; remembers it. */
export function normalize(history: ScalingHistory, given: Normalization): Normalized {
  const { desired, behavior } = given;
  const [stable, why] = behavior ? stabilizeBoth(history, given, behavior) : stabilizeDown(history, given);
  const [replicas, limit] = behavior ? limitRate(history, { ...given, desired: stable }, behavior) : limitPlain({ ...given, desired: stable });
  return { replicas, ...(stable !== desired && { stabilized: why }), limited: replicas !== stable, limit };
}

function remember(history: ScalingHistory, now: number, replicas: number, windowSeconds: number): void {
  const oldest = now - windowSeconds * 1000;
  history.recommendations = [...history.recommendations.filter(({ at }) => at >= oldest), { at: now, replicas }];
}

function stabilizeDown(history: ScalingHistory, { desired, now }: Normalization): [number, Outcome] {
  const recent = history.recommendations.filter(({ at }) => at > now - downStabilization * 1000);
  remember(history, now, desired, downStabilization);
  return [Math.max(desired, ...recent.map(({ replicas }) => replicas)), downStabilized];
}

function stabilizeBoth(
  history: ScalingHistory, { current, desired, now }: Normalization, { scaleUp, scaleDown }: V2HorizontalPodAutoscalerBehavior,
): [number, Outcome] {
  const upWindow = scaleUp?.stabilizationWindowSeconds ?? 0;
  const downWindow = scaleDown?.stabilizationWindowSeconds ?? downStabilization;
  const since = (seconds: number) =>
    history.recommendations.filter(({ at }) => at > now - seconds * 1000).map(({ replicas }) => replicas);
  const lowest = Math.min(desired, ...since(upWindow));
  const highest = Math.max(desired, ...since(downWindow));
  remember(history, now, desired, Math.max(upWindow, downWindow));
  return [Math.min(Math.max(current, lowest), highest), desired >= current ? upStabilized : downStabilized];
}

/** Without a behavior: no more than twice as many at once, or four. */
function limitPlain({ current, desired, min, max }: Normalization): [number, Outcome] {
  const fastest = Math.max(2 * current, 4);
  const [most, why] = max > fastest ? [fastest, tooFast] : [max, tooMany];
  if (desired < min) return [min, tooFew];
  return desired > most ? [most, why] : [desired, inRange];
}

function limitRate(
  history: ScalingHistory, { current, desired, min, max, now }: Normalization, behavior: V2HorizontalPodAutoscalerBehavior,
): [number, Outcome] {
  if (desired > current) {
    const fastest = Math.max(current, upLimit(history, current, now, { ...defaultUp, ...behavior.scaleUp }));
    const [most, why] = max > fastest ? [fastest, tooFast] : [max, tooMany];
    if (desired > most) return [most, why];
  } else if (desired < current) {
    const fastest = Math.min(current, downLimit(history, current, now, { ...defaultDown, ...behavior.scaleDown }));
    const [fewest, why] = min < fastest ? [fastest, tooFastDown] : [min, tooFew];
    if (desired < fewest) return [fewest, why];
  }
  return [desired, inRange];
}

const changeSince = (events: readonly ScaleEvent[], after: number): number =>
  events.reduce((total, { at, change }) => (at > after ? total + change : total), 0);

/** How many there were when the period of each policy began, and what it makes of that. */
function proposals(
  { scaleUps, scaleDowns }: ScalingHistory, current: number, now: number, { policies = [] }: V2HPAScalingRules,
  propose: (start: number, type: string, value: number) => number,
): number[] {
  return policies.map(({ type, value, periodSeconds }) => {
    const begin = now - periodSeconds * 1000;
    return propose(current - changeSince(scaleUps, begin) + changeSince(scaleDowns, begin), type, value);
  });
}

function upLimit(history: ScalingHistory, current: number, now: number, rules: V2HPAScalingRules): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposed = proposals(history, current, now, rules, (start, type, value) =>
    type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100)));
  return rules.selectPolicy === 'Min' ? Math.min(...proposed) : Math.max(...proposed);
}

function downLimit(history: ScalingHistory, current: number, now: number, rules: V2HPAScalingRules): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposed = proposals(history, current, now, rules, (start, type, value) =>
    type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100)));
  // The smallest change leaves the most.
  return rules.selectPolicy === 'Min' ? Math.max(...proposed) : Math.min(...proposed);
}

/** Remembers a change for as long as a policy may look back. */
export function rememberScale(
  history: ScalingHistory, behavior: V2HorizontalPodAutoscalerBehavior | undefined, from: number, to: number, now: number,
): void {
  if (!behavior || from === to) return;
  const longest = (rules: V2HPAScalingRules) => Math.max(0, ...(rules.policies ?? []).map((policy) => policy.periodSeconds));
  const seconds = Math.max(
    longest({ ...defaultUp, ...behavior.scaleUp }), longest({ ...defaultDown, ...behavior.scaleDown }),
  );
  const recent = (events: readonly ScaleEvent[]) => events.filter(({ at }) => at > now - seconds * 1000);
  history.scaleUps = recent(history.scaleUps);
  history.scaleDowns = recent(history.scaleDowns);
  if (to > from) history.scaleUps.push({ at: now, change: to - from });
  else history.scaleDowns.push({ at: now, change: from - to });
}
