import { parseQuantity } from '../api/quantity';
import type { Container, Pod, PodSpec } from '../api/kinds';

/** Amounts by resource name: cpu in milli-units, everything else in whole units. */
export type Amounts = Map<string, number>;

const parsed = new Map<string, number>();

/** The same few dozen texts come up over and over, so they are parsed once. */
export function amountOf(resource: string, text: string): number {
  const key = resource === 'cpu' ? `c${text}` : text;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  const amount = Number(resource === 'cpu' ? quantity.milliValue() : quantity.value());
  if (parsed.size > 10_000) parsed.clear();
  parsed.set(key, amount);
  return amount;
}

export function amounts(list: Record<string, string> | undefined): Amounts {
  const result: Amounts = new Map();
  for (const [name, text] of Object.entries(list ?? {})) result.set(name, amountOf(name, text));
  return result;
}

export function addAmounts(total: Amounts, other: Amounts, sign: 1 | -1 = 1): void {
  for (const [name, amount] of other) total.set(name, (total.get(name) ?? 0) + sign * amount);
}

function raiseTo(total: Amounts, other: Amounts): void {
  for (const [name, amount] of other) if (amount > (total.get(name) ?? 0)) total.set(name, amount);
}

const isSidecar = (container: Container) => container.restartPolicy === 'Always';

/** How pod-level resources count: only these may be set on the pod as a whole (KEP-2837). */
const podLevel = (name: string) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/**
 * What a pod asks of a node: the larger of what its containers (sidecars included) ask together and of what any step
 * of its initialization asks, plus overhead (component-helpers/resource/helpers.go).
 */
function requestsWith(spec: PodSpec, of: (container: Container) => Amounts): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers) addAmounts(total, of(container));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = new Map(of(container));
    if (isSidecar(container)) {
      addAmounts(total, own);
      addAmounts(sidecars, own);
      raiseTo(peak, sidecars);
    } else {
      addAmounts(own, sidecars);
      raiseTo(peak, own);
    }
  }
  raiseTo(total, peak);
  for (const [name, text] of Object.entries(spec.resources?.requests ?? {})) {
    if (podLevel(name)) total.set(name, amountOf(name, text));
  }
  addAmounts(total, amounts(spec.overhead));
  return total;
}

export function podRequests(pod: Pod): Amounts {
  return pod.spec ? requestsWith(pod.spec, (container) => amounts(container.resources?.requests)) : new Map();
}

/** What scoring takes a container for that asks for nothing, so that such pods spread too. */
export const DEFAULT_MILLI_CPU = 100;
export const DEFAULT_MEMORY = 200 * 1024 * 1024;

export function podNonZeroRequests(pod: Pod): { milliCPU: number; memory: number } {
  if (!pod.spec) return { milliCPU: 0, memory: 0 };
  const total = requestsWith(pod.spec, (container) => {
    const own = amounts(container.resources?.requests);
    if (!own.has('cpu')) own.set('cpu', DEFAULT_MILLI_CPU);
    if (!own.has('memory')) own.set('memory', DEFAULT_MEMORY);
    return own;
  });
  return { milliCPU: total.get('cpu') ?? 0, memory: total.get('memory') ?? 0 };
}
