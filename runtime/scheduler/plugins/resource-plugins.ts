import { MAX_SCORE } from '../framework';
import type { FilterPlugin, Rejection, ScorePlugin } from '../framework';
import { portsConflict } from '../../api/host-ports';
import type { NodeInfo, PodInfo } from '../node-info';
import { podRequests, amounts } from '../resources';

export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  prepareFilter({ hostPorts }) {
    if (hostPorts.length === 0) return undefined;
    const rejection = { plugin: 'NodePorts', reasons: ["node(s) didn't have free ports for the requested pod ports"] };
    const conflicts = (node: NodeInfo) => hostPorts.some((port) => node.ports.some((used) => portsConflict(port, used)));
    return { filter: (node) => (conflicts(node) ? rejection : undefined) };
  },
  mayHelp(event) {
    if (event.type === 'nodeAdded') return true;
    if (event.type !== 'podFreed') return false;
    return (event.pod.spec?.containers ?? []).some((container) => container.ports?.some((port) => port.hostPort));
  },
};

const TOO_MANY_PODS = 'Too many pods';
const fits = new Map<string, Rejection>();

function insufficient(reasons: string[], unresolvable: boolean): Rejection {
  const id = `${unresolvable}/${reasons.join('/')}`;
  const known = fits.get(id);
  if (known) return known;
  const rejection: Rejection = { plugin: 'NodeResourcesFit', reasons, ...(unresolvable && { unresolvable }) };
  fits.set(id, rejection);
  return rejection;
}

/** Unresolvable where the node could not take the pod even when empty. */
function fitRejection(pod: PodInfo, node: NodeInfo): Rejection | undefined {
  let reasons: string[] | undefined;
  let unresolvable = false;
  if (node.pods.size + 1 > (node.allocatable.get('pods') ?? 0)) reasons = [TOO_MANY_PODS];
  for (const [name, wanted] of pod.requests) {
    if (wanted === 0) continue;
    const allocatable = node.allocatable.get(name) ?? 0;
    if (wanted <= allocatable - (node.requested.get(name) ?? 0)) continue;
    (reasons ??= []).push(`Insufficient ${name}`);
    if (wanted > allocatable) unresolvable = true;
  }
  return reasons && insufficient(reasons, unresolvable);
}

function leastAllocated(pod: PodInfo, node: NodeInfo): number {
  const share = (capacity: number, requested: number) =>
    capacity <= 0 || requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_SCORE) / capacity);
  const cpu = share(node.allocatable.get('cpu') ?? 0, node.nonZero.milliCPU + pod.nonZero.milliCPU);
  const memory = share(node.allocatable.get('memory') ?? 0, node.nonZero.memory + pod.nonZero.memory);
  return Math.trunc((cpu + memory) / 2);
}

export const nodeResourcesFit: FilterPlugin & ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  prepareFilter: (pod) => ({ filter: (node) => fitRejection(pod, node) }),
  mayHelp(event, pod) {
    if (event.type === 'podFreed') return true;
    if (event.type !== 'nodeAdded' && event.type !== 'nodeUpdated') return false;
    const allocatable = amounts(event.node.status?.allocatable);
    return [...podRequests(pod)].every(([name, wanted]) => wanted <= (allocatable.get(name) ?? 0));
  },
  prepareScore: (pod) => ({ score: (node) => leastAllocated(pod, node) }),
};

/** Prefers nodes whose cpu and memory would be used to a like degree. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  prepareScore(pod) {
    // A pod that asks for nothing shifts no balance.
    if (pod.requests.size === 0) return undefined;
    const fraction = (node: NodeInfo, name: string) => {
      const capacity = node.allocatable.get(name) ?? 0;
      if (capacity === 0) return undefined;
      return Math.min(1, ((node.requested.get(name) ?? 0) + (pod.requests.get(name) ?? 0)) / capacity);
    };
    return {
      score(node) {
        const [cpu, memory] = [fraction(node, 'cpu'), fraction(node, 'memory')];
        const deviation = cpu === undefined || memory === undefined ? 0 : Math.abs((cpu - memory) / 2);
        return Math.trunc((1 - deviation) * MAX_SCORE);
      },
    };
  },
};

const MB = 1024 * 1024;
const MIN_IMAGE_BYTES = 23 * MB;
const MAX_IMAGE_BYTES = 1000 * MB;

/** `busybox` → `busybox:latest`, as node statuses name images. */
function normalizedImage(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}

export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  prepareScore({ pod }, snapshot, feasible) {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    const images = containers.map((container) => normalizedImage(container.image ?? ''));
    // An image that every node lacks is equal for all, which is the rule rather than the exception.
    if (!images.some((image) => snapshot.imageNodes(image) > 0) || feasible.length < 2) return undefined;
    const max = MAX_IMAGE_BYTES * containers.length;
    const spread = new Map(images.map((image) => [image, snapshot.imageNodes(image) / snapshot.nodes.length]));
    return {
      score(node) {
        const sum = images.reduce((bytes, image) => {
          const size = node.images.get(image);
          return size === undefined ? bytes : bytes + Math.trunc(size * (spread.get(image) ?? 0));
        }, 0);
        const bounded = Math.min(Math.max(sum, MIN_IMAGE_BYTES), max);
        return Math.trunc((MAX_SCORE * (bounded - MIN_IMAGE_BYTES)) / (max - MIN_IMAGE_BYTES));
      },
    };
  },
};
