import type { Live, Pod } from '../../api/kinds';
import { isReady, podCondition } from './pods';

const phaseOrder: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
const deletionCost = ({ metadata }: Pod) => Number.parseInt(metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '0', 10) || 0;
const readySince = (pod: Pod) => Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0;
const maxRestarts = (pod: Pod) => Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
const created = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp ?? '') || 0;

/** Ages are compared by order of magnitude (KEP-2185), so that the victims among equals are spread by chance (of uid). */
function magnitude(since: number, now: number): number {
  return since === 0 || now <= since ? 0 : Math.floor(Math.log2((now - since) * 1e6));
}

/**
 * Orders pods so that those to delete first come first (controller_utils.go, ActivePodsWithRanks): unassigned, pending,
 * not ready, cheap, doubled up on a node, ready for a shorter time, restarted more, younger.
 * `rank`: how many related active pods share the pod's node.
 */
export function compareForDeletion(now: number, rank: (pod: Live<Pod>) => number) {
  return (a: Live<Pod>, b: Live<Pod>): number => {
    const ready = (pod: Pod) => (isReady(pod) ? 1 : 0);
    const bucket = (time: (pod: Pod) => number) => magnitude(time(a), now) - magnitude(time(b), now);
    return (
      Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
      (phaseOrder[a.status?.phase ?? ''] ?? 0) - (phaseOrder[b.status?.phase ?? ''] ?? 0) ||
      ready(a) - ready(b) ||
      deletionCost(a) - deletionCost(b) ||
      rank(b) - rank(a) ||
      (ready(a) && ready(b) ? bucket(readySince) : 0) ||
      maxRestarts(b) - maxRestarts(a) ||
      bucket(created) ||
      (a.metadata.uid < b.metadata.uid ? -1 : 1)
    );
  };
}
