import type { LabelSelector } from '../../runtime/api/kinds';
import { Selector, SelectorError, selectorFromLabelSelector } from '../../runtime/api/labels';

type Labels = Readonly<Record<string, string>> | undefined;

const compiled = new WeakMap<LabelSelector, Selector>();

/** Whether a selector selects labels; one that the API server refuses selects nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  let known = compiled.get(selector);
  if (!known) compiled.set(selector, (known = compile(selector)));
  return known.matches(labels);
}

/** Whether plain labels, as a Service has them, select others; none select nothing. */
export function selectsPlainly(wanted: Labels, labels: Labels): boolean {
  const entries = Object.entries(wanted ?? {});
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value);
}

function compile(selector: LabelSelector): Selector {
  try {
    return selectorFromLabelSelector(selector);
  } catch (error) {
    if (error instanceof SelectorError) return Selector.nothing;
    throw error;
  }
}
