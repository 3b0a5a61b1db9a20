import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  JobSpec,
  PersistentVolumeClaim,
  ReplicaSet,
  StatefulSet,
} from '../generated/types';
import { ensure, fill, fillEmpty, isEmptyMap } from './fill';
import { defaultTemplate } from './pod';
import { defaultPersistentVolumeClaim } from './volumes';

const maxInt32 = 2147483647;

export function defaultDeployment({ spec }: Deployment): void {
  if (!spec) return;
  fill(spec, 'replicas', 1);
  const strategy = ensure(spec, 'strategy', () => ({}));
  fillEmpty(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const update = ensure(strategy, 'rollingUpdate', () => ({}));
    fill(update, 'maxUnavailable', '25%');
    fill(update, 'maxSurge', '25%');
  }
  fill(spec, 'revisionHistoryLimit', 10);
  fill(spec, 'progressDeadlineSeconds', 600);
  defaultTemplate(spec.template);
}

export function defaultReplicaSet({ spec }: ReplicaSet): void {
  if (!spec) return;
  fill(spec, 'replicas', 1);
  defaultTemplate(spec.template);
}

export function defaultDaemonSet({ spec }: DaemonSet): void {
  if (!spec) return;
  const strategy = ensure(spec, 'updateStrategy', () => ({}));
  fillEmpty(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const update = ensure(strategy, 'rollingUpdate', () => ({}));
    fill(update, 'maxUnavailable', 1);
    fill(update, 'maxSurge', 0);
  }
  fill(spec, 'revisionHistoryLimit', 10);
  defaultTemplate(spec.template);
}

function defaultClaimTemplate(claim: PersistentVolumeClaim): void {
  fillEmpty(claim, 'apiVersion', 'v1');
  fillEmpty(claim, 'kind', 'PersistentVolumeClaim');
  defaultPersistentVolumeClaim(claim);
}

export function defaultStatefulSet({ spec }: StatefulSet): void {
  if (!spec) return;
  fillEmpty(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensure(spec, 'updateStrategy', () => ({}));
  fillEmpty(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const update = ensure(strategy, 'rollingUpdate', () => ({}));
    fill(update, 'partition', 0);
    fill(update, 'maxUnavailable', 1);
  }
  const retention = ensure(spec, 'persistentVolumeClaimRetentionPolicy', () => ({}));
  fillEmpty(retention, 'whenDeleted', 'Retain');
  fillEmpty(retention, 'whenScaled', 'Retain');
  fill(spec, 'replicas', 1);
  fill(spec, 'revisionHistoryLimit', 10);
  spec.volumeClaimTemplates?.forEach(defaultClaimTemplate);
  defaultTemplate(spec.template);
}

function defaultFailurePolicy(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) fillEmpty(pattern, 'status', 'True');
  }
}

export function defaultJob(job: Job): void {
  const { spec } = job;
  if (!spec) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  fill(spec, 'parallelism', 1);
  fill(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? 6 : maxInt32);
  const labels = spec.template?.metadata?.labels;
  if (labels && !isEmptyMap(labels) && isEmptyMap(job.metadata.labels)) job.metadata.labels = { ...labels };
  fill(spec, 'completionMode', 'NonIndexed');
  fill(spec, 'suspend', false);
  fill(spec, 'podReplacementPolicy', spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed');
  fill(spec, 'manualSelector', false);
  defaultFailurePolicy(spec);
  defaultTemplate(spec.template);
}

/** The job template is not a Job yet: only its pod template has defaults. */
export function defaultCronJob({ spec }: CronJob): void {
  if (!spec) return;
  fillEmpty(spec, 'concurrencyPolicy', 'Allow');
  fill(spec, 'suspend', false);
  fill(spec, 'successfulJobsHistoryLimit', 3);
  fill(spec, 'failedJobsHistoryLimit', 1);
  const jobSpec = spec.jobTemplate?.spec;
  if (jobSpec) defaultFailurePolicy(jobSpec);
  defaultTemplate(jobSpec?.template);
}
