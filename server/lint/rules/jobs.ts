import * as z from 'zod';
import type { CronJob, Job } from '../../../runtime/api/kinds';
import { objectRule, podRule, type LintRule } from '../rule';

const deadlineOptions = z.object({
  value: z.number().int().min(10).default(300).describe('Seconds that the quick fix writes.'),
});

export const cronJobDeadlineMissing = objectRule<CronJob, z.infer<typeof deadlineOptions>>(['batch/CronJob'], {
  id: 'cron-job-deadline-missing',
  category: 'reliability',
  title: 'A CronJob without a starting deadline',
  why:
    'A run that could not start in time is made up for at any later moment; and once more than 100 were missed, no ' +
    'job is ever started again.',
  repair: 'Set `spec.startingDeadlineSeconds`.',
  options: deadlineOptions,
  check({ object: { spec } }, { value }) {
    if (!spec || spec.startingDeadlineSeconds !== undefined) return undefined;
    return {
      at: 'spec.schedule',
      message: 'runs that could not start in time have no deadline',
      fix: {
        title: `Set startingDeadlineSeconds to ${value}`,
        edits: [{ set: 'spec.startingDeadlineSeconds', value }],
      },
    };
  },
});

export const cronJobDeadlineTooShort = objectRule<CronJob>(['batch/CronJob'], {
  id: 'cron-job-deadline-too-short',
  category: 'reliability',
  recommended: true,
  title: 'A CronJob whose starting deadline is too short to be kept',
  why:
    'The controller looks every ten seconds. With a deadline below that a run may be missed each time, and the job ' +
    'never starts.',
  repair: 'Set `spec.startingDeadlineSeconds` to 10 or more, better to minutes.',
  check({ object: { spec } }) {
    const seconds = spec?.startingDeadlineSeconds;
    if (seconds === undefined || seconds >= 10) return undefined;
    return {
      at: 'spec.startingDeadlineSeconds',
      message: `${seconds} seconds are less than the ten between two looks at the schedule: the job may never start`,
      fix: { title: 'Set it to 300', edits: [{ set: 'spec.startingDeadlineSeconds', value: 300 }] },
    };
  },
});

const ttlOptions = z.object({
  value: z.number().int().min(0).default(3600).describe('Seconds that the quick fix writes.'),
});

export const jobTtl = objectRule<Job & CronJob, z.infer<typeof ttlOptions>>(['batch/Job', 'batch/CronJob'], {
  id: 'job-ttl',
  category: 'reliability',
  title: 'A Job that is never cleaned up, or cleaned up twice',
  why:
    'A finished Job and its pods stay until somebody deletes them. A CronJob cleans up by itself, by its history ' +
    'limits, with which a `ttlSecondsAfterFinished` of its jobs interferes.',
  repair: 'Set `spec.ttlSecondsAfterFinished` of a Job, and leave it out of a CronJob.',
  options: ttlOptions,
  check({ object: { spec }, subject }, { value }) {
    if (subject.kind === 'batch/Job') {
      if (!spec || spec.ttlSecondsAfterFinished !== undefined) return undefined;
      const fix = {
        title: `Delete it ${value} seconds after its end`,
        edits: [{ set: 'spec.ttlSecondsAfterFinished', value }],
      };
      return { at: 'spec', message: 'the finished job is never deleted', fix };
    }
    const at = 'spec.jobTemplate.spec.ttlSecondsAfterFinished';
    if (spec?.jobTemplate?.spec?.ttlSecondsAfterFinished === undefined) return undefined;
    const fix = { title: 'Leave it to the history limits', edits: [{ remove: at }] };
    return { at, message: 'the CronJob deletes its jobs itself, by its history limits', fix };
  },
});

export const restartPolicyNever = podRule({
  id: 'restart-policy-never',
  category: 'reliability',
  title: 'Pods that are not restarted',
  why: 'A container that ends with an error stays down. A Job makes a new pod for it, a bare Pod has nobody who would.',
  repair: 'Use `OnFailure`, or `Always` where the pod is to run for ever.',
  check({ spec, path, subject }) {
    if (spec.restartPolicy !== 'Never') return undefined;
    const at = `${path}.restartPolicy`;
    const better = subject.kind === '/Pod' ? 'Always' : 'OnFailure';
    return {
      at,
      message: 'a container that fails is not restarted',
      fix: { title: `Use ${better}`, edits: [{ set: at, value: better }] },
    };
  },
});

export const jobRules: LintRule[] = [cronJobDeadlineMissing, cronJobDeadlineTooShort, jobTtl, restartPolicyNever];
