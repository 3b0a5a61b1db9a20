import type { KubeObject, Live, Node, Pod } from '../../runtime/api/kinds';
import { type Amounts, addTo, amountsOf, podRequests } from '../../runtime/api/limits/pod-resources';
import type { Quantity } from '../../runtime/api/quantity';
import { statusOfPod } from '../../runtime/api/table';
import type { ObjectRef } from '../../runtime/client/operations';
import { statusOf } from '../tree/object-status';
import type { NodeCard, NodeMapModel, PodCell, Usage } from './protocol';
import { t } from '../words';

export interface NodeMapInput {
  nodes: readonly Live<Node>[];
  pods: readonly Live<Pod>[];
  complete: boolean;
  error?: string;
}

/** Nodes by name with their pods, and at the end, if there are any, the pods that wait for one. */
export function nodeMap({ nodes, pods, complete, error }: NodeMapInput): NodeMapModel {
  const byNode = groupBy(pods, ({ spec }) => spec?.nodeName ?? '');
  const cards = nodes.map((node) => cardOf(node, byNode.get(node.metadata.name) ?? [])).sort(byName);
  const unscheduled = byNode.get('') ?? [];
  const rest: NodeCard[] = unscheduled.length > 0
    ? [{ name: t`Not on a node`, level: 'warning', status: t`waiting`, usage: [], pods: cellsOf(unscheduled) }]
    : [];
  return { cards: [...cards, ...rest], complete, ...(error !== undefined && { error }) };
}

function cardOf(node: Live<Node>, pods: readonly Live<Pod>[]): NodeCard {
  const { level, problem } = statusOf(node);
  const status = level === 'ok' ? t`Ready` : (problem ?? t`Not ready`);
  return { ref: refTo(node), name: node.metadata.name, level, status, usage: usageOf(node, pods), pods: cellsOf(pods) };
}

/** As the scheduler counts: pods that have ended ask for nothing. */
function usageOf({ status }: Live<Node>, pods: readonly Live<Pod>[]): Usage[] {
  const active = pods.filter(({ status: state }) => state?.phase !== 'Succeeded' && state?.phase !== 'Failed');
  const requested: Amounts = new Map();
  for (const pod of active) addTo(requested, podRequests(pod));
  const allocatable = amountsOf(status?.allocatable);
  const number = (resource: string, amounts: Amounts): number => numberOf(amounts.get(resource));
  const usage = (resource: Usage['resource'], used: number, text: (amount: number) => string): Usage => {
    const total = number(resource, allocatable);
    return { resource, share: total > 0 ? used / total : 0, text: t`${text(used)} of ${text(total)}` };
  };
  return [
    usage('cpu', number('cpu', requested), (cores) => String(Math.round(cores * 100) / 100)),
    usage('memory', number('memory', requested), bytes),
    usage('pods', active.length, String),
  ];
}

function numberOf(quantity: Quantity | undefined): number {
  return quantity ? Number(quantity.times(1000).value()) / 1000 : 0;
}

function bytes(amount: number): string {
  if (amount === 0) return '0';
  const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(amount) / 10));
  return `${Math.round((amount / 1024 ** unit) * 10) / 10} ${units[unit] ?? ''}`;
}

function cellsOf(pods: readonly Live<Pod>[]): PodCell[] {
  return pods
    .map((pod): PodCell => {
      const { level, problem } = statusOf(pod);
      return { ref: refTo(pod), level, status: problem ?? statusOfPod(pod) };
    })
    .sort((a, b) => byName(a.ref, b.ref));
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

export function refTo({ apiVersion = 'v1', kind = '', metadata }: Live<KubeObject>): ObjectRef {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? '' };
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}
