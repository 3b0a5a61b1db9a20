import type { CronJob, CronJobStatus, Job, Live, ObjectReference } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { isNamespaceTerminating } from '../kit/pod-control';
import { controllerOf, controllerRef, indexByController, ownedBy, refersTo } from '../kit/pods';
import { resources } from '../kit/resources';
import { isFinished, jobCondition } from './job-status';
import { Schedule } from '../../api/cron-schedule';

const KIND = { apiVersion: 'batch/v1', kind: 'CronJob' };
const JOB = { apiVersion: 'batch/v1', kind: 'Job' };
const iso = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

export interface Due {
  /** The latest time that is due and not yet served. */
  readonly time?: number;
  readonly missed: number;
  readonly next?: number;
}

/** What is due between the last run (or the deadline's reach) and now. */
export function dueAt(cronJob: Live<CronJob>, schedule: Pick<Schedule, 'next'>, now: number): Due {
  const last = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  const deadline = cronJob.spec?.startingDeadlineSeconds;
  let from = deadline === undefined ? last : Math.max(last, now - deadline * 1000);
  let time: number | undefined;
  let missed = 0;
  for (let next = schedule.next(from); ; next = schedule.next(from)) {
    if (next === undefined || next > now) return { ...(time !== undefined && { time }), missed, ...(next !== undefined && { next }) };
    time = next;
    missed++;
    // After a long pause only the latest matters: leap close to now.
    from = missed === 100 ? Math.max(next, now - 24 * 3600_000) : next;
  }
}

class CronJobController extends ControllerBase {
  private readonly cronJobs: Informer<CronJob>;
  private readonly jobs: Informer<Job>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<CronJob>;
  private readonly jobClient: ResourceClient<Job>;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<CronJob>(resources.cronJobs);
    this.jobClient = context.client.resource<Job>(resources.jobs);
    this.events = eventsOf(context.events('cronjob-controller'), KIND);
    this.queue = this.loop({ name: 'cronjob-controller', reconcile: (key) => this.reconcile(key) });
    this.cronJobs = this.watchAll<CronJob>(resources.cronJobs, (cronJob) => this.queue.add(keyOf(cronJob)));
    indexByController(this.read<Job>(resources.jobs));
    this.jobs = this.watchAll<Job>(resources.jobs, (job) => {
      const owner = controllerOf(job);
      if (owner && refersTo(owner, KIND)) this.queue.add(`${job.metadata.namespace}/${owner.name}`);
    });
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const cronJob = this.cronJobs.get(name, namespace);
    if (!cronJob?.spec) return;
    const jobs = ownedBy(this.jobs, cronJob.metadata.uid);
    const status = this.observe(cronJob, jobs);
    await this.trim(cronJob, jobs);
    const now = this.context.clock.now();
    const wait = cronJob.metadata.deletionTimestamp || cronJob.spec.suspend ? undefined : await this.run(cronJob, status, jobs, now);
    if (!semanticEqual(status, cronJob.status)) await this.client.updateStatus({ ...cronJob, status });
    return wait;
  }

  private parse(cronJob: Live<CronJob>): Pick<Schedule, 'next'> | undefined {
    const { schedule, timeZone } = cronJob.spec ?? { schedule: '' };
    try {
      return Schedule.parse(schedule, timeZone ?? 'UTC');
    } catch (error) {
      const [reason, message] = error instanceof RangeError
        ? ['UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`]
        : ['UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${messageOf(error)}`];
      this.events.event(cronJob, 'Warning', reason ?? '', message ?? '');
      return undefined;
    }
  }

  /** Active jobs that have ended, or are gone, are active no more. */
  private observe(cronJob: Live<CronJob>, jobs: readonly Live<Job>[]): CronJobStatus {
    const status: CronJobStatus = { ...cronJob.status };
    const before = new Set((status.active ?? []).map(({ uid }) => uid));
    for (const job of jobs.filter(isFinished)) {
      const { name, uid } = job.metadata;
      if (before.has(uid)) {
        const condition = jobCondition(job, 'Complete') ? 'Complete' : 'Failed';
        this.events.event(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${condition}`);
      }
      const ended = job.status?.completionTime;
      if (ended && (!status.lastSuccessfulTime || Date.parse(ended) > Date.parse(status.lastSuccessfulTime))) status.lastSuccessfulTime = ended;
    }
    status.active = jobs.filter((job) => !isFinished(job)).map(referenceTo);
    if (status.active.length === 0) delete status.active;
    return status;
  }

  private async trim(cronJob: Live<CronJob>, jobs: readonly Live<Job>[]): Promise<void> {
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec ?? {};
    const oldest = (type: string, limit: number) => {
      const ended = jobs.filter((job) => jobCondition(job, type)).sort((a, b) => startOf(a) - startOf(b));
      return ended.slice(0, Math.max(0, ended.length - limit));
    };
    for (const job of [...oldest('Complete', successfulJobsHistoryLimit), ...oldest('Failed', failedJobsHistoryLimit)]) await this.delete(cronJob, job);
  }

  /** Milliseconds until the next run. */
  private async run(cronJob: Live<CronJob>, status: CronJobStatus, jobs: readonly Live<Job>[], now: number): Promise<number | undefined> {
    const schedule = this.parse(cronJob);
    if (!schedule) return undefined;
    const { time, missed, next } = dueAt(cronJob, schedule, now);
    const wait = next === undefined ? undefined : next - now + 100;
    if (missed > 100) {
      this.events.event(cronJob, 'Warning', 'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew');
    }
    if (time === undefined) return wait;
    if (status.active?.length && cronJob.spec?.concurrencyPolicy === 'Forbid') {
      this.events.event(cronJob, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return wait;
    }
    if (cronJob.spec?.concurrencyPolicy === 'Replace') {
      for (const job of jobs.filter((candidate) => !isFinished(candidate))) await this.delete(cronJob, job);
      delete status.active;
    }
    const job = await this.create(cronJob, time);
    if (job && !isFinished(job)) status.active = [...(status.active ?? []).filter(({ uid }) => uid !== job.metadata.uid), referenceTo(job)];
    status.lastScheduleTime = iso(time);
    return wait;
  }

  /** Named after its time, so that a restart or an old cache never makes a second one. */
  private async create(cronJob: Live<CronJob>, time: number): Promise<Live<Job> | undefined> {
    const template = cronJob.spec?.jobTemplate ?? {};
    const name = `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`;
    const { namespace } = cronJob.metadata;
    const annotations = { ...template.metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': iso(time) };
    const metadata = { name, namespace: namespace ?? '', labels: { ...template.metadata?.labels }, annotations, ownerReferences: [controllerRef(cronJob, KIND)] };
    try {
      const created = await this.jobClient.create({ ...JOB, metadata, ...(template.spec && { spec: template.spec }) });
      this.events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return created;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (isStatusError(error, 'AlreadyExists')) {
        const existing = await this.jobClient.get(name, namespace);
        if (controllerOf(existing)?.uid === cronJob.metadata.uid) return existing;
      }
      this.events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
  }

  private async delete(cronJob: Live<CronJob>, { metadata: { name, namespace } }: Live<Job>): Promise<void> {
    try {
      await this.jobClient.delete(name, namespace, { propagationPolicy: 'Background' });
      this.events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}

const startOf = ({ status, metadata }: Live<Job>) => Date.parse(status?.startTime ?? metadata.creationTimestamp);

const referenceTo = ({ metadata: { name, namespace, uid, resourceVersion } }: Live<Job>): ObjectReference =>
  ({ ...JOB, name, uid, resourceVersion, ...(namespace && { namespace }) });

export const startCronJobs: StartController = (context) => new CronJobController(context).start();
