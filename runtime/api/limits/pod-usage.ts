import { isExtendedResource } from '../validation/resources';
import type { Container, Pod } from '../kinds';
import { Quantity } from '../quantity';
import { type Amounts, amountsOf, podLimits, podRequests } from './pod-resources';

const one = Quantity.of(1);
const requiredNames = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** What a pod is charged with, by the names that quotas have. */
export const podUsage = (pod: Pod): Amounts => computeUsage(podRequests(pod), podLimits(pod));

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage: Amounts = new Map([['pods', one]]);
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request) usage.set(name, request).set(`requests.${name}`, request);
    if (limit) usage.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    const huge = name.startsWith('hugepages-');
    if (huge) usage.set(name, request);
    if (huge || isExtendedResource(name)) usage.set(`requests.${name}`, request);
  }
  return usage;
}

/**
 * Each container must say what it needs of cpu and memory once these are limited: a rule from before QoS classes, kept
 * for compatibility.
 */
export function unsetResources(names: readonly string[], { spec }: Pod): string | undefined {
  const whole = computeUsage(amountsOf(spec!.resources?.requests), amountsOf(spec!.resources?.limits));
  const containersWithout = (name: string) =>
    [...spec!.containers, ...(spec!.initContainers ?? [])]
      .filter((container) => !containerUsage(container).has(name))
      .map((container) => container.name);
  const missing = names
    .filter((name) => requiredNames.has(name))
    .sort()
    .filter((name) => !whole.has(name))
    .map((name) => ({ name, containers: [...new Set(containersWithout(name))].sort() }))
    .filter(({ containers }) => containers.length > 0);
  if (missing.length === 0) return undefined;
  return `must specify ${missing.map(({ name, containers }) => `${name} for: ${containers.join(',')}`).join('; ')}`;
}

const containerUsage = ({ resources }: Container) =>
  computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits));
