import { age, humanDuration } from './duration';
import {
  ageColumn,
  ageOf,
  boolText,
  column,
  containerCells,
  containerColumns,
  labelsCell,
  nameColumn,
  nameOf,
  selectorCell,
  selectorColumn,
  selectorText,
} from './printer';
import type { Printer } from './printer';
import type { View } from './view';

const template = (o: View): View => o.at('spec', 'template', 'spec');

const replicaColumns = [
  nameColumn,
  column('Desired', 'integer', 'Pods wanted.'),
  column('Current', 'integer', 'Pods that exist.'),
  column('Ready', 'integer', 'Pods that are ready.'),
  ageColumn,
  ...containerColumns,
  selectorColumn,
];

const replicaCells = (o: View, now: number): unknown[] => [
  nameOf(o),
  o.number('spec', 'replicas'),
  o.number('status', 'replicas'),
  o.number('status', 'readyReplicas'),
  ageOf(o, now),
  ...containerCells(template(o)),
];

function jobStatus(job: View): string {
  const is = (type: string) =>
    job
      .list('status', 'conditions')
      .find((c) => c.text('type') === type)
      ?.text('status') === 'True';
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (job.has('metadata', 'deletionTimestamp')) return 'Terminating';
  if (is('Suspended')) return 'Suspended';
  return is('FailureTarget') ? 'FailureTarget' : 'Running';
}

function jobCompletions(job: View): string {
  const succeeded = job.number('status', 'succeeded');
  if (job.has('spec', 'completions')) return `${succeeded}/${job.number('spec', 'completions')}`;
  const parallelism = job.number('spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: View, now: number): string {
  const start = Date.parse(job.text('status', 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(job.text('status', 'completionTime'));
  return humanDuration((Number.isNaN(end) ? now : end) - start);
}

function controllerOf(object: View): string {
  const owner = object.list('metadata', 'ownerReferences').find((o) => o.flag('controller'));
  if (!owner) return '<none>';
  const apiVersion = owner.text('apiVersion');
  const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
  return `${`${owner.text('kind')}${group}`.toLowerCase()}/${owner.text('name')}`;
}

export const workloadPrinters: Record<string, Printer> = {
  'ReplicationController': {
    columns: replicaColumns,
    cells: (o, now) => [...replicaCells(o, now), labelsCell(o.map('spec', 'selector'))],
  },
  'apps/ReplicaSet': {
    columns: replicaColumns,
    cells: (o, now) => [...replicaCells(o, now), selectorCell(o.value('spec', 'selector'))],
  },
  'apps/Deployment': {
    columns: [
      nameColumn,
      column('Ready', 'string', 'Pods that are ready, of those wanted.'),
      column('Up-to-date', 'integer', 'Pods of the current template.'),
      column('Available', 'integer', 'Pods that have been ready for long enough.'),
      ageColumn,
      ...containerColumns,
      selectorColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      `${o.number('status', 'readyReplicas')}/${o.number('spec', 'replicas')}`,
      o.number('status', 'updatedReplicas'),
      o.number('status', 'availableReplicas'),
      ageOf(o, now),
      ...containerCells(template(o)),
      selectorText(o.value('spec', 'selector'), '<invalid>'),
    ],
  },
  'apps/StatefulSet': {
    columns: [
      nameColumn,
      column('Ready', 'string', 'Pods that are ready, of those wanted.'),
      ageColumn,
      ...containerColumns,
    ],
    cells: (o, now) => [
      nameOf(o),
      `${o.number('status', 'readyReplicas')}/${o.number('spec', 'replicas')}`,
      ageOf(o, now),
      ...containerCells(template(o)),
    ],
  },
  'apps/DaemonSet': {
    columns: [
      nameColumn,
      column('Desired', 'integer', 'Nodes that should run a pod.'),
      column('Current', 'integer', 'Nodes that have one.'),
      column('Ready', 'integer', 'Nodes whose pod is ready.'),
      column('Up-to-date', 'integer', 'Nodes whose pod is of the current template.'),
      column('Available', 'integer', 'Nodes whose pod has been ready for long enough.'),
      column('Node Selector', 'string', 'Labels of the nodes that get a pod.'),
      ageColumn,
      ...containerColumns,
      selectorColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      ...[
        'desiredNumberScheduled',
        'currentNumberScheduled',
        'numberReady',
        'updatedNumberScheduled',
        'numberAvailable',
      ].map((field) => o.number('status', field)),
      labelsCell(template(o).map('nodeSelector')),
      ageOf(o, now),
      ...containerCells(template(o)),
      selectorCell(o.value('spec', 'selector')),
    ],
  },
  'apps/ControllerRevision': {
    columns: [
      nameColumn,
      column('Controller', 'string', 'Object that the revision belongs to.'),
      column('Revision', 'string', 'Number of the revision.'),
      ageColumn,
    ],
    cells: (o, now) => [nameOf(o), controllerOf(o), o.number('revision'), ageOf(o, now)],
  },
  'batch/Job': {
    columns: [
      nameColumn,
      column('Status', 'string', 'State of the job.'),
      column('Completions', 'string', 'Pods that succeeded, of those needed.'),
      column('Duration', 'string', 'How long the job took, or has been running.'),
      ageColumn,
      ...containerColumns,
      selectorColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      jobStatus(o),
      jobCompletions(o),
      jobDuration(o, now),
      ageOf(o, now),
      ...containerCells(template(o)),
      selectorCell(o.value('spec', 'selector')),
    ],
  },
  'batch/CronJob': {
    columns: [
      nameColumn,
      column('Schedule', 'string', 'When jobs start, in cron form.'),
      column('Timezone', 'string', 'Time zone of the schedule.'),
      column('Suspend', 'boolean', 'Whether no further jobs start.'),
      column('Active', 'integer', 'Jobs that are running.'),
      column('Last Schedule', 'string', 'Time since a job was last due.'),
      ageColumn,
      ...containerColumns,
      selectorColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'schedule'),
      o.has('spec', 'timeZone') ? o.text('spec', 'timeZone') : '<none>',
      boolText(o.value('spec', 'suspend')),
      o.values('status', 'active').length,
      o.has('status', 'lastScheduleTime') ? age(o.value('status', 'lastScheduleTime'), now) : '<none>',
      ageOf(o, now),
      ...containerCells(o.at('spec', 'jobTemplate', 'spec', 'template', 'spec')),
      selectorCell(o.value('spec', 'jobTemplate', 'spec', 'selector')),
    ],
  },
  'policy/PodDisruptionBudget': {
    columns: [
      nameColumn,
      column('Min Available', 'string', 'Pods that must stay available.'),
      column('Max Unavailable', 'string', 'Pods that may be unavailable.'),
      column('Allowed Disruptions', 'integer', 'Pods that may be evicted now.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'minAvailable') || 'N/A',
      o.text('spec', 'maxUnavailable') || 'N/A',
      o.number('status', 'disruptionsAllowed'),
      ageOf(o, now),
    ],
  },
  'autoscaling/Scale': {
    columns: [
      column('Name', 'string', 'Name of the object.'),
      column('Desired', 'integer', 'Pods wanted.'),
      column('Available', 'integer', 'Pods that exist.'),
      ageColumn,
    ],
    cells: (o, now) => [nameOf(o), o.number('spec', 'replicas'), o.number('status', 'replicas'), ageOf(o, now)],
  },
};
