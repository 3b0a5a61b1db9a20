import type { Job, JobCondition, JobStatus, Live, Pod, PodFailurePolicyRule } from '../../api/kinds';
import { isActive, isTerminal } from '../kit/pods';
import { failuresBefore, indexOf, isIndexed, parseIndexes, successRule } from './job-indexes';

export const TRACKING = 'batch.kubernetes.io/job-tracking';

export const jobCondition = ({ status }: Job, type: string): JobCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
export const isFinished = (job: Job): boolean => jobCondition(job, 'Complete') !== undefined || jobCondition(job, 'Failed') !== undefined;

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
  /** Indexes that have failed for good, where failures are counted by index. */
  readonly failedIndexes: ReadonlySet<number>;
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
  const failedIndexes = parseIndexes(status.failedIndexes);
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
      if (failsIndex(job, pod, rule)) failedIndexes.add(indexOf(pod));
    } else continue;
    release.push(pod);
  }
  if (isIndexed(job)) succeeded = completed.size;
  return { succeeded, failed, completed, failedIndexes, uncounted, release, ...(failJob && { failJob }) };
}

/** Whether the index of a failed pod isn't tried again. */
function failsIndex(job: Job, pod: Pod, rule: PodFailurePolicyRule | undefined): boolean {
  const { spec } = job;
  if (spec?.backoffLimitPerIndex === undefined || rule?.action === 'Ignore') return false;
  // Pods of a job that has failed are ended by it, which says nothing about their indexes.
  if (jobCondition(job, 'FailureTarget')) return false;
  return rule?.action === 'FailIndex' || failuresBefore(pod) >= spec.backoffLimitPerIndex;
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
  | { readonly kind: 'complete'; readonly reason: string; readonly message: string }
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
  const rule = successRule(job, counts.completed);
  if (rule !== undefined) return { kind: 'complete', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  return judgeIndexes(job, counts) ?? judgeCompletions(job, pods, counts);
}

/** What becomes of a job whose indexes fail one by one. */
function judgeIndexes({ spec }: Job, { failedIndexes, completed }: Tally): Verdict | undefined {
  if (failedIndexes.size === 0) return undefined;
  if (spec?.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { kind: 'failed', reason: 'MaxFailedIndexesExceeded', message };
  }
  const isDone = failedIndexes.size + completed.size >= (spec?.completions ?? 0);
  return isDone ? { kind: 'failed', reason: 'FailedIndexes', message: 'Job has failed indexes' } : undefined;
}

function judgeCompletions({ spec }: Job, pods: readonly Live<Pod>[], counts: Tally): Verdict {
  const succeeded = counts.succeeded + counts.uncounted.succeeded.length;
  const active = pods.filter(isActive).length;
  const complete = spec?.completions === undefined ? succeeded > 0 && active === 0 : succeeded >= spec.completions && !spec.suspend;
  return complete ? completions : { kind: 'running' };
}

const completions: Verdict = {
  kind: 'complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods',
};

export function deadlineOf({ spec, status }: Job): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || !status?.startTime || spec.suspend) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
}

/** How many pods should be active now. */
export function wantedActive({ spec }: Job, { succeeded, uncounted, failedIndexes }: Tally, active: number): number {
  if (spec?.suspend) return 0;
  const parallelism = spec?.parallelism ?? 1;
  const done = succeeded + uncounted.succeeded.length;
  if (spec?.completions === undefined) return done > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.max(0, Math.min(parallelism, spec.completions - done - failedIndexes.size));
}

const endOf = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0));

/** Milliseconds to wait since the last failure: 10 s doubling to 10 min. */
export function backoffLeft(pods: readonly Live<Pod>[], failures: number, now: number): number {
  const last = Math.max(0, ...pods.filter(({ status }) => status?.phase === 'Failed').map((pod) => endOf(pod) || Date.parse(pod.metadata.creationTimestamp)));
  if (failures === 0 || last === 0) return 0;
  return Math.max(0, last + Math.min(600_000, 10_000 * 2 ** (failures - 1)) - now);
}
