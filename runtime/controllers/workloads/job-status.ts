import type { Job, JobCondition, JobStatus, Live, Pod, PodFailurePolicyRule } from '../../api/kinds';
import { isActive, isTerminal } from '../kit/pods';

export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';

export const jobCondition = ({ status }: Job, type: string): JobCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
export const isFinished = (job: Job): boolean => jobCondition(job, 'Complete') !== undefined || jobCondition(job, 'Failed') !== undefined;
export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';
export const indexOf = ({ metadata }: Pod): number => Number(metadata.annotations?.[INDEX] ?? -1);

/** `1,3-5,7` ⇄ numbers. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',').filter(Boolean)) {
    const [from = 0, to = from] = part.split('-').map(Number);
    for (let i = from; i <= to; i++) indexes.add(i);
  }
  return indexes;
}

export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    parts.push(end === i ? `${sorted[i]}` : end === i + 1 ? `${sorted[i]},${sorted[end]}` : `${sorted[i]}-${sorted[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

/** The first rule of a failure policy that a failed pod meets. */
export function matchingRule(job: Job, pod: Pod): PodFailurePolicyRule | undefined {
  return job.spec?.podFailurePolicy?.rules.find(({ onExitCodes, onPodConditions }) => {
    if (onExitCodes) {
      const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
      return statuses.some(({ name, state }) => {
        const code = state?.terminated?.exitCode;
        if (!code || (onExitCodes.containerName && onExitCodes.containerName !== name)) return false;
        return onExitCodes.values.includes(code) === (onExitCodes.operator === 'In');
      });
    }
    return (onPodConditions ?? []).some(({ type, status = 'True' }) =>
      pod.status?.conditions?.some((condition) => condition.type === type && condition.status === status));
  });
}

export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly completed: ReadonlySet<number>;
  /** Ended pods that are not yet in the counts for good. */
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  /** Pods whose finalizer may go once this tally is written. */
  readonly release: readonly Live<Pod>[];
  readonly failJob?: { readonly message: string };
}

/** A pod that is deleted before it ended has failed; one whose node is gone never says so. */
const hasFailed = (pod: Live<Pod>) => pod.status?.phase === 'Failed' || (Boolean(pod.metadata.deletionTimestamp) && !isTerminal(pod) && !pod.spec?.nodeName);

/**
 * Counts each ended pod exactly once (KEP-2307): its uid is written down first, then its finalizer goes, and only when
 * that has been seen does the uid become part of the number.
 */
export function tally(job: Live<Job>, pods: readonly Live<Pod>[]): Tally {
  const status: JobStatus = job.status ?? {};
  const tracked = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  const holds = (uid: string) => tracked.get(uid)?.metadata.finalizers?.includes(TRACKING) ?? false;
  const before = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] };
  const uncounted = { succeeded: before.succeeded.filter(holds), failed: before.failed.filter(holds) };
  const completed = parseIndexes(status.completedIndexes);
  let succeeded = (status.succeeded ?? 0) + (isIndexed(job) ? 0 : before.succeeded.length - uncounted.succeeded.length);
  const failed = (status.failed ?? 0) + before.failed.length - uncounted.failed.length;
  const release: Live<Pod>[] = [];
  let failJob: Tally['failJob'];
  for (const pod of pods) {
    if (!pod.metadata.finalizers?.includes(TRACKING)) continue;
    const known = uncounted.succeeded.includes(pod.metadata.uid) || uncounted.failed.includes(pod.metadata.uid);
    if (pod.status?.phase === 'Succeeded') {
      if (isIndexed(job)) completed.add(indexOf(pod));
      else if (!known) uncounted.succeeded.push(pod.metadata.uid);
    } else if (hasFailed(pod)) {
      const rule = matchingRule(job, pod);
      if (rule?.action === 'FailJob') failJob ??= { message: failureMessage(job, pod, rule) };
      if (rule?.action !== 'Ignore' && !known) uncounted.failed.push(pod.metadata.uid);
    } else continue;
    release.push(pod);
  }
  if (isIndexed(job)) succeeded = completed.size;
  return { succeeded, failed, completed, uncounted, release, ...(failJob && { failJob }) };
}

function failureMessage(job: Live<Job>, pod: Live<Pod>, rule: PodFailurePolicyRule): string {
  const index = job.spec?.podFailurePolicy?.rules.indexOf(rule) ?? 0;
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (!rule.onExitCodes) {
    const type = rule.onPodConditions?.find((pattern) => pod.status?.conditions?.some((condition) => condition.type === pattern.type))?.type;
    return `Pod ${name} has condition ${type} matching FailJob rule at index ${index}`;
  }
  const failed = pod.status?.containerStatuses?.find(({ state }) => state?.terminated?.exitCode);
  return `Container ${failed?.name} for pod ${name} failed with exit code ${failed?.state?.terminated?.exitCode} matching FailJob rule at index ${index}`;
}

export type Verdict =
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'running' };

export function judge(job: Live<Job>, pods: readonly Live<Pod>[], counts: Tally, now: number): Verdict {
  const spec = job.spec;
  const failures = counts.failed + counts.uncounted.failed.length;
  const limit = spec?.backoffLimit ?? 6;
  if (counts.failJob) return { kind: 'failed', reason: 'PodFailurePolicy', message: counts.failJob.message };
  const restarts = spec?.template.spec?.restartPolicy === 'OnFailure'
    ? pods.filter(isActive).flatMap(({ status }) => status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0) : 0;
  if (failures > limit || (restarts > 0 && (limit === 0 || restarts >= limit))) {
    return { kind: 'failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const deadline = deadlineOf(job);
  if (deadline !== undefined && now >= deadline) {
    return { kind: 'failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const succeeded = counts.succeeded + counts.uncounted.succeeded.length;
  const active = pods.filter(isActive).length;
  const complete = spec?.completions === undefined ? succeeded > 0 && active === 0 : succeeded >= spec.completions && !spec.suspend;
  return complete ? { kind: 'complete' } : { kind: 'running' };
}

export function deadlineOf({ spec, status }: Job): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || !status?.startTime || spec.suspend) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
}

/** How many pods should be active now. */
export function wantedActive({ spec }: Job, { succeeded, uncounted }: Tally, active: number): number {
  if (spec?.suspend) return 0;
  const parallelism = spec?.parallelism ?? 1;
  const done = succeeded + uncounted.succeeded.length;
  if (spec?.completions === undefined) return done > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.max(0, Math.min(parallelism, spec.completions - done));
}

const endOf = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0));

/** Milliseconds to wait since the last failure: 10 s doubling to 10 min. */
export function backoffLeft(pods: readonly Live<Pod>[], failures: number, now: number): number {
  const last = Math.max(0, ...pods.filter(({ status }) => status?.phase === 'Failed').map((pod) => endOf(pod) || Date.parse(pod.metadata.creationTimestamp)));
  if (failures === 0 || last === 0) return 0;
  return Math.max(0, last + Math.min(600_000, 10_000 * 2 ** (failures - 1)) - now);
}
