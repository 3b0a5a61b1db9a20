import { selectorFromLabelSelector, selectorFromMap } from '../../api/labels';
import type { Selector } from '../../api/labels';
import type { Pod, TopologySpreadConstraint } from '../../api/kinds';
import { MAX_SCORE } from '../framework';
import type { FilterCycle, FilterPlugin, Rejection, ScoreCycle, ScorePlugin, Snapshot } from '../framework';
import type { NodeInfo, PodInfo } from '../node-info';
import { podSelectsNode } from './node-selector';
import { untoleratedTaint } from './taints';

interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
  matches(labels: Record<string, string>): boolean;
}

function compile(constraint: TopologySpreadConstraint, pod: Pod): Constraint {
  const labels = pod.metadata.labels ?? {};
  const extra = (constraint.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined);
  const selector = constraint.labelSelector && selectorFromLabelSelector({
    ...constraint.labelSelector,
    matchExpressions: [
      ...(constraint.labelSelector.matchExpressions ?? []),
      ...extra.map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] })),
    ],
  });
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    honorAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honorTaints: constraint.nodeTaintsPolicy === 'Honor',
    matches: (other) => selector?.matches(other) ?? false,
  };
}

const constraintsOf = (pod: Pod, whenUnsatisfiable: string) =>
  (pod.spec?.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => compile(constraint, pod));

function included(constraint: Constraint, pod: Pod, node: NodeInfo): boolean {
  if (!node.node) return false;
  if (constraint.honorAffinity && !podSelectsNode(pod, node.node)) return false;
  const taints = node.node.spec?.taints;
  return !constraint.honorTaints || !untoleratedTaint(taints, pod.spec?.tolerations, ['NoSchedule', 'NoExecute']);
}

const counts = (constraint: Constraint, namespace: string | undefined, { pod }: PodInfo) =>
  pod.metadata.namespace === namespace && !pod.metadata.deletionTimestamp && constraint.matches(pod.metadata.labels ?? {});

function countPods(constraint: Constraint, namespace: string | undefined, node: NodeInfo): number {
  let count = 0;
  for (const other of node.pods.values()) if (counts(constraint, namespace, other)) count++;
  return count;
}

const PLUGIN = 'PodTopologySpread';
const MISMATCH: Rejection = { plugin: PLUGIN, reasons: ["node(s) didn't match pod topology spread constraints"] };
const MISSING_LABEL: Rejection = {
  plugin: PLUGIN, reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], unresolvable: true,
};

class SpreadFilter implements FilterCycle {
  /** Matching pods by domain, one map a constraint. */
  private readonly domains: Map<string, number>[];

  constructor(private readonly pod: PodInfo, private readonly constraints: Constraint[], snapshot: Snapshot) {
    const complete = (node: NodeInfo) => constraints.every((constraint) => node.labels[constraint.key] !== undefined);
    const nodes = snapshot.nodes.filter(complete);
    this.domains = constraints.map((constraint) => {
      const byDomain = new Map<string, number>();
      for (const node of nodes) {
        if (!included(constraint, pod.pod, node)) continue;
        const domain = node.labels[constraint.key] ?? '';
        byDomain.set(domain, (byDomain.get(domain) ?? 0) + countPods(constraint, pod.pod.metadata.namespace, node));
      }
      return byDomain;
    });
  }

  podAdded(other: PodInfo, node: NodeInfo): void {
    this.change(other, node, 1);
  }

  podRemoved(other: PodInfo, node: NodeInfo): void {
    this.change(other, node, -1);
  }

  filter(node: NodeInfo): Rejection | undefined {
    for (const [i, constraint] of this.constraints.entries()) {
      const domain = node.labels[constraint.key];
      if (domain === undefined) return MISSING_LABEL;
      const byDomain = this.domains[i] ?? new Map<string, number>();
      const least = byDomain.size < constraint.minDomains ? 0 : Math.min(...byDomain.values());
      const self = constraint.matches(this.pod.pod.metadata.labels ?? {}) ? 1 : 0;
      if ((byDomain.get(domain) ?? 0) + self - least > constraint.maxSkew) return MISMATCH;
    }
    return undefined;
  }

  private change(other: PodInfo, node: NodeInfo, by: number): void {
    for (const [i, constraint] of this.constraints.entries()) {
      const byDomain = this.domains[i];
      const domain = node.labels[constraint.key];
      if (domain === undefined || !byDomain?.has(domain) || !included(constraint, this.pod.pod, node)) continue;
      if (counts(constraint, this.pod.pod.metadata.namespace, other)) byDomain.set(domain, (byDomain.get(domain) ?? 0) + by);
    }
  }
}

/** The services and controllers that select a pod, all together: what the default constraints spread over. */
function ownSelectors({ metadata }: Pod, { informers }: Snapshot): Selector[] {
  const { namespace, labels = {} } = metadata;
  const selectors: Selector[] = [];
  for (const service of informers.services.list(namespace)) {
    const map = service.spec?.selector;
    if (map && Object.keys(map).length > 0) selectors.push(selectorFromMap(map));
  }
  const owner = (metadata.ownerReferences ?? []).find((reference) => reference.controller);
  const ownerIn = { ReplicaSet: informers.replicaSets, StatefulSet: informers.statefulSets }[owner?.kind ?? ''];
  if (owner && ownerIn) {
    const selector = ownerIn.get(owner.name, namespace)?.spec?.selector;
    if (selector) selectors.push(selectorFromLabelSelector(selector));
  } else if (owner?.kind === 'ReplicationController') {
    const selector = informers.replicationControllers.get(owner.name, namespace)?.spec?.selector;
    if (selector) selectors.push(selectorFromMap(selector));
  }
  return selectors.filter((selector) => selector.matches(labels));
}

const HOSTNAME = 'kubernetes.io/hostname';

/** The system's default constraints: 3 over hosts, 5 over zones, as a preference. */
function defaultConstraints(pod: Pod, snapshot: Snapshot): Constraint[] {
  const selectors = ownSelectors(pod, snapshot);
  if (selectors.length === 0) return [];
  const matches = (labels: Record<string, string>) => selectors.every((selector) => selector.matches(labels));
  const common = { minDomains: 1, honorAffinity: true, honorTaints: false, matches };
  return [{ key: HOSTNAME, maxSkew: 3, ...common }, { key: 'topology.kubernetes.io/zone', maxSkew: 5, ...common }];
}

class SpreadScore implements ScoreCycle {
  private readonly domains: Map<string, number>[];
  private readonly weights: number[];
  private readonly ignored = new Set<number>();
  private scored = 0;

  constructor(private readonly pod: Pod, private readonly constraints: Constraint[], snapshot: Snapshot,
    feasible: readonly NodeInfo[], private readonly requireAll: boolean) {
    this.domains = constraints.map((constraint) => {
      const byDomain = new Map<string, number>();
      if (constraint.key === HOSTNAME) return byDomain;
      for (const node of feasible) {
        const domain = node.labels[constraint.key];
        if (domain !== undefined && this.hasLabels(node)) byDomain.set(domain, 0);
      }
      if (byDomain.size === 0) return byDomain;
      for (const node of snapshot.nodes) {
        const domain = node.labels[constraint.key];
        if (domain === undefined || !byDomain.has(domain) || !this.hasLabels(node)) continue;
        if (!included(constraint, pod, node)) continue;
        byDomain.set(domain, (byDomain.get(domain) ?? 0) + countPods(constraint, pod.metadata.namespace, node));
      }
      return byDomain;
    });
    const hosts = feasible.filter((node) => this.hasLabels(node)).length;
    this.weights = constraints.map((constraint, i) =>
      Math.log((constraint.key === HOSTNAME ? hosts : (this.domains[i]?.size ?? 0)) + 2));
  }

  private hasLabels(node: NodeInfo): boolean {
    return !this.requireAll || this.constraints.every((constraint) => node.labels[constraint.key] !== undefined);
  }

  score(node: NodeInfo): number {
    const index = this.scored++;
    if (!this.hasLabels(node)) {
      this.ignored.add(index);
      return 0;
    }
    let score = 0;
    for (const [i, constraint] of this.constraints.entries()) {
      const domain = node.labels[constraint.key];
      if (domain === undefined) continue;
      const count = constraint.key === HOSTNAME
        ? countPods(constraint, this.pod.metadata.namespace, node)
        : (this.domains[i]?.get(domain) ?? 0);
      score += count * (this.weights[i] ?? 0) + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  }

  /** Fewer is better; nodes without the labels get nothing. */
  normalize(scores: number[]): void {
    const counted = scores.filter((_, i) => !this.ignored.has(i));
    const [min, max] = [Math.min(...counted), Math.max(...counted)];
    scores.forEach((score, i) => {
      if (this.ignored.has(i)) scores[i] = 0;
      else scores[i] = max === 0 ? MAX_SCORE : Math.trunc((MAX_SCORE * (max + min - score)) / max);
    });
  }
}

export const podTopologySpread: FilterPlugin & ScorePlugin = {
  name: PLUGIN,
  weight: 2,
  prepareFilter(pod, snapshot) {
    const constraints = constraintsOf(pod.pod, 'DoNotSchedule');
    return constraints.length > 0 ? new SpreadFilter(pod, constraints, snapshot) : undefined;
  },
  mayHelp: (event) => event.type !== 'volumeChanged' && event.type !== 'namespaceChanged',
  prepareScore({ pod }, snapshot, feasible) {
    const own = (pod.spec?.topologySpreadConstraints ?? []).length > 0;
    const constraints = own ? constraintsOf(pod, 'ScheduleAnyway') : defaultConstraints(pod, snapshot);
    return constraints.length > 0 ? new SpreadScore(pod, constraints, snapshot, feasible, own) : undefined;
  },
};
