import { Schedule, ScheduleError } from '../../../runtime/api/cron-schedule';
import { age, humanDuration } from '../../../runtime/api/table';
import { View } from '../../../runtime/api/table/view';
import { cellsOf } from './cells';
import { atName, type HintInput, joined, type LiveHint } from './hint';
import { plural } from './pods';

/** `last 3m ago, next in 2m` */
export function cronJobHints({ live, source: { now } }: HintInput): LiveHint[] {
  const view = View.of(live);
  const last = view.value('status', 'lastScheduleTime');
  const active = view.values('status', 'active').length;
  const next = view.flag('spec', 'suspend') ? 'suspended' : nextRun(view, now);
  return [atName(joined(active > 0 && `${active} active`, last !== undefined && `last ${age(last, now)} ago`, next))];
}

function nextRun(view: View, now: number): string {
  try {
    const next = Schedule.parse(view.text('spec', 'schedule'), view.text('spec', 'timeZone') || 'UTC').next(now);
    return next === undefined ? 'never again' : `next in ${humanDuration(next - now)}`;
  } catch (error) {
    if (error instanceof ScheduleError || error instanceof RangeError) return '';
    throw error;
  }
}

/** `cpu: 12%/80%, 3 replicas (2–10)` */
export function autoscalerHints({ object, live, source }: HintInput): LiveHint[] {
  const cells = cellsOf(live, object, source.now);
  const replicas = plural(Number(cells('Replicas')), 'replica');
  return [atName(joined(cells('Targets'), `${replicas} (${cells('MinPods')}–${cells('MaxPods')})`))];
}

/** `Bound, 1Gi, pvc-…` */
export function claimHints({ object, live, source }: HintInput): LiveHint[] {
  const cells = cellsOf(live, object, source.now);
  const volume = cells('Volume');
  return [atName(joined(cells('Status'), cells('Capacity')), volume && `Volume ${volume}, ${cells('Access Modes')}`)];
}

export function volumeHints({ object, live, source }: HintInput): LiveHint[] {
  const cells = cellsOf(live, object, source.now);
  return [atName(joined(cells('Status'), cells('Claim')))];
}

export function nodeHints({ object, live, source }: HintInput): LiveHint[] {
  const cells = cellsOf(live, object, source.now);
  const version = cells('Version');
  const conditions = View.of(live)
    .list('status', 'conditions')
    .filter((condition) => condition.text('type') !== 'Ready' && condition.text('status') === 'True')
    .map((condition) => condition.text('type'));
  return [atName(joined(cells('Status'), ...conditions, version))];
}

export function namespaceHints({ live }: HintInput): LiveHint[] {
  const phase = View.of(live).text('status', 'phase');
  return phase ? [atName(phase)] : [];
}

/** `pods 3/10, requests.cpu 2/4` */
export function quotaHints({ live }: HintInput): LiveHint[] {
  const view = View.of(live);
  const used = view.map('status', 'used');
  const amounts = Object.entries(view.map('status', 'hard')).map(
    ([name, hard]) => `${name} ${used[name] ?? '0'}/${hard}`,
  );
  const [shown, rest] = [amounts.slice(0, 4), amounts.length - 4];
  return amounts.length > 0 ? [atName(joined(...shown, rest > 0 && `${rest} more`), amounts.join('  \n'))] : [];
}

/** Conditions that say in one word how a custom resource fares, the most telling first. */
const summaries = ['Ready', 'Available', 'Healthy', 'Synced', 'Established', 'Accepted', 'Programmed'];

/** Any other kind: by the condition that its controller sums it up with. */
export function conditionHints({ live }: HintInput): LiveHint[] {
  const view = View.of(live);
  if (view.has('metadata', 'deletionTimestamp')) return [atName('Terminating')];
  const conditions = view.list('status', 'conditions');
  const telling = summaries.map((type) => conditions.find((c) => c.text('type') === type)).find(Boolean);
  if (!telling) return [];
  const text = telling.text('status') === 'True' ? telling.text('type') : `not ${telling.text('type')}`;
  const reason = telling.text('status') === 'True' ? '' : telling.text('reason');
  return [atName(reason ? `${text}: ${reason}` : text, telling.text('message'))];
}
