import type { Diagnosis } from './diagnosis';
import type { FilterCycle, Plugins, Rejection, Snapshot } from './framework';
import type { NodeInfo, PodInfo } from './node-info';
import { priorityOf } from './queue';

const MIN_NODES_TO_FIND = 100;

/** How many feasible nodes suffice before scoring: all up to 100, then a share that shrinks from 50 % to 5 %. */
export function nodesToFind(nodeCount: number): number {
  if (nodeCount < MIN_NODES_TO_FIND) return nodeCount;
  const percentage = Math.max(5, 50 - Math.trunc(nodeCount / 125));
  return Math.max(MIN_NODES_TO_FIND, Math.trunc((nodeCount * percentage) / 100));
}

/** Pods that preempted for a place and wait for it; lower ones must not take it meanwhile. */
export class Nominations {
  private readonly byNode = new Map<string, Map<string, PodInfo>>();
  private readonly nodeOf = new Map<string, string>();

  set(info: PodInfo, nodeName: string): void {
    this.remove(info.pod.metadata.uid);
    this.nodeOf.set(info.pod.metadata.uid, nodeName);
    const there = this.byNode.get(nodeName) ?? new Map<string, PodInfo>();
    this.byNode.set(nodeName, there.set(info.pod.metadata.uid, info));
  }

  remove(uid: string): void {
    const nodeName = this.nodeOf.get(uid);
    if (nodeName === undefined) return;
    this.nodeOf.delete(uid);
    const there = this.byNode.get(nodeName);
    there?.delete(uid);
    if (there?.size === 0) this.byNode.delete(nodeName);
  }

  nodeFor(uid: string): string | undefined {
    return this.nodeOf.get(uid);
  }

  on(nodeName: string): PodInfo[] {
    return [...(this.byNode.get(nodeName)?.values() ?? [])];
  }
}

/** All filter plugins prepared for one pod. */
export class PodFilters {
  private constructor(
    private readonly pod: PodInfo,
    private readonly cycles: readonly FilterCycle[],
    private readonly nominations: Nominations,
    readonly onlyNodes: ReadonlySet<string> | undefined,
    readonly onlyBy: string,
  ) {}

  static prepare(pod: PodInfo, snapshot: Snapshot, plugins: Plugins, nominations: Nominations): PodFilters | { rejected: Rejection } {
    const cycles: FilterCycle[] = [];
    let onlyNodes: Set<string> | undefined;
    let onlyBy = '';
    for (const plugin of plugins.filter) {
      const prepared = plugin.prepareFilter(pod, snapshot);
      if (!prepared) continue;
      if ('rejected' in prepared) return prepared;
      cycles.push(prepared);
      if (!prepared.onlyNodes) continue;
      const narrowed: ReadonlySet<string> = prepared.onlyNodes;
      onlyNodes = new Set([...(onlyNodes ?? narrowed)].filter((name) => narrowed.has(name)));
      onlyBy = plugin.name;
    }
    return new PodFilters(pod, cycles, nominations, onlyNodes, onlyBy);
  }

  /** Must fit with the nominated pods there, and without (they may never come, yet affinity may rest on them). */
  filter(node: NodeInfo): Rejection | undefined {
    const rivals = this.nominations.on(node.name).filter(
      ({ pod }) => pod.metadata.uid !== this.pod.pod.metadata.uid && priorityOf(pod) >= priorityOf(this.pod.pod));
    if (rivals.length > 0) {
      for (const rival of rivals) this.addPod(rival, node);
      const rejection = this.run(node);
      for (const rival of rivals) this.removePod(rival, node);
      if (rejection) return rejection;
    }
    return this.run(node);
  }

  addPod(info: PodInfo, node: NodeInfo): void {
    node.add(info);
    for (const cycle of this.cycles) cycle.podAdded?.(info, node);
  }

  removePod(info: PodInfo, node: NodeInfo): void {
    node.remove(info.pod.metadata.uid);
    for (const cycle of this.cycles) cycle.podRemoved?.(info, node);
  }

  private run(node: NodeInfo): Rejection | undefined {
    for (const cycle of this.cycles) {
      const rejection = cycle.filter(node);
      if (rejection) return rejection;
    }
    return undefined;
  }
}

export type Selection =
  | { readonly node: NodeInfo }
  | { readonly diagnosis: Diagnosis; readonly filters?: PodFilters };

/** Where the search goes on next time, so that every node gets its turn in a large cluster. */
export interface SearchStart {
  index: number;
}

export function selectNode(
  pod: PodInfo, snapshot: Snapshot, plugins: Plugins, nominations: Nominations, start: SearchStart, random: () => number,
): Selection {
  const filters = PodFilters.prepare(pod, snapshot, plugins, nominations);
  const nodeCount = snapshot.nodes.length;
  if ('rejected' in filters) return { diagnosis: { nodeCount, byNode: new Map(), preFilter: filters.rejected } };
  const nominated = snapshot.node(nominations.nodeFor(pod.pod.metadata.uid) ?? pod.pod.status?.nominatedNodeName ?? '');
  if (nominated?.node && !filters.filter(nominated)) return { node: nominated };
  const { feasible, byNode } = findFeasible(filters, snapshot, start);
  if (feasible.length === 0) {
    const absent: Rejection = { plugin: filters.onlyBy, reasons: [`node(s) didn't satisfy plugin(s) [${filters.onlyBy}]`], unresolvable: true };
    return { diagnosis: { nodeCount, byNode, ...(filters.onlyNodes && { absent }) }, filters };
  }
  return { node: feasible.length === 1 && feasible[0] ? feasible[0] : best(pod, snapshot, plugins, feasible, random) };
}

function findFeasible(filters: PodFilters, snapshot: Snapshot, start: SearchStart) {
  const { onlyNodes } = filters;
  const candidates = onlyNodes
    ? [...onlyNodes].map((name) => snapshot.node(name)).filter((node): node is NodeInfo => node?.node !== undefined)
    : snapshot.nodes;
  const wanted = nodesToFind(candidates.length);
  const feasible: NodeInfo[] = [];
  const byNode = new Map<string, Rejection>();
  let looked = 0;
  for (; looked < candidates.length && feasible.length < wanted; looked++) {
    const node = candidates[(start.index + looked) % candidates.length];
    if (!node) continue;
    const rejection = filters.filter(node);
    if (rejection) byNode.set(node.name, rejection);
    else feasible.push(node);
  }
  if (!onlyNodes && candidates.length > 0) start.index = (start.index + looked) % candidates.length;
  return { feasible, byNode };
}

/** The highest weighted sum; chance decides between equals. */
function best(pod: PodInfo, snapshot: Snapshot, plugins: Plugins, feasible: NodeInfo[], random: () => number): NodeInfo {
  const totals = new Array<number>(feasible.length).fill(0);
  for (const plugin of plugins.score) {
    const cycle = plugin.prepareScore(pod, snapshot, feasible);
    if (!cycle) continue;
    const scores = feasible.map((node) => cycle.score(node));
    cycle.normalize?.(scores);
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] ?? 0) + (scores[i] ?? 0) * plugin.weight;
  }
  let chosen = 0;
  let ties = 1;
  for (let i = 1; i < totals.length; i++) {
    const [score, top] = [totals[i] ?? 0, totals[chosen] ?? 0];
    if (score > top) [chosen, ties] = [i, 1];
    else if (score === top && random() * ++ties < 1) chosen = i;
  }
  return feasible[chosen] as NodeInfo;
}
