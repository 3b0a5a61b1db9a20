import { selectorFromLabelSelector } from '../api/labels';
import type { Live, Pod, PodDisruptionBudget } from '../api/kinds';
import { fitMessage } from './diagnosis';
import type { Diagnosis } from './diagnosis';
import type { Rejection, Snapshot } from './framework';
import type { NodeInfo, PodInfo } from './node-info';
import { priorityOf } from './queue';
import type { PodFilters } from './select-node';

export interface Preemption {
  readonly node: NodeInfo;
  readonly victims: readonly PodInfo[];
}

export interface NoPreemption {
  readonly message: string;
  /** Victims of an earlier preemption are still going: the nomination stands. */
  readonly waits: boolean;
}

interface Candidate extends Preemption {
  readonly violations: number;
}

const rejection = (reason: string): Rejection => ({ plugin: 'DefaultPreemption', reasons: [reason], unresolvable: true });
const NO_VICTIMS = rejection('No preemption victims found for incoming pod');
const NOT_HELPFUL = rejection('Preemption is not helpful for scheduling');

const TERMINATING = 'not eligible due to a terminating pod on the nominated node.';

const startTime = (pod: Pod) => Date.parse(pod.status?.startTime ?? '') || Infinity;

/** Higher priority first, then the one that has run longer. */
const byImportance = (a: PodInfo, b: PodInfo) =>
  priorityOf(b.pod) - priorityOf(a.pod) || startTime(a.pod) - startTime(b.pod) || 0;

/**
 * A place made by removing pods of lower priority, or the words why there is none
 * (pkg/scheduler/framework/preemption).
 */
export function findPreemption(
  pod: PodInfo, diagnosis: Diagnosis, filters: PodFilters | undefined, snapshot: Snapshot, nominatedNode: string | undefined,
): Preemption | NoPreemption {
  const why = ineligible(pod, diagnosis, snapshot, nominatedNode);
  if (why) return { message: `preemption: ${why}`, waits: why === TERMINATING };
  const byNode = new Map<string, Rejection>();
  const candidates: Candidate[] = [];
  const budgets = snapshot.informers.podDisruptionBudgets.list();
  const wanted = Math.max(100, Math.trunc(snapshot.nodes.length / 10));
  for (const [name, reason] of diagnosis.byNode) {
    const node = snapshot.node(name);
    if (!filters || reason.unresolvable || !node?.node) continue;
    const result = dryRun(pod, node, filters, budgets);
    if ('victims' in result) candidates.push(result);
    else byNode.set(name, result);
    if (candidates.length >= wanted) break;
  }
  if (candidates.length > 0) return candidates.reduce((a, b) => (compareCandidates(a, b) <= 0 ? a : b));
  return { message: `preemption: ${fitMessage({ nodeCount: diagnosis.nodeCount, byNode, absent: NOT_HELPFUL })}`, waits: false };
}

function ineligible(pod: PodInfo, diagnosis: Diagnosis, snapshot: Snapshot, nominatedNode: string | undefined): string {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  if (!nominatedNode || diagnosis.byNode.get(nominatedNode)?.unresolvable) return '';
  const priority = priorityOf(pod.pod);
  for (const { pod: other } of snapshot.node(nominatedNode)?.pods.values() ?? []) {
    if (other.metadata.deletionTimestamp && priorityOf(other) < priority) {
      return TERMINATING;
    }
  }
  return '';
}

/** Takes every lower pod away, then gives back as many as still fit: those that budgets protect first. */
function dryRun(pod: PodInfo, node: NodeInfo, filters: PodFilters, budgets: readonly Live<PodDisruptionBudget>[]): Candidate | Rejection {
  const lower = [...node.pods.values()].filter((other) => priorityOf(other.pod) < priorityOf(pod.pod));
  if (lower.length === 0) return NO_VICTIMS;
  for (const victim of lower) filters.removePod(victim, node);
  const stillRejected = filters.filter(node);
  const victims: PodInfo[] = [];
  let violations = 0;
  if (!stillRejected) {
    const { violating, rest } = splitByBudget(lower.sort(byImportance), budgets);
    const reprieve = (other: PodInfo): boolean => {
      filters.addPod(other, node);
      if (!filters.filter(node)) return true;
      filters.removePod(other, node);
      victims.push(other);
      return false;
    };
    for (const other of violating) if (!reprieve(other)) violations++;
    for (const other of rest) reprieve(other);
  }
  for (const other of stillRejected ? lower : victims) filters.addPod(other, node);
  return stillRejected ?? { node, victims: victims.sort(byImportance), violations };
}

function splitByBudget(pods: readonly PodInfo[], budgets: readonly Live<PodDisruptionBudget>[]) {
  const allowed = budgets.map((budget) => budget.status?.disruptionsAllowed ?? 0);
  const violating: PodInfo[] = [];
  const rest: PodInfo[] = [];
  for (const info of pods) {
    let violates = false;
    budgets.forEach((budget, i) => {
      if (!covers(budget, info.pod) || budget.status?.disruptedPods?.[info.pod.metadata.name]) return;
      allowed[i] = (allowed[i] ?? 0) - 1;
      if ((allowed[i] ?? 0) < 0) violates = true;
    });
    (violates ? violating : rest).push(info);
  }
  return { violating, rest };
}

function covers(budget: Live<PodDisruptionBudget>, pod: Pod): boolean {
  const selector = budget.spec?.selector;
  if (!selector || budget.metadata.namespace !== pod.metadata.namespace) return false;
  return selectorFromLabelSelector(selector).matches(pod.metadata.labels ?? {});
}

/** Fewest budget violations, lowest top priority, lowest sum, fewest victims, then those that started last. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const top = ({ victims }: Candidate) => (victims[0] ? priorityOf(victims[0].pod) : -Infinity);
  const sum = ({ victims }: Candidate) => victims.reduce((total, victim) => total + priorityOf(victim.pod) + 2 ** 31, 0);
  const earliest = (candidate: Candidate) => {
    const highest = candidate.victims.filter((victim) => priorityOf(victim.pod) === top(candidate));
    return Math.min(...highest.map((victim) => startTime(victim.pod)));
  };
  return (
    a.violations - b.violations || top(a) - top(b) || sum(a) - sum(b) || a.victims.length - b.victims.length ||
    (earliest(b) > earliest(a) ? 1 : -1)
  );
}
