import { describe, expect, it } from 'vitest';
import { cronProblem } from './cron';
import type { Tree } from './test-objects';
import { createLines, merge, updateLines } from './test-objects';

const podSpec = {
  restartPolicy: 'Never', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30,
  containers: [{ name: 'c', image: 'busybox', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }],
};
const job = (spec: Tree = {}): Tree => ({ apiVersion: 'batch/v1', kind: 'Job', spec: merge({ template: { spec: podSpec }, completionMode: 'NonIndexed' }, spec) });
const cronJob = (spec: Tree = {}, rest: Tree = {}): Tree =>
  merge(
    {
      apiVersion: 'batch/v1', kind: 'CronJob',
      spec: merge({ schedule: '*/5 * * * *', concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: { spec: podSpec } } } }, spec),
    },
    rest,
  );

describe('jobs', () => {
  it.each<[string, Tree, string[]]>([
    ['are accepted when in order', {}, []],
    ['end', { template: { spec: { restartPolicy: 'Always' } } }, ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']],
    ['count no less than zero', { parallelism: -1 }, ['spec.parallelism: Invalid value: -1: must be greater than or equal to 0']],
    ['have completions if indexed', { completionMode: 'Indexed' }, ['spec.completions: Required value: when completion mode is Indexed']],
    ['limit an index only if indexed', { backoffLimitPerIndex: 1 }, ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode']],
    [
      'have complete failure rules',
      { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [2, 1, 0] } }, { action: 'Ignore' }] } },
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1,0]: must be ordered',
        'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      ],
    ],
  ])('%s', (_name, spec, expected) => {
    expect(createLines(job(spec))).toEqual(expected);
  });

  it('keep their template once made', () => {
    const [first] = updateLines(job({ template: { spec: { hostname: 'b' } } }), job());
    expect(first).toMatch(/^spec\.template: Invalid value: \{.*\}: field is immutable$/);
  });

  it('have the selector that was generated for them', () => {
    const selected = { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } }, template: { metadata: { labels: { 'job-name': 'x' } } } };
    expect(createLines(merge(job(selected), { metadata: { uid: 'u' } }))).toEqual([
      "spec.template.metadata.labels[controller-uid]: Required value: must be 'u'",
      `spec.template.metadata.labels[job-name]: Invalid value: {"job-name":"x"}: must be 'test'`,
      "spec.template.metadata.labels[batch.kubernetes.io/controller-uid]: Required value: must be 'u'",
      "spec.template.metadata.labels[batch.kubernetes.io/job-name]: Required value: must be 'test'",
      'spec.template.metadata.labels: Invalid value: {"job-name":"x"}: `selector` does not match template `labels`',
    ]);
  });
});

describe('cron jobs', () => {
  it.each<[string, Tree, string[]]>([
    ['are accepted when in order', { timeZone: 'Europe/Rome' }, []],
    ['have a schedule', { schedule: '' }, ['spec.schedule: Required value']],
    ['have a well-formed schedule', { schedule: '* * * *' }, ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]']],
    ['keep the time zone out of it', { schedule: 'TZ=UTC 0 0 * * *' }, [
      'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ]],
    ['know their time zone', { timeZone: 'Mars/Crater' }, ['spec.timeZone: Invalid value: "Mars/Crater": unknown time zone Mars/Crater']],
    ['say how they overlap', { concurrencyPolicy: 'Queue' }, ['spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"']],
    ['leave the selector to the job', { jobTemplate: { spec: { manualSelector: true } } }, [
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ]],
  ])('%s', (_name, spec, expected) => {
    expect(createLines(cronJob(spec))).toEqual(expected);
  });

  it('leave room in their name for the job', () => {
    expect(createLines(cronJob({}, { metadata: { name: 'a'.repeat(53) } }))).toEqual([
      `metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`,
    ]);
  });
});

describe('cronProblem', () => {
  it.each(['* * * * *', '0 0 1 jan sun', '*/15 0-5/2 1,15 * 1-5', '@daily', '@every 1h30m', '? 5 * * 6'])('takes %s', (schedule) => {
    expect(cronProblem(schedule)).toBeUndefined();
  });

  it.each([
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['@often', 'unrecognized descriptor: @often'],
  ])('refuses %s', (schedule, problem) => {
    expect(cronProblem(schedule)).toBe(problem);
  });
});
