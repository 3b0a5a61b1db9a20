import type { Pod, WeightedPodAffinityTerm } from '../../api/kinds';
import { MAX_SCORE } from '../framework';
import type { FilterCycle, FilterPlugin, Rejection, ScorePlugin, Snapshot } from '../framework';
import type { NodeInfo, PodInfo } from '../node-info';
import { compileAffinityTerm, termMatches } from './affinity-term';
import type { AffinityTerm, NamespaceLabels } from './affinity-term';

/** How many pods count for (topology key, value). */
class TopologyCounts {
  private readonly counts = new Map<string, number>();

  change(node: NodeInfo, topologyKey: string, by: number): void {
    const value = node.labels[topologyKey];
    if (value === undefined) return;
    const key = `${topologyKey}\0${value}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  at(node: NodeInfo, topologyKey: string): number {
    const value = node.labels[topologyKey];
    return value === undefined ? 0 : (this.counts.get(`${topologyKey}\0${value}`) ?? 0);
  }

  get empty(): boolean {
    for (const count of this.counts.values()) if (count !== 0) return false;
    return true;
  }
}

const rejection = (reason: string, unresolvable = false): Rejection =>
  ({ plugin: 'InterPodAffinity', reasons: [reason], ...(unresolvable && { unresolvable }) });
const AFFINITY = rejection("node(s) didn't match pod affinity rules", true);
const ANTI_AFFINITY = rejection("node(s) didn't match pod anti-affinity rules");
const EXISTING = rejection("node(s) didn't satisfy existing pods anti-affinity rules");

const namespaceLabelsOf = (snapshot: Snapshot): NamespaceLabels => (namespace) =>
  snapshot.informers.namespaces.get(namespace)?.metadata.labels ?? {};

/** A pod counts for affinity only when it matches every one of the terms. */
const matchesAll = (terms: readonly AffinityTerm[], pod: Pod, labels: NamespaceLabels) =>
  terms.length > 0 && terms.every((term) => termMatches(term, pod, labels));

class InterPodFilter implements FilterCycle {
  private readonly existingAnti = new TopologyCounts();
  private readonly affinity = new TopologyCounts();
  private readonly anti = new TopologyCounts();

  constructor(private readonly pod: PodInfo, snapshot: Snapshot, private readonly labels: NamespaceLabels) {
    for (const node of snapshot.nodesWithAntiAffinityPods) {
      for (const other of node.podsWithRequiredAntiAffinity.values()) this.countExisting(other, node, 1);
    }
    if (pod.requiredAffinity.length === 0 && pod.requiredAntiAffinity.length === 0) return;
    for (const node of snapshot.nodes) for (const other of node.pods.values()) this.countIncoming(other, node, 1);
  }

  podAdded(other: PodInfo, node: NodeInfo): void {
    this.countExisting(other, node, 1);
    this.countIncoming(other, node, 1);
  }

  podRemoved(other: PodInfo, node: NodeInfo): void {
    this.countExisting(other, node, -1);
    this.countIncoming(other, node, -1);
  }

  filter(node: NodeInfo): Rejection | undefined {
    if (!this.affinityHolds(node)) return AFFINITY;
    for (const term of this.pod.requiredAntiAffinity) if (this.anti.at(node, term.topologyKey) > 0) return ANTI_AFFINITY;
    for (const key of this.existingKeys) if (this.existingAnti.at(node, key) > 0) return EXISTING;
    return undefined;
  }

  private readonly existingKeys = new Set<string>();

  private countExisting(other: PodInfo, node: NodeInfo, by: number): void {
    for (const term of other.requiredAntiAffinity) {
      if (!termMatches(term, this.pod.pod, this.labels)) continue;
      this.existingKeys.add(term.topologyKey);
      this.existingAnti.change(node, term.topologyKey, by);
    }
  }

  private countIncoming({ pod: other }: PodInfo, node: NodeInfo, by: number): void {
    if (matchesAll(this.pod.requiredAffinity, other, this.labels)) {
      for (const term of this.pod.requiredAffinity) this.affinity.change(node, term.topologyKey, by);
    }
    for (const term of this.pod.requiredAntiAffinity) {
      if (termMatches(term, other, this.labels)) this.anti.change(node, term.topologyKey, by);
    }
  }

  /** The first pod of a group that is to be together may go anywhere, if it belongs to the group itself. */
  private affinityHolds(node: NodeInfo): boolean {
    const terms = this.pod.requiredAffinity;
    if (terms.length === 0) return true;
    if (terms.some((term) => node.labels[term.topologyKey] === undefined)) return false;
    if (terms.every((term) => this.affinity.at(node, term.topologyKey) > 0)) return true;
    return this.affinity.empty && matchesAll(terms, this.pod.pod, this.labels);
  }
}

interface WeightedTerm {
  readonly term: AffinityTerm;
  readonly weight: number;
}

/** Weight that a required affinity of an existing pod has for a newcomer that it selects. */
const HARD_AFFINITY_WEIGHT = 1;

const weighted = (pod: Pod, terms: WeightedPodAffinityTerm[] | undefined, sign: 1 | -1): WeightedTerm[] =>
  (terms ?? []).map(({ podAffinityTerm, weight }) => ({ term: compileAffinityTerm(pod, podAffinityTerm), weight: sign * weight }));

const preferredTerms = (pod: Pod): WeightedTerm[] => [
  ...weighted(pod, pod.spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1),
  ...weighted(pod, pod.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1),
];

function scoreByTopology(incoming: PodInfo, snapshot: Snapshot, own: WeightedTerm[]): { counts: TopologyCounts; keys: Set<string> } {
  const counts = new TopologyCounts();
  const keys = new Set<string>();
  const labels = namespaceLabelsOf(snapshot);
  const add = (node: NodeInfo, target: Pod, { term, weight }: WeightedTerm) => {
    if (!termMatches(term, target, labels)) return;
    keys.add(term.topologyKey);
    counts.change(node, term.topologyKey, weight);
  };
  // Without preferences of its own only pods that have affinity can pull or push it.
  for (const node of own.length > 0 ? snapshot.nodes : snapshot.nodesWithAffinityPods) {
    for (const other of (own.length > 0 ? node.pods : node.podsWithAffinity).values()) {
      for (const term of own) add(node, other.pod, term);
      if (!other.hasAffinity) continue;
      for (const term of other.requiredAffinity) add(node, incoming.pod, { term, weight: HARD_AFFINITY_WEIGHT });
      for (const term of preferredTerms(other.pod)) add(node, incoming.pod, term);
    }
  }
  return { counts, keys };
}

export const interPodAffinity: FilterPlugin & ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  prepareFilter(pod, snapshot) {
    const nothing = pod.requiredAffinity.length === 0 && pod.requiredAntiAffinity.length === 0;
    if (nothing && snapshot.nodesWithAntiAffinityPods.size === 0) return undefined;
    return new InterPodFilter(pod, snapshot, namespaceLabelsOf(snapshot));
  },
  mayHelp: (event) => event.type !== 'volumeChanged',
  prepareScore(pod, snapshot) {
    const own = preferredTerms(pod.pod);
    if (own.length === 0 && snapshot.nodesWithAffinityPods.size === 0) return undefined;
    const { counts, keys } = scoreByTopology(pod, snapshot, own);
    if (keys.size === 0) return undefined;
    return {
      score: (node) => [...keys].reduce((sum, key) => sum + counts.at(node, key), 0),
      normalize(scores) {
        const [min, max] = [Math.min(...scores), Math.max(...scores)];
        scores.forEach((score, i) => {
          scores[i] = max > min ? Math.trunc((MAX_SCORE * (score - min)) / (max - min)) : 0;
        });
      },
    };
  },
};
