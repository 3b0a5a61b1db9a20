import type { Lease, Live, Node, NodeCondition, Taint } from '../../api/kinds';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Condition type and status → the taint that keeps new pods away. */
const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const NO_SCHEDULE_KEYS = new Set([UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS).flatMap((byStatus) => Object.values(byStatus))]);
const NO_EXECUTE_KEYS = new Set([NOT_READY, UNREACHABLE]);

export const readyCondition = (node: Node): NodeCondition | undefined =>
  node.status?.conditions?.find(({ type }) => type === 'Ready');

/** When a node last gave a sign of life, by the clock of whoever watches: its own clock may be wrong. */
export interface Health {
  readonly probedAt: number;
  readonly heartbeat: string | undefined;
  readonly renewed: string | undefined;
  readonly everReported: boolean;
}

export function observe(previous: Health | undefined, node: Live<Node>, lease: Lease | undefined, now: number): Health {
  const ready = readyCondition(node);
  const heartbeat = ready && `${ready.lastHeartbeatTime} ${ready.status}`;
  const renewed = lease?.spec?.renewTime;
  const everReported = ready !== undefined;
  if (!previous) return { probedAt: everReported ? now : Date.parse(node.metadata.creationTimestamp), heartbeat, renewed, everReported };
  // What the controller itself wrote (Unknown) is no sign of life.
  const posted = heartbeat !== previous.heartbeat && ready?.status !== 'Unknown';
  const alive = posted || (renewed !== undefined && renewed !== previous.renewed);
  return { probedAt: alive ? now : previous.probedAt, heartbeat, renewed, everReported };
}

const MONITORED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node that has been silent for too long; undefined when they say so already. */
export function silentConditions(node: Node, timestamp: string): NodeCondition[] | undefined {
  const conditions = [...(node.status?.conditions ?? [])];
  let changed = false;
  for (const type of MONITORED) {
    const i = conditions.findIndex((condition) => condition.type === type);
    const before = conditions[i];
    if (before?.status === 'Unknown') continue;
    changed = true;
    if (before) {
      conditions[i] = {
        ...before, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: timestamp,
      };
    } else {
      conditions.push({
        type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp ?? timestamp, lastTransitionTime: timestamp,
      });
    }
  }
  return changed ? conditions : undefined;
}

/** All taints that the node should have; undefined when it has them. Taints of others stay as they are. */
export function wantedTaints(node: Node, options: { evict: boolean; timestamp: string }): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const wanted = new Map<string, Taint>();
  const want = (key: string, effect: string) => {
    const existing = current.find((taint) => taint.key === key && taint.effect === effect);
    wanted.set(`${key} ${effect}`, existing ?? { key, effect, timeAdded: options.timestamp });
  };
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status];
    if (key) want(key, 'NoSchedule');
  }
  if (node.spec?.unschedulable) want(UNSCHEDULABLE, 'NoSchedule');
  const ready = readyCondition(node)?.status;
  const unwell = ready === 'False' ? NOT_READY : ready === 'Unknown' ? UNREACHABLE : undefined;
  const marked = current.some(({ key, effect }) => effect === 'NoExecute' && NO_EXECUTE_KEYS.has(key));
  // One that is marked already stays marked (with the right key) without waiting for its turn again.
  if (unwell && (options.evict || marked)) want(unwell, 'NoExecute');
  const isOurs = ({ key, effect }: Taint) =>
    (effect === 'NoSchedule' && NO_SCHEDULE_KEYS.has(key)) || (effect === 'NoExecute' && NO_EXECUTE_KEYS.has(key));
  const kept = current.filter((taint) => !isOurs(taint) || wanted.delete(`${taint.key} ${taint.effect}`));
  return kept.length === current.length && wanted.size === 0 ? undefined : [...kept, ...wanted.values()];
}

export const needsEvictionTaint = (node: Node): boolean => {
  const ready = readyCondition(node)?.status;
  const marked = (node.spec?.taints ?? []).some(({ key, effect }) => effect === 'NoExecute' && NO_EXECUTE_KEYS.has(key));
  return (ready === 'False' || ready === 'Unknown') && !marked;
};

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

export const zoneOf = ({ metadata: { labels } }: Node): string =>
  `${labels?.['topology.kubernetes.io/region'] ?? ''}:${labels?.['topology.kubernetes.io/zone'] ?? ''}`;

export function zoneState(nodes: readonly Node[]): ZoneState {
  const notReady = nodes.filter((node) => readyCondition(node)?.status !== 'True').length;
  if (notReady > 0 && notReady === nodes.length) return 'FullDisruption';
  return notReady > 2 && notReady / nodes.length >= 0.55 ? 'PartialDisruption' : 'Normal';
}

/** Nodes a second that may be marked for eviction: where many fail at once, the network is the likelier culprit. */
export function evictionRate(state: ZoneState, zoneSize: number): number {
  if (state === 'PartialDisruption') return zoneSize > 50 ? 0.01 : 0;
  return 0.1;
}
