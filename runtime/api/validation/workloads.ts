import type { Path } from '../finding';
import { finding } from '../finding';
import type { LabelSelector, PodTemplateSpec } from '../kinds';
import type { Selector } from '../labels';
import { selectorFromLabelSelector, SelectorError } from '../labels';
import { percentProblems } from '../names';
import type { Findings } from './common';
import { intOrPercentNumber, invalidEach, labelSelector, nonNegative, sorted, STATUS } from './common';
import { podTemplate } from './pod-spec';

export const SELECTOR_MISMATCH = '`selector` does not match template `labels`';

/** The selector as one that matches, if it is well-formed. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  try {
    return selectorFromLabelSelector(selector);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

const withSortedLabels = (selector: LabelSelector) => ({
  ...(selector.matchLabels && { matchLabels: sorted(selector.matchLabels) }),
  ...(selector.matchExpressions && { matchExpressions: selector.matchExpressions }),
});

/** A required selector that selects something in particular; `what` is the workload in upstream's sentence. */
export function workloadSelector(
  out: Findings,
  path: Path,
  selector: LabelSelector | undefined,
  emptyDetail: string,
): void {
  if (!selector) {
    out.push(finding.required(path));
    return;
  }
  labelSelector(out, path, selector);
  const empty = !Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length;
  if (empty) out.push(finding.invalid(path, withSortedLabels(selector), emptyDetail));
}

/** Pods of the template must be ones that the selector finds. */
export function selectorMatchesTemplate(
  out: Findings,
  path: Path,
  selector: Selector,
  template: PodTemplateSpec,
): void {
  const labels = template.metadata?.labels;
  if (selector.empty || selector.matches(labels)) return;
  out.push(finding.invalid(path.child('metadata', 'labels'), sorted(labels) ?? null, SELECTOR_MISMATCH));
}

/** The template of a workload whose pods run on: only `Always` restarts them, and no deadline ends them. */
export function runningTemplate(out: Findings, path: Path, template: PodTemplateSpec, workload: string): void {
  podTemplate(out, path, template);
  alwaysRunning(out, path, template, workload);
}

export function alwaysRunning(out: Findings, path: Path, template: PodTemplateSpec, workload: string): void {
  const spec = path.child('spec');
  const policy = template.spec?.restartPolicy ?? '';
  if (policy !== 'Always') out.push(finding.notSupportedOf(spec.child('restartPolicy'), policy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    out.push(finding.forbidden(
      spec.child('activeDeadlineSeconds'),
      `activeDeadlineSeconds in ${workload} is not Supported`,
    ));
  }
}

/** A count that may be a percentage; false if it isn't one. */
export function intOrPercent(out: Findings, path: Path, value: number | string | undefined): boolean {
  const before = out.length;
  if (typeof value === 'string') invalidEach(out, path, value, percentProblems(value));
  else nonNegative(out, path, value ?? 0);
  return out.length === before;
}

const isPercent = (value: number | string | undefined) => typeof value === 'string';

export function notMoreThanHundredPercent(out: Findings, path: Path, value: number | string | undefined): void {
  if (isPercent(value) && intOrPercentNumber(value) > 100)
    out.push(finding.invalid(path, value, 'must not be greater than 100%'));
}

/** Counts of a status: none negative, and none of `within` above another. */
export function statusCounts<T extends object>(
  out: Findings,
  status: T | undefined,
  counts: readonly (keyof T & string)[],
  within: readonly (readonly [keyof T & string, keyof T & string, string])[] = [],
): void {
  const number = (field: keyof T) => {
    const value = status?.[field];
    return typeof value === 'number' ? value : 0;
  };
  for (const field of counts) nonNegative(out, STATUS.child(field), number(field));
  for (const [field, limit, detail] of within) {
    if (number(field) > number(limit)) out.push(finding.invalid(STATUS.child(field), number(field), detail));
  }
}

/** Collision counts only grow. */
export function collisionCount(out: Findings, now: number | undefined, old: number | undefined): void {
  if (old === undefined || (now !== undefined && now >= old)) return;
  out.push(finding.invalid(STATUS.child('collisionCount'), now ?? 0, 'cannot be decremented'));
}
