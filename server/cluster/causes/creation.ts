import { View } from '../../../runtime/api/table/view';
import { refusedPath } from '../dry-run/refusal';
import { replicaSetsNeed } from '../watches/needs';
import { kindKey, podOf } from '../written-object';
import type { Cause, CauseInput, LiveEvent } from './cause';

/** Pods (or jobs) that the API server refuses to take from their controller: quota, pod security, webhooks. */
export function creationCauses(input: CauseInput, itself: object): Cause[] {
  const failed = input.events.find(({ reason, about }) => reason === 'FailedCreate' && about.kind !== 'Pod');
  const condition = View.of(itself)
    .list('status', 'conditions')
    .find((c) => c.text('type') === 'ReplicaFailure' && c.text('status') === 'True');
  const message = condition?.text('message') || failed?.message || '';
  if (message === '' || !isShort(input, itself, failed)) return [];
  const time = failed?.time ?? condition?.text('lastTransitionTime') ?? '';
  const about = failed
    ? `${failed.about.kind.toLowerCase()} ${failed.about.name}`
    : `${input.object.kind.toLowerCase()} ${input.object.name}`;
  return [{ path: refusedPath(message, input.object), code: 'FailedCreate', message, about, time }];
}

/** Whether there are fewer than wanted: of what was made since nothing is to be told. */
function isShort({ object, source }: CauseInput, itself: object, event: LiveEvent | undefined): boolean {
  const key = kindKey(object);
  const view = View.of(itself);
  if (key === 'apps/Deployment') {
    const sets = (source.find(replicaSetsNeed(object)) ?? []).map((set) => View.of(set));
    return sets.some((set) => set.number('status', 'replicas') < set.number('spec', 'replicas'));
  }
  if (key === 'apps/DaemonSet')
    return view.number('status', 'currentNumberScheduled') < view.number('status', 'desiredNumberScheduled');
  if (key === 'batch/Job') {
    const pods = view.number('status', 'active') + view.number('status', 'succeeded');
    return pods < Math.max(1, view.number('spec', 'parallelism')) && !view.has('status', 'completionTime');
  }
  if (key === 'batch/CronJob') return event !== undefined && source.now - Date.parse(event.time) < 300_000;
  return podOf(object) !== undefined && view.number('status', 'replicas') < view.number('spec', 'replicas');
}
