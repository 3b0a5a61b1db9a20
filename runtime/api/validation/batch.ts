import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  Job, JobSpec, JobStatus, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, PodTemplateSpec,
  SuccessPolicyRule,
} from '../kinds';
import { byteLength, dns1123LabelProblems, dns1123SubdomainProblems, HTTP_PATH_MESSAGE, isHttpPath } from '../names';
import type { Findings } from './common';
import {
  immutable, invalidEach, labelSelector, METADATA, nonNegative, qualifiedName, sorted, SPEC, STATUS,
} from './common';
import { podTemplate } from './pod-spec';
import { templateWarnings } from './pod-warnings';
import type { KindRules } from './rules';
import { SELECTOR_MISMATCH, selectorOf, statusCounts } from './workloads';

const MAX_PARALLELISM_INDEXED = 100_000;
const MANY_COMPLETIONS = 100_000;
const PARALLELISM_OF_MANY = 10_000;

const quotedList =
  (values: readonly string[]) => `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;

/** A finding of upstream's that leaves the bad value out. */
const withoutValue = (path: Path, detail: string) =>
  ({ path: path.toString(), reason: 'FieldValueInvalid', message: `Invalid value: ${detail}` }) as const;

/** `domain/path`: ingress class controllers, a job's manager. */
export function domainPrefixedPath(out: Findings, path: Path, value: string): void {
  if (!value) {
    out.push(finding.required(path));
    return;
  }
  const slash = value.indexOf('/');
  const [domain, rest] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (!domain || !rest) {
    out.push(finding.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  invalidEach(out, path, domain, dns1123SubdomainProblems(domain));
  if (!isHttpPath(rest)) out.push(finding.invalid(path, rest, HTTP_PATH_MESSAGE));
}

const COUNTS = [
  'parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

function indexed(out: Findings, path: Path, spec: JobSpec): void {
  const { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex: perIndex } = spec;
  const many = completions !== undefined && completions > MANY_COMPLETIONS && perIndex !== undefined;
  const most = (field: string, value: number, limit: number, suffix: string) => {
    if (value > limit)
      out.push(finding.invalid(path.child(field), value, `must be less than or equal to ${limit}${suffix}`));
  };
  if (completions === undefined)
    out.push(finding.required(path.child('completions'), 'when completion mode is Indexed'));
  most('parallelism', parallelism, MAX_PARALLELISM_INDEXED, ' when completion mode is Indexed');
  if (failed !== undefined && completions !== undefined && failed > completions) {
    out.push(finding.invalid(path.child('maxFailedIndexes'), failed, 'must be less than or equal to completions'));
  }
  if (failed !== undefined) most('maxFailedIndexes', failed, MAX_PARALLELISM_INDEXED, '');
  if (!many) return;
  if (failed === undefined) {
    out.push(finding.required(
      path.child('maxFailedIndexes'),
      `must be specified when completions is above ${MANY_COMPLETIONS}`,
    ));
  }
  const suffix = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  most('parallelism', parallelism, PARALLELISM_OF_MANY, suffix);
  if (failed !== undefined) most('maxFailedIndexes', failed, PARALLELISM_OF_MANY, suffix);
}

function completionMode(out: Findings, path: Path, spec: JobSpec): void {
  const mode = spec.completionMode ?? 'NonIndexed';
  if (mode === 'Indexed') indexed(out, path, spec);
  else if (mode !== 'NonIndexed') {
    out.push(finding.notSupportedOf(path.child('completionMode'), mode, ['NonIndexed', 'Indexed']));
  } else {
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
      const value = spec[field];
      if (value !== undefined) out.push(finding.invalid(path.child(field), value, 'requires indexed completion mode'));
    }
  }
}

const EXIT_OPERATORS = ['In', 'NotIn'];

function exitCodes(
  out: Findings,
  path: Path,
  rule: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
): void {
  const { operator, containerName, values = [] } = rule;
  if (!operator) out.push(finding.required(path.child('operator'), quotedList(EXIT_OPERATORS)));
  else if (!EXIT_OPERATORS.includes(operator))
    out.push(finding.notSupportedOf(path.child('operator'), operator, EXIT_OPERATORS));
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    out.push(finding.invalid(path.child('containerName'), containerName, detail));
  }
  const at = path.child('values');
  if (!values.length) out.push(finding.invalid(at, values, 'at least one value is required'));
  else if (values.length > 255) out.push(finding.tooMany(at, values.length, 255));
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0)
      out.push(finding.invalid(at.index(i), value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < i) out.push(finding.duplicate(at.index(i), value));
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? value) > value))
    out.push(finding.invalid(at, values, 'must be ordered'));
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const CONDITION_STATUSES = ['False', 'True', 'Unknown'];

function failureRule(
  out: Findings,
  path: Path,
  rule: PodFailurePolicyRule,
  spec: JobSpec,
  names: ReadonlySet<string>,
): void {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const at = path.child('action');
  if (!action) out.push(finding.required(at, quotedList(ACTIONS)));
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined)
      out.push(finding.invalid(at, action, 'requires the backoffLimitPerIndex to be set'));
  } else if (!ACTIONS.includes(action)) out.push(finding.notSupportedOf(at, action, ACTIONS));
  if (onExitCodes) exitCodes(out, path.child('onExitCodes'), onExitCodes, names);
  const conditions = path.child('onPodConditions');
  if (onPodConditions.length > 20) out.push(finding.tooMany(conditions, onPodConditions.length, 20));
  onPodConditions.forEach(({ type, status }, i) => {
    qualifiedName(out, conditions.index(i).child('type'), type);
    const statusPath = conditions.index(i).child('status');
    if (!status) out.push(finding.required(statusPath, quotedList(CONDITION_STATUSES)));
    else if (!CONDITION_STATUSES.includes(status))
      out.push(finding.notSupportedOf(statusPath, status, CONDITION_STATUSES));
  });
  if (onExitCodes && onPodConditions.length) {
    out.push(withoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (!onExitCodes && !onPodConditions.length) {
    out.push(withoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
}

function failurePolicy(out: Findings, path: Path, spec: JobSpec): void {
  const rules = spec.podFailurePolicy?.rules;
  if (!rules) return;
  const at = path.child('podFailurePolicy', 'rules');
  if (rules.length > 20) out.push(finding.tooMany(at, rules.length, 20));
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  rules.forEach((rule, i) => failureRule(out, at.index(i), rule, spec, names));
}

function successRule(
  out: Findings,
  path: Path,
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
): void {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    out.push(finding.required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  if (succeededIndexes !== undefined && byteLength(succeededIndexes) > 64 * 1024) {
    out.push(finding.tooLong(path.child('succeededIndexes'), 64 * 1024));
  }
  if (succeededCount === undefined) return;
  const at = path.child('succeededCount');
  nonNegative(out, at, succeededCount);
  if (succeededCount <= completions) return;
  out.push(finding.invalid(
    at,
    succeededCount,
    `must be less than or equal to ${completions} (the number of specified completions)`,
  ));
}

function policies(out: Findings, path: Path, spec: JobSpec): void {
  failurePolicy(out, path, spec);
  if (spec.successPolicy) {
    const at = path.child('successPolicy');
    const { rules = [] } = spec.successPolicy;
    if (spec.completionMode !== 'Indexed')
      out.push(finding.invalid(at, spec.successPolicy, 'requires indexed completion mode'));
    else {
      const detail = 'at least one rules must be specified when the successPolicy is specified';
      if (!rules.length) out.push(finding.required(at.child('rules'), detail));
      if (rules.length > 20) out.push(finding.tooMany(at.child('rules'), rules.length, 20));
      rules.forEach((rule, i) => successRule(out, at.child('rules').index(i), rule, spec.completions ?? 0));
    }
  }
  const replacement = spec.podReplacementPolicy;
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (replacement === undefined || supported.includes(replacement)) return;
  out.push(finding.notSupportedOf(path.child('podReplacementPolicy'), replacement, supported));
}

function jobRestartPolicy(out: Findings, path: Path, template: PodTemplateSpec, failurePolicyGiven: boolean): void {
  const policy = template.spec?.restartPolicy;
  const at = path.child('template', 'spec', 'restartPolicy');
  if (!policy || policy === 'Always') out.push(finding.required(at, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never')
    out.push(finding.notSupportedOf(at, policy, ['OnFailure', 'Never']));
  else if (failurePolicyGiven && policy !== 'Never') {
    out.push(finding.invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}

/** A job's spec, or that of a cron job's template. */
export function jobSpec(out: Findings, path: Path, spec: JobSpec): void {
  for (const count of COUNTS) nonNegative(out, path.child(count), spec[count]);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    out.push(finding.required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  }
  if (spec.managedBy !== undefined) {
    domainPrefixedPath(out, path.child('managedBy'), spec.managedBy);
    if (byteLength(spec.managedBy) > 63) out.push(finding.tooLong(path.child('managedBy'), 63));
  }
  completionMode(out, path, spec);
  policies(out, path, spec);
  podTemplate(out, path.child('template'), spec.template ?? {});
  jobRestartPolicy(out, path, spec.template ?? {}, spec.podFailurePolicy !== undefined);
}

const LABEL_PREFIXES = ['', 'batch.kubernetes.io/'];

/** The labels that the API server has put on the template, and the selector that it made of them. */
function generatedSelector(out: Findings, job: Job, spec: JobSpec): void {
  if (spec.manualSelector || !spec.selector) return;
  const { uid, name } = job.metadata;
  if (!uid) out.push(finding.required(METADATA.child('uid')));
  const path = SPEC.child('template', 'metadata', 'labels');
  const labels = spec.template.metadata?.labels ?? {};
  const expected: Record<string, string> = {};
  for (const prefix of LABEL_PREFIXES) {
    for (const [key, value] of [[`${prefix}controller-uid`, uid ?? ''], [`${prefix}job-name`, name ?? '']] as const) {
      expected[key] = value;
      if (labels[key] === undefined) out.push(finding.required(path.key(key), `must be '${value}'`));
      else if (labels[key] !== value) out.push(finding.invalid(path.key(key), sorted(labels), `must be '${value}'`));
    }
  }
  if (selectorOf(spec.selector)?.matches(expected) === false) {
    out.push(finding.invalid(SPEC.child('selector'), spec.selector, '`selector` not auto-generated'));
  }
}

function createJob(job: Job): Findings {
  const out: Findings = [];
  const spec: JobSpec = job.spec ?? { template: {} };
  generatedSelector(out, job, spec);
  jobSpec(out, SPEC, spec);
  // Without a manual one the API server makes the selector; an object that hasn't been there yet has none.
  if (!spec.selector && spec.manualSelector) out.push(finding.required(SPEC.child('selector')));
  labelSelector(out, SPEC.child('selector'), spec.selector);
  const labels = spec.template?.metadata?.labels;
  if (spec.selector && selectorOf(spec.selector)?.matches(labels) === false) {
    out.push(finding.invalid(SPEC.child('template', 'metadata', 'labels'), sorted(labels) ?? null, SELECTOR_MISMATCH));
  }
  if (spec.completionMode === 'Indexed' && spec.completions) {
    const hostname = `${job.metadata.name ?? ''}-${spec.completions - 1}`;
    if (dns1123LabelProblems(hostname).length) {
      const detail = `will not able to create pod with invalid DNS label: ${hostname}`;
      out.push(finding.invalid(METADATA.child('name'), job.metadata.name, detail));
    }
  }
  return out;
}

const FIXED_FIELDS =
  ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

/** The old template with what a suspended, not yet started job may change taken from the new one. */
function steerable(template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  // No affinity is as good as one that says nothing.
  const { nodeAffinity: _replaced, ...rest } = old.spec?.affinity ?? {};
  const wanted = template.spec?.affinity;
  const merged = { ...rest, ...(wanted?.nodeAffinity && { nodeAffinity: wanted.nodeAffinity }) };
  const affinity = wanted !== undefined || Object.keys(merged).length > 0 ? merged : undefined;
  const metadata = { ...old.metadata, labels: template.metadata?.labels, annotations: template.metadata?.annotations };
  if (!old.spec) return { ...old, metadata };
  const { nodeSelector, tolerations, schedulingGates } = template.spec ?? { containers: [] };
  return { ...old, metadata, spec: { ...old.spec, affinity, nodeSelector, tolerations, schedulingGates } };
}

function updateJob(job: Job, old: Job): Findings {
  const out = createJob(job);
  const [spec, before] = [job.spec ?? { template: {} }, old.spec ?? { template: {} }];
  const elastic = spec.completionMode === 'Indexed' && spec.completions !== undefined;
  if (!elastic) immutable(out, SPEC.child('completions'), spec.completions, before.completions);
  else if (spec.completions !== before.completions && spec.completions !== spec.parallelism) {
    out.push(finding.invalid(
      SPEC.child('completions'),
      spec.completions,
      'can only be modified in tandem with spec.parallelism',
    ));
  }
  immutable(out, SPEC.child('selector'), spec.selector, before.selector);
  const waiting = before.suspend === true && !old.status?.startTime;
  immutable(
    out,
    SPEC.child('template'),
    spec.template,
    waiting ? steerable(spec.template, before.template) : before.template,
  );
  for (const field of FIXED_FIELDS) immutable(out, SPEC.child(field), spec[field], before[field]);
  return out;
}

const holds = (status: JobStatus | undefined, type: string) =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

function finishedJob(out: Findings, status: JobStatus): void {
  const conditions = STATUS.child('conditions');
  const [complete, failed] = [holds(status, 'Complete'), holds(status, 'Failed')];
  if (complete && failed) out.push(withoutValue(conditions, 'cannot set Complete=True and Failed=true conditions'));
  if (complete && holds(status, 'FailureTarget')) {
    out.push(withoutValue(conditions, 'cannot set Complete=True and FailureTarget=true conditions'));
  }
  const at = STATUS.child('completionTime');
  if (status.completionTime && !complete) {
    out.push(finding.invalid(
      at,
      status.completionTime,
      'cannot set completionTime when there is no Complete=True condition',
    ));
  }
  if (!status.completionTime && complete)
    out.push(finding.required(at, 'completionTime is required for Complete jobs'));
  if (!complete && !failed) return;
  if ((status.active ?? 0) > 0) {
    out.push(finding.invalid(STATUS.child('active'), status.active, 'active>0 is invalid for finished job'));
  }
  if (!status.startTime)
    out.push(finding.required(STATUS.child('startTime'), 'startTime is required for finished job'));
}

function updateJobStatus({ status = {} }: Job, { status: old = {} }: Job): Findings {
  const out: Findings = [];
  statusCounts(out, status, ['active', 'succeeded', 'failed', 'ready', 'terminating']);
  finishedJob(out, status);
  if ((status.ready ?? 0) > (status.active ?? 0)) {
    out.push(finding.invalid(STATUS.child('ready'), status.ready, 'cannot set more ready pods than active'));
  }
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (!holds(old, type) || holds(status, type)) continue;
    out.push(withoutValue(STATUS.child('conditions'), `cannot disable the terminal ${type}=True condition`));
  }
  for (const count of ['failed', 'succeeded'] as const) {
    if ((status[count] ?? 0) >= (old[count] ?? 0)) continue;
    out.push(finding.invalid(STATUS.child(count), status[count] ?? 0, `cannot decrease the ${count} counter`));
  }
  return out;
}

export const job: KindRules<Job> = {
  create: createJob,
  update: updateJob,
  updateStatus: updateJobStatus,
  warnings: ({ spec }) => templateWarnings(spec?.template),
};
