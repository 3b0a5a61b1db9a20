import type { Rejection } from './framework';

/** What a cycle without a node learned (pkg/scheduler/framework/types.go, FitError). */
export interface Diagnosis {
  readonly nodeCount: number;
  readonly byNode: ReadonlyMap<string, Rejection>;
  /** For nodes not in `byNode`. */
  readonly absent?: Rejection;
  /** A plugin ruled out every node at once. */
  readonly preFilter?: Rejection;
}

const byteOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function fitMessage(diagnosis: Diagnosis, postFilter = ''): string {
  let message = `0/${diagnosis.nodeCount} nodes are available:`;
  const detail = diagnosis.preFilter ? diagnosis.preFilter.reasons.join(', ') : histogram(diagnosis);
  if (detail) message += ` ${detail}.`;
  return postFilter ? `${message} ${postFilter}` : message;
}

function histogram({ byNode, nodeCount, absent }: Diagnosis): string {
  const counts = new Map<string, number>();
  const count = (reason: string, times: number) => counts.set(reason, (counts.get(reason) ?? 0) + times);
  for (const rejection of byNode.values()) for (const reason of rejection.reasons) count(reason, 1);
  if (byNode.size < nodeCount) for (const reason of absent?.reasons ?? []) count(reason, nodeCount - byNode.size);
  return [...counts].map(([reason, times]) => `${times} ${reason}`).sort(byteOrder).join(', ');
}

/** Every plugin that had a say in the failure: its events may wake the pod. */
export function rejectingPlugins(diagnosis: Diagnosis): Set<string> {
  const plugins = new Set<string>();
  for (const rejection of diagnosis.byNode.values()) plugins.add(rejection.plugin);
  if (diagnosis.preFilter) plugins.add(diagnosis.preFilter.plugin);
  if (diagnosis.absent) plugins.add(diagnosis.absent.plugin);
  return plugins;
}
