import type { Live, Node } from '../../api/kinds';
import { normalizeByMax } from '../framework';
import type { ClusterEvent, FilterPlugin, PreEnqueuePlugin, Rejection, ScorePlugin } from '../framework';
import { podSelectsNode, termMatchesNode } from './node-selector';
import { tolerates, untoleratedTaint } from './taints';

const nodeChanged = (event: ClusterEvent) => event.type === 'nodeAdded' || event.type === 'nodeUpdated';
const newNode = (event: ClusterEvent): Live<Node> | undefined =>
  event.type === 'nodeAdded' || event.type === 'nodeUpdated' ? event.node : undefined;
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export const schedulingGates: PreEnqueuePlugin = {
  name: 'SchedulingGates',
  preEnqueue(pod) {
    const gates = pod.spec?.schedulingGates ?? [];
    return gates.length > 0 ? `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]` : undefined;
  },
};

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  prepareFilter({ pod }) {
    if ((pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, unschedulableTaint))) return undefined;
    const rejection = { plugin: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'], unresolvable: true };
    return { filter: ({ node }) => (node?.spec?.unschedulable ? rejection : undefined) };
  },
  mayHelp: (event) => newNode(event)?.spec?.unschedulable !== true && nodeChanged(event),
};

export const nodeName: FilterPlugin = {
  name: 'NodeName',
  prepareFilter({ pod }) {
    const wanted = pod.spec?.nodeName;
    if (!wanted) return undefined;
    const reasons = ["node(s) didn't match the requested node name"];
    return { filter: ({ name }) => (name === wanted ? undefined : { plugin: 'NodeName', reasons, unresolvable: true }) };
  },
  mayHelp: (event) => event.type === 'nodeAdded',
};

const untolerated = new Map<string, Rejection>();

/** One rejection a taint, however many nodes have it. */
function taintRejection(key: string, value: string): Rejection {
  const id = `${key}: ${value}`;
  const known = untolerated.get(id);
  if (known) return known;
  const reasons = [`node(s) had untolerated taint {${id}}`];
  const rejection: Rejection = { plugin: 'TaintToleration', reasons, unresolvable: true };
  untolerated.set(id, rejection);
  return rejection;
}

const hardEffects = ['NoSchedule', 'NoExecute'];

export const taintToleration: FilterPlugin & ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  prepareFilter({ pod }) {
    const tolerations = pod.spec?.tolerations;
    return {
      filter({ node }) {
        const taint = untoleratedTaint(node?.spec?.taints, tolerations, hardEffects);
        return taint && taintRejection(taint.key, taint.value ?? '');
      },
    };
  },
  mayHelp(event, pod) {
    const node = newNode(event);
    if (!node || untoleratedTaint(node.spec?.taints, pod.spec?.tolerations, hardEffects)) return false;
    return event.type !== 'nodeUpdated' || !same(event.node.spec?.taints, event.previous.spec?.taints);
  },
  prepareScore({ pod }, _snapshot, feasible) {
    const soft = feasible.some(({ node }) => node?.spec?.taints?.some((taint) => taint.effect === 'PreferNoSchedule'));
    if (!soft) return undefined;
    const tolerations = (pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    return {
      score: ({ node }) =>
        (node?.spec?.taints ?? []).filter(
          (taint) => taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
        ).length,
      normalize: (scores) => normalizeByMax(scores, true),
    };
  },
};

/** Names that every term pins by `metadata.name In`, as daemon pods do: no other node needs a look. */
function pinnedNodes(pod: Parameters<FilterPlugin['prepareFilter']>[0]['pod']): Set<string> | undefined {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms?.length) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const field = term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (!field) return undefined;
    for (const name of field.values ?? []) names.add(name);
  }
  return names;
}

export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  prepareFilter({ pod }) {
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && !pod.spec?.nodeSelector) return undefined;
    const reasons = ["node(s) didn't match Pod's node affinity/selector"];
    const rejection: Rejection = { plugin: 'NodeAffinity', reasons, unresolvable: true };
    const onlyNodes = pinnedNodes(pod);
    return {
      filter: ({ node }) => (node && podSelectsNode(pod, node) ? undefined : rejection),
      ...(onlyNodes && { onlyNodes }),
    };
  },
  mayHelp(event, pod) {
    const node = newNode(event);
    if (!node || !podSelectsNode(pod, node)) return false;
    return event.type !== 'nodeUpdated' || !podSelectsNode(pod, event.previous);
  },
  prepareScore({ pod }) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    if (!preferred?.length) return undefined;
    return {
      score: ({ node }) =>
        preferred.reduce(
          (sum, { preference, weight }) => sum + (node && weight && termMatchesNode(preference, node) ? weight : 0), 0),
      normalize: (scores) => normalizeByMax(scores),
    };
  },
};
