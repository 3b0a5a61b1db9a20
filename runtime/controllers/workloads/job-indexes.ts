import type { Job, Pod, SuccessPolicyRule } from '../../api/kinds';
import { isActive } from '../kit/pods';

export const INDEX = 'batch.kubernetes.io/job-completion-index';
/** How often the index of a pod had failed before it. */
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';

export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';
export const indexOf = ({ metadata }: Pod): number => Number(metadata.annotations?.[INDEX] ?? -1);
export const failuresBefore = ({ metadata }: Pod): number => Number(metadata.annotations?.[INDEX_FAILURES] ?? 0);

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

/** Which rule of a success policy is met by the indexes that have succeeded; undefined: none yet. */
export function successRule(job: Job, completed: ReadonlySet<number>): number | undefined {
  const rules = job.spec?.successPolicy?.rules ?? [];
  const met = rules.findIndex((rule) => isMet(rule, completed));
  return met < 0 ? undefined : met;
}

function isMet({ succeededIndexes, succeededCount }: SuccessPolicyRule, completed: ReadonlySet<number>): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && completed.size >= succeededCount;
  const named = [...parseIndexes(succeededIndexes)];
  return named.filter((index) => completed.has(index)).length >= (succeededCount ?? named.length);
}

export interface FreeIndex {
  readonly index: number;
  /** How often it has failed. */
  readonly failures: number;
}

export interface IndexState {
  readonly completed: ReadonlySet<number>;
  readonly failed: ReadonlySet<number>;
  /** Milliseconds until the index may be tried again; a job that counts failures as a whole waits as a whole. */
  waitOf?(index: number, failures: number, pods: readonly Pod[]): number;
}

/** The lowest indexes that are neither done nor have an active pod, and how long the first of those that wait has to. */
export function freeIndexes(
  job: Job, pods: readonly Pod[], { completed, failed, waitOf }: IndexState, count: number,
): { free: FreeIndex[]; wait: number | undefined } {
  const taken = new Set(pods.filter(isActive).map(indexOf));
  const free: FreeIndex[] = [];
  let wait: number | undefined;
  for (let index = 0; index < (job.spec?.completions ?? 0) && free.length < count; index++) {
    if (taken.has(index) || completed.has(index) || failed.has(index)) continue;
    const own = waitOf ? pods.filter((pod) => indexOf(pod) === index) : [];
    const failures = Math.max(0, ...own.map((pod) => failuresBefore(pod) + (pod.status?.phase === 'Failed' ? 1 : 0)));
    const left = waitOf?.(index, failures, own) ?? 0;
    if (left > 0) wait = Math.min(wait ?? Infinity, left);
    else free.push({ index, failures });
  }
  return { free, wait };
}
