import type { Container, Pod, PodSpec } from '../kinds';
import { parseQuantity } from '../quantity';
import type { Quantity } from '../quantity';

/** Amounts by resource name. */
export type Amounts = Map<string, Quantity>;

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

export function addTo(total: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const sum = total.get(name);
    total.set(name, sum ? sum.add(amount) : amount);
  }
}

function raiseTo(total: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const current = total.get(name);
    if (!current || amount.compare(current) > 0) total.set(name, amount);
  }
}

/**
 * Exact totals of a pod: the larger of what its containers and sidecars have together and of what any step of its
 * initialization has (component-helpers/resource/helpers.go).
 */
function totals(spec: PodSpec, of: (container: Container) => Amounts): Amounts {
  const total: Amounts = new Map();
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec.containers ?? []) addTo(total, of(container));
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      addTo(total, own);
      addTo(sidecars, own);
      raiseTo(peak, sidecars);
    } else {
      addTo(own, sidecars);
      raiseTo(peak, own);
    }
  }
  raiseTo(total, peak);
  return total;
}

const podLevel = (name: string) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** Amounts that are set on the pod as a whole stand for those of its containers (KEP-2837). */
function override(total: Amounts, whole: Readonly<Record<string, string>> | undefined): void {
  for (const [name, amount] of amountsOf(whole)) if (podLevel(name)) total.set(name, amount);
}

export function podRequests({ spec }: Pod): Amounts {
  if (!spec) return new Map();
  const total = totals(spec, ({ resources }) => amountsOf(resources?.requests));
  override(total, spec.resources?.requests);
  addTo(total, amountsOf(spec.overhead));
  return total;
}

export function podLimits({ spec }: Pod): Amounts {
  if (!spec) return new Map();
  const total = totals(spec, ({ resources }) => amountsOf(resources?.limits));
  override(total, spec.resources?.limits);
  // Overhead raises a limit, it doesn't make one.
  for (const [name, amount] of amountsOf(spec.overhead)) {
    const limit = total.get(name);
    if (limit && !limit.isZero()) total.set(name, limit.add(amount));
  }
  return total;
}
