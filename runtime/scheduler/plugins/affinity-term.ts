import { selectorFromLabelSelector } from '../../api/labels';
import type { Selector } from '../../api/labels';
import type { LabelSelector, Pod, PodAffinityTerm } from '../../api/kinds';

/** A pod (anti-)affinity term with its selectors compiled and its namespaces defaulted. */
export interface AffinityTerm {
  readonly topologyKey: string;
  /** Undefined selects nothing, as a null label selector does. */
  readonly selector: Selector | undefined;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector | undefined;
}

export type NamespaceLabels = (namespace: string) => Record<string, string>;

/** `matchLabelKeys` and `mismatchLabelKeys` add requirements out of the pod's own labels. */
function withLabelKeys(pod: Pod, term: PodAffinityTerm): LabelSelector | undefined {
  if (!term.labelSelector) return undefined;
  const labels = pod.metadata.labels ?? {};
  const requirement = (operator: string) => (key: string) => ({ key, operator, values: [labels[key] ?? ''] });
  const has = (key: string) => labels[key] !== undefined;
  return {
    ...term.labelSelector,
    matchExpressions: [
      ...(term.labelSelector.matchExpressions ?? []),
      ...(term.matchLabelKeys ?? []).filter(has).map(requirement('In')),
      ...(term.mismatchLabelKeys ?? []).filter(has).map(requirement('NotIn')),
    ],
  };
}

export function compileAffinityTerm(pod: Pod, term: PodAffinityTerm): AffinityTerm {
  const own = !term.namespaces?.length && !term.namespaceSelector;
  const selector = withLabelKeys(pod, term);
  return {
    topologyKey: term.topologyKey,
    selector: selector && selectorFromLabelSelector(selector),
    namespaces: new Set(own ? [pod.metadata.namespace ?? ''] : term.namespaces),
    namespaceSelector: term.namespaceSelector && selectorFromLabelSelector(term.namespaceSelector),
  };
}

export function termMatches(term: AffinityTerm, pod: Pod, namespaceLabels: NamespaceLabels): boolean {
  const namespace = pod.metadata.namespace ?? '';
  if (!term.namespaces.has(namespace) && !term.namespaceSelector?.matches(namespaceLabels(namespace))) return false;
  return term.selector?.matches(pod.metadata.labels ?? {}) ?? false;
}
