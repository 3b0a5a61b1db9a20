import { finding } from '../finding';
import type { CronJob, JobSpec } from '../kinds';
import { jobSpec } from './batch';
import type { Findings } from './common';
import { METADATA, nonNegative, SPEC } from './common';
import { cronProblem, isTimeZone } from './cron';
import { templateWarnings } from './pod-warnings';
import type { KindRules } from './rules';

const SCHEDULE = SPEC.child('schedule');
const ZONE_IN_SCHEDULE =
  'CRON_TZ or TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

function schedule(
  out: Findings,
  text: string | undefined,
  timeZone: string | undefined,
  oldText: string | undefined,
): void {
  if (!text) {
    out.push(finding.required(SCHEDULE));
    return;
  }
  const problem = cronProblem(text);
  if (problem) out.push(finding.invalid(SCHEDULE, text, problem));
  if (!text.includes('TZ')) return;
  if (!oldText?.includes('TZ')) {
    out.push(finding.invalid(SCHEDULE, text, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  } else if (timeZone !== undefined) {
    out.push(finding.invalid(SCHEDULE, text, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  }
}

function timeZone(out: Findings, zone: string | undefined): void {
  if (zone === undefined) return;
  const at = SPEC.child('timeZone');
  if (zone === '') {
    out.push(finding.invalid(at, zone, 'timeZone must be nil or non-empty string'));
    return;
  }
  if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    out.push(finding.invalid(at, zone, detail));
    return;
  }
  const formed =
    zone.split('/').every((part) => part !== '.' && part !== '..' && /^[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}$/.test(part));
  if (!formed || !isTimeZone(zone)) out.push(finding.invalid(at, zone, `unknown time zone ${zone}`));
}

function cronJobSpec(cronJob: CronJob, old?: CronJob): Findings {
  const out: Findings = [];
  const { spec } = cronJob;
  schedule(out, spec?.schedule, spec?.timeZone, old?.spec?.schedule);
  nonNegative(out, SPEC.child('startingDeadlineSeconds'), spec?.startingDeadlineSeconds);
  if (!old || old.spec?.timeZone !== spec?.timeZone) timeZone(out, spec?.timeZone);
  const concurrency = SPEC.child('concurrencyPolicy');
  const policiesKnown = ['Allow', 'Forbid', 'Replace'];
  if (!spec?.concurrencyPolicy) out.push(finding.required(concurrency));
  else if (!policiesKnown.includes(spec.concurrencyPolicy)) {
    out.push(finding.notSupportedOf(concurrency, spec.concurrencyPolicy, policiesKnown));
  }
  const template = SPEC.child('jobTemplate', 'spec');
  const inner: JobSpec = spec?.jobTemplate?.spec ?? { template: {} };
  jobSpec(out, template, inner);
  if (inner.selector)
    out.push(finding.invalid(template.child('selector'), inner.selector, '`selector` will be auto-generated'));
  if (inner.manualSelector) out.push(finding.notSupportedOf(template.child('manualSelector'), true, ['nil', 'false']));
  nonNegative(out, SPEC.child('successfulJobsHistoryLimit'), spec?.successfulJobsHistoryLimit);
  nonNegative(out, SPEC.child('failedJobsHistoryLimit'), spec?.failedJobsHistoryLimit);
  return out;
}

export const cronJob: KindRules<CronJob> = {
  create(object) {
    const out = cronJobSpec(object);
    const name = object.metadata.name ?? '';
    // A job's name is the cron job's with 11 characters more.
    if (name.length > 52) out.push(finding.invalid(METADATA.child('name'), name, 'must be no more than 52 characters'));
    return out;
  },
  update: cronJobSpec,
  updateStatus: () => [],
  warnings: ({ spec }) => [
    ...(spec?.schedule?.includes('TZ=') ? [`${SCHEDULE}: ${ZONE_IN_SCHEDULE}`] : []),
    ...templateWarnings(spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template'),
  ],
};
