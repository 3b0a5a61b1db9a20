import type { DaemonSet, Live, Node, Pod, PodSpec, Taint, Toleration } from '../../api/kinds';
import { podSelectsNode } from '../../scheduler/plugins/node-selector';
import { untoleratedTaint } from '../../scheduler/plugins/taints';
import { scaledValue } from '../kit/batches';
import { isAvailable, isTerminal } from '../kit/pods';
import { REVISION_LABEL } from './history';

const exists = (key: string, effect: string): Toleration => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect });
const DAEMON_TOLERATIONS = [
  exists('not-ready', 'NoExecute'), exists('unreachable', 'NoExecute'), exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'), exists('pid-pressure', 'NoSchedule'), exists('unschedulable', 'NoSchedule'),
];

/** A daemon's pod is tied to its node and stays through what would drive others away. */
export function daemonPodSpec(spec: PodSpec, nodeName: string): PodSpec {
  const wanted = [...DAEMON_TOLERATIONS, ...(spec.hostNetwork ? [exists('network-unavailable', 'NoSchedule')] : [])];
  const tolerations = [...(spec.tolerations ?? [])];
  for (const toleration of wanted) {
    if (!tolerations.some(({ key, effect, operator }) => key === toleration.key && effect === toleration.effect && operator === 'Exists')) tolerations.push(toleration);
  }
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] }];
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required ? required.nodeSelectorTerms.map((term) => ({ ...term, matchFields })) : [{ matchFields }];
  const nodeAffinity = { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } };
  return { ...spec, tolerations, affinity: { ...spec.affinity, nodeAffinity } };
}

export interface Suitability {
  readonly shouldRun: boolean;
  readonly shouldContinue: boolean;
}

export function suitability(daemonSet: DaemonSet, node: Live<Node>): Suitability {
  const template = daemonSet.spec?.template.spec;
  if (!template) return { shouldRun: false, shouldContinue: false };
  const spec = daemonPodSpec(template, node.metadata.name);
  if ((spec.nodeName && spec.nodeName !== node.metadata.name) || !podSelectsNode({ metadata: {}, spec }, node)) {
    return { shouldRun: false, shouldContinue: false };
  }
  const untolerated = (effects: string[]): Taint | undefined => untoleratedTaint(node.spec?.taints, spec.tolerations, effects);
  return { shouldRun: !untolerated(['NoSchedule', 'NoExecute']), shouldContinue: !untolerated(['NoExecute']) };
}

export interface DaemonPlan {
  readonly create: readonly string[];
  readonly remove: readonly Live<Pod>[];
  /** Among `remove`: pods that had failed. */
  readonly failed: readonly Live<Pod>[];
}

const oldestFirst = (a: Live<Pod>, b: Live<Pod>) =>
  Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName)) || Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
  (a.metadata.uid < b.metadata.uid ? -1 : 1);

/** One pod on every suitable node, none elsewhere; `pods` by the node that they run on or are meant for. */
export function planDaemons(daemonSet: DaemonSet, nodes: readonly Live<Node>[], pods: ReadonlyMap<string, readonly Live<Pod>[]>): DaemonPlan {
  const plan = { create: [] as string[], remove: [] as Live<Pod>[], failed: [] as Live<Pod>[] };
  for (const node of nodes) {
    const there = pods.get(node.metadata.name) ?? [];
    const { shouldRun, shouldContinue } = suitability(daemonSet, node);
    if (shouldRun && there.length === 0) plan.create.push(node.metadata.name);
    else if (!shouldContinue) plan.remove.push(...there.filter(({ metadata }) => !metadata.deletionTimestamp));
    else keepOne(there, plan);
  }
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const [name, there] of pods) if (!known.has(name)) plan.remove.push(...there.filter((pod) => !pod.spec?.nodeName && !pod.metadata.deletionTimestamp));
  return plan;
}

function keepOne(there: readonly Live<Pod>[], plan: { remove: Live<Pod>[]; failed: Live<Pod>[] }): void {
  const present = there.filter(({ metadata }) => !metadata.deletionTimestamp);
  const ended = present.filter(isTerminal);
  plan.failed.push(...ended);
  plan.remove.push(...ended, ...present.filter((pod) => !isTerminal(pod)).sort(oldestFirst).slice(1));
}

/** Old pods that may go now: unavailable ones at once, others as far as `maxUnavailable` allows. */
export function planRollingUpdate(
  daemonSet: DaemonSet, nodes: readonly Live<Node>[], pods: ReadonlyMap<string, readonly Live<Pod>[]>, hash: string, now: number,
): Live<Pod>[] {
  const desired = nodes.filter((node) => suitability(daemonSet, node).shouldRun);
  const { maxUnavailable = 1 } = daemonSet.spec?.updateStrategy?.rollingUpdate ?? {};
  const limit = Math.max(1, scaledValue(maxUnavailable, desired.length, 'up'));
  const minReadySeconds = daemonSet.spec?.minReadySeconds ?? 0;
  let unavailable = 0;
  const free: Live<Pod>[] = [];
  const candidates: Live<Pod>[] = [];
  for (const node of desired) {
    const [pod] = (pods.get(node.metadata.name) ?? []).filter(({ metadata }) => !metadata.deletionTimestamp);
    const available = pod !== undefined && isAvailable(pod, minReadySeconds, now);
    if (!available) unavailable++;
    if (!pod || pod.metadata.labels?.[REVISION_LABEL] === hash) continue;
    (available ? candidates : free).push(pod);
  }
  return [...free, ...candidates.slice(0, Math.max(0, limit - unavailable))];
}
