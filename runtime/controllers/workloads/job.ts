import type { Job, JobCondition, JobStatus, Live, Pod } from '../../api/kinds';
import { selectorFromLabelSelector } from '../../api/labels';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { slowStart } from '../kit/batches';
import { claim } from '../kit/claim';
import { ControllerBase, eventsOf, keyOf, splitKey, timestamp } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import { Expectations } from '../kit/expectations';
import type { Loop } from '../kit/loop';
import { isNamespaceTerminating, PodControl } from '../kit/pod-control';
import { controllerOf, indexByController, isActive, isReady, isTerminating, ownedBy, podFromTemplate, refersTo } from '../kit/pods';
import { compareForDeletion } from '../kit/rank';
import { resources } from '../kit/resources';
import { formatIndexes, freeIndexes, INDEX, INDEX_FAILURES, isIndexed } from './job-indexes';
import type { FreeIndex } from './job-indexes';
import { backoffLeft, deadlineOf, isFinished, jobCondition, judge, tally, TRACKING, wantedActive } from './job-status';
import type { Tally, Verdict } from './job-status';

const KIND = { apiVersion: 'batch/v1', kind: 'Job' };

/** A pod of the job; indexed ones know their index by annotation, label, host name and environment. */
export function jobPod(job: Live<Job>, free: FreeIndex | undefined): Pod {
  const pod = podFromTemplate(job.spec?.template ?? {}, job, KIND);
  const { name, uid } = job.metadata;
  pod.metadata.labels = {
    'batch.kubernetes.io/controller-uid': uid, 'controller-uid': uid, 'batch.kubernetes.io/job-name': name, 'job-name': name, ...pod.metadata.labels,
  };
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
  if (free === undefined || !pod.spec) return pod;
  const { index, failures } = free;
  pod.metadata.generateName = `${name}-${index}-`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX]: String(index) };
  if (job.spec?.backoffLimitPerIndex !== undefined) pod.metadata.annotations[INDEX_FAILURES] = String(failures);
  pod.metadata.labels[INDEX] = String(index);
  pod.spec.hostname = `${name}-${index}`;
  const variable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } } };
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    if (!container.env?.some((existing) => existing.name === variable.name)) container.env = [...(container.env ?? []), variable];
  }
  return pod;
}

class JobController extends ControllerBase {
  private readonly jobs: Informer<Job>;
  private readonly pods: Informer<Pod>;
  private readonly queue: Loop;
  private readonly expectations: Expectations;
  private readonly client: ResourceClient<Job>;
  private readonly podClient: ResourceClient<Pod>;
  private readonly podControl: PodControl;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Job>(resources.jobs);
    this.podClient = context.client.resource<Pod>(resources.pods);
    this.events = eventsOf(context.events('job-controller'), KIND);
    this.podControl = new PodControl(this.podClient, this.events);
    this.expectations = new Expectations(context.clock);
    this.queue = this.loop({ name: 'job-controller', reconcile: (key) => this.reconcile(key) });
    this.jobs = this.watchAll<Job>(resources.jobs, (job) => this.queue.add(keyOf(job)));
    indexByController(this.read<Pod>(resources.pods));
    this.pods = this.watch<Pod>(resources.pods, {
      added: (pod) => this.podChanged(pod, (key) => this.expectations.created(key)),
      updated: (pod) => this.podChanged(pod, (key) => pod.metadata.deletionTimestamp && this.expectations.deleted(key, pod.metadata.uid)),
      deleted: (pod) => this.podChanged(pod, (key) => this.expectations.deleted(key, pod.metadata.uid)),
    });
  }

  private podChanged(pod: Live<Pod>, observe: (key: string) => void): void {
    const owner = controllerOf(pod);
    if (!owner) return this.orphanChanged(pod);
    if (!refersTo(owner, KIND)) return;
    const key = `${pod.metadata.namespace}/${owner.name}`;
    observe(key);
    this.queue.add(key);
    if (!this.jobs.get(owner.name, pod.metadata.namespace) && this.jobs.hasSynced && pod.metadata.finalizers?.includes(TRACKING)) this.queue.addAfter(key, 1000);
  }

  /** An orphan goes to the jobs that select it. On its way out the finalizer would keep it for ever. */
  private orphanChanged(pod: Live<Pod>): void {
    if (pod.metadata.deletionTimestamp) {
      if (pod.metadata.finalizers?.includes(TRACKING)) void this.release(pod).catch(() => {});
      return;
    }
    for (const job of this.jobs.list(pod.metadata.namespace)) {
      if (selectorFromLabelSelector(job.spec?.selector).matches(pod.metadata.labels ?? {})) this.queue.add(keyOf(job));
    }
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const job = this.jobs.get(name, namespace);
    if (!job) return this.releaseAll(namespace, name);
    if (job.spec?.managedBy && job.spec.managedBy !== 'kubernetes.io/job-controller') return;
    if (isFinished(job)) {
      await Promise.all(ownedBy(this.pods, job.metadata.uid).map((pod) => this.release(pod)));
      return this.untilExpired(job);
    }
    const synced = this.expectations.satisfied(key);
    const pods = await claim({
      owner: job, kind: KIND, selector: selectorFromLabelSelector(job.spec?.selector), informer: this.pods,
      client: this.podClient, owners: this.client, finalizer: TRACKING,
    });
    const now = this.context.clock.now();
    const counts = tally(job, pods);
    const target = jobCondition(job, 'FailureTarget');
    const verdict: Verdict = target ? { kind: 'failed', reason: target.reason ?? '', message: target.message ?? '' }
      : decided(job, 'SuccessCriteriaMet') ?? judge(job, pods, counts, now);
    const wait = synced && !job.metadata.deletionTimestamp ? await this.manage(key, job, pods, counts, verdict, now) : undefined;
    await this.writeStatus(job, pods, counts, verdict);
    await Promise.all(counts.release.map((pod) => this.release(pod)));
    const deadline = deadlineOf(job);
    const waits = [wait, deadline !== undefined && deadline > now ? deadline - now : undefined].filter((time) => time !== undefined);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  /** Milliseconds until something more may be created. */
  private async manage(key: string, job: Live<Job>, pods: readonly Live<Pod>[], counts: Tally, verdict: Verdict, now: number): Promise<number | undefined> {
    const active = pods.filter(isActive);
    const wanted = verdict.kind === 'running' ? wantedActive(job, counts, active.length) : 0;
    if (active.length > wanted) {
      const surplus = [...active].sort(compareForDeletion(now, () => 0)).slice(0, active.length - wanted);
      await this.remove(key, job, surplus);
    } else if (active.length < wanted) {
      const perIndex = job.spec?.backoffLimitPerIndex !== undefined;
      const wait = perIndex ? 0 : backoffLeft(pods, counts.failed + counts.uncounted.failed.length, now);
      if (wait > 0) return wait;
      // Failed pods that are still on their way out hold their place when the policy says so.
      const leaving = job.spec?.podReplacementPolicy === 'Failed' ? pods.filter(isTerminating).length : 0;
      return this.create(key, job, pods, counts, wanted - active.length - leaving);
    }
    return undefined;
  }

  /** Milliseconds until an index that has failed may be tried again. */
  private async create(
    key: string, job: Live<Job>, pods: readonly Live<Pod>[], counts: Tally, count: number,
  ): Promise<number | undefined> {
    if (count <= 0) return undefined;
    const { free, wait } = isIndexed(job) ? this.indexes(job, pods, counts, count) : { free: undefined, wait: undefined };
    const total = free?.length ?? count;
    if (total === 0) return wait;
    this.expectations.expectCreations(key, total);
    const { successes, error } = await slowStart(total, async () => {
      await this.podControl.create(jobPod(job, free?.shift()), job);
    });
    if (successes < total) this.expectations.created(key, total - successes);
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    return wait;
  }

  private indexes(job: Live<Job>, pods: readonly Live<Pod>[], { completed, failedIndexes }: Tally, count: number) {
    const now = this.context.clock.now();
    const waitOf = (_index: number, failures: number, own: readonly Pod[]) => backoffLeft(own as Live<Pod>[], failures, now);
    const perIndex = job.spec?.backoffLimitPerIndex !== undefined;
    return freeIndexes(job, pods, { completed, failed: failedIndexes, ...(perIndex && { waitOf }) }, count);
  }

  private async remove(key: string, job: Live<Job>, pods: readonly Live<Pod>[]): Promise<void> {
    this.expectations.expectDeletions(key, pods.map(({ metadata }) => metadata.uid));
    await Promise.all(pods.map(async (pod) => {
      try {
        await this.podControl.delete(pod, job);
      } catch (error) {
        this.expectations.deleted(key, pod.metadata.uid);
        if (!isStatusError(error, 'NotFound')) throw error;
      }
    }));
  }

  private async writeStatus(job: Live<Job>, pods: readonly Live<Pod>[], counts: Tally, verdict: Verdict): Promise<void> {
    const now = timestamp(this.context.clock);
    const active = pods.filter(isActive);
    const { uncounted, completed, failedIndexes } = counts;
    const before: JobStatus = job.status ?? {};
    const suspended = job.spec?.suspend ?? false;
    const conditions = this.suspension(job, now);
    const status: JobStatus = {
      ...before, conditions, active: active.length, ready: active.filter(isReady).length, terminating: pods.filter(isTerminating).length,
      succeeded: counts.succeeded, failed: counts.failed,
      uncountedTerminatedPods: { ...(uncounted.succeeded.length > 0 && { succeeded: [...uncounted.succeeded] }), ...(uncounted.failed.length > 0 && { failed: [...uncounted.failed] }) },
      ...(isIndexed(job) && { completedIndexes: formatIndexes(completed) }),
      ...(job.spec?.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(failedIndexes) }),
    };
    if (suspended) delete status.startTime;
    else status.startTime ??= now;
    // The end is told only when all pods are counted and gone from the active ones.
    const settled = active.length === 0 && uncounted.succeeded.length + uncounted.failed.length === 0 && pods.filter(isTerminating).length === 0;
    this.conclude(job, status, verdict, settled, now);
    if (!semanticEqual(status, before)) await this.client.updateStatus({ ...job, status });
    this.announce(job, status, verdict);
  }

  private conclude(job: Live<Job>, status: JobStatus, verdict: Verdict, settled: boolean, now: string): void {
    if (verdict.kind === 'running') return;
    const add = (type: string, reason: string, message: string) => {
      if (jobCondition(job, type)) return;
      status.conditions = [...(status.conditions ?? []), { type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now }];
    };
    if (verdict.kind === 'failed') {
      add('FailureTarget', verdict.reason, verdict.message);
      if (settled) add('Failed', verdict.reason, verdict.message);
      return;
    }
    const { reason, message } = verdict;
    add('SuccessCriteriaMet', reason, message);
    if (!settled) return;
    add('Complete', reason, message);
    status.completionTime = now;
  }

  private suspension(job: Live<Job>, now: string): JobCondition[] {
    const conditions = job.status?.conditions ?? [];
    const suspended = jobCondition(job, 'Suspended') !== undefined;
    const wanted = job.spec?.suspend ?? false;
    if (wanted === suspended) return conditions;
    const [reason, message] = wanted ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
    this.events.event(job, 'Normal', wanted ? 'Suspended' : 'Resumed', message ?? '');
    const condition: JobCondition = { type: 'Suspended', status: wanted ? 'True' : 'False', reason: reason ?? '', message: message ?? '', lastProbeTime: now, lastTransitionTime: now };
    return [...conditions.filter(({ type }) => type !== 'Suspended'), condition];
  }

  private announce(job: Live<Job>, status: JobStatus, verdict: Verdict): void {
    if (!isFinished({ ...job, status })) return;
    if (verdict.kind === 'failed') this.events.event(job, 'Warning', verdict.reason, verdict.message);
    else this.events.event(job, 'Normal', 'Completed', 'Job completed');
  }

  private async release(pod: Live<Pod>): Promise<void> {
    const { name, namespace, uid, finalizers = [] } = pod.metadata;
    if (!finalizers.includes(TRACKING)) return;
    try {
      const rest = finalizers.filter((finalizer) => finalizer !== TRACKING);
      await this.podClient.patch(name, namespace, 'merge', { metadata: { uid, finalizers: rest.length > 0 ? rest : null } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
  }

  private async releaseAll(namespace: string | undefined, name: string): Promise<void> {
    const lost = this.pods.list(namespace).filter((pod) => {
      const owner = controllerOf(pod);
      return owner?.name === name && refersTo(owner, KIND);
    });
    await Promise.all(lost.map((pod) => this.release(pod)));
  }

  /** ttlSecondsAfterFinished: milliseconds until then; deletes the job when it has come. */
  private async untilExpired(job: Live<Job>): Promise<number | void> {
    const ttl = job.spec?.ttlSecondsAfterFinished;
    const ended = jobCondition(job, 'Complete') ?? jobCondition(job, 'Failed');
    if (ttl === undefined || job.metadata.deletionTimestamp) return;
    const left = Date.parse(ended?.lastTransitionTime ?? '') + ttl * 1000 - this.context.clock.now();
    if (left > 0) return left;
    const { name, namespace, uid } = job.metadata;
    await this.client.delete(name, namespace, { propagationPolicy: 'Foreground', preconditions: { uid } }).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }
}

/** A verdict that was given before stands. */
function decided(job: Job, type: 'SuccessCriteriaMet'): Verdict | undefined {
  const found = jobCondition(job, type);
  return found && { kind: 'complete', reason: found.reason ?? '', message: found.message ?? '' };
}

export const startJobs: StartController = (context) => new JobController(context).start();
