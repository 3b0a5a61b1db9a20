import type { FieldChange, PodsChange } from '../../../runtime/client/editor-protocol';
import { View } from '../../../runtime/api/table/view';
import { plural } from '../state/pods';
import { kindKey, podPath, type WrittenObject } from '../written-object';

const none: PodsChange = { created: 0, replaced: 0, removed: 0, text: 'no pods change' };

export interface ChangeOfObject {
  readonly object: WrittenObject;
  /** Undefined if it is new. */
  readonly before: object | undefined;
  readonly after: object;
  readonly fields: readonly FieldChange[];
}

/** What a change of a workload does to its pods; undefined for kinds that make none. */
export function podsChange(change: ChangeOfObject): PodsChange | undefined {
  const { object, before, after, fields } = change;
  const path = podPath(object);
  if (!path) return undefined;
  const key = kindKey(object);
  if (key === 'Pod') return before ? none : { ...none, created: 1, text: 'this pod is created' };
  if (key === 'batch/CronJob')
    return { ...none, text: before ? 'jobs from the next one on are as changed' : 'jobs start on schedule' };
  const wanted = wantedPods(View.of(after), key);
  if (!before) return created(wanted, key);
  const templateChanged = fields.some((field) => field.path.startsWith(path.join('.')));
  const had = wantedPods(View.of(before), key);
  return templateChanged ? replaced(had, wanted, View.of(after), key) : scaled(had, wanted);
}

function wantedPods(view: View, key: string): number {
  if (key === 'apps/DaemonSet') return view.number('status', 'desiredNumberScheduled');
  if (key === 'batch/Job') return view.flag('spec', 'suspend') ? 0 : view.number('spec', 'parallelism');
  return view.number('spec', 'replicas');
}

function created(wanted: number, key: string): PodsChange {
  if (key === 'apps/DaemonSet') return { ...none, text: 'a pod is created on each node that it is for' };
  return { ...none, created: wanted, text: `${plural(wanted, 'pod')} ${wanted === 1 ? 'is' : 'are'} created` };
}

function scaled(had: number, wanted: number): PodsChange {
  if (wanted > had)
    return { ...none, created: wanted - had, text: `${plural(wanted - had, 'more pod')} (${had} → ${wanted})` };
  if (wanted < had)
    return { ...none, removed: had - wanted, text: `${plural(had - wanted, 'pod')} fewer (${had} → ${wanted})` };
  return none;
}

/** How each kind brings a new template to its pods. */
function replaced(had: number, wanted: number, after: View, key: string): PodsChange {
  const change = {
    created: Math.max(0, wanted - had),
    removed: Math.max(0, had - wanted),
    replaced: Math.min(had, wanted),
  };
  const all = plural(change.replaced, 'pod');
  const strategy = after.at('spec', key === 'apps/Deployment' ? 'strategy' : 'updateStrategy');
  if (key === 'apps/Deployment' && strategy.text('type') === 'Recreate') {
    return { ...change, text: `${all} replaced, all at once: there are none in between` };
  }
  if (key === 'apps/Deployment') {
    const rolling = strategy.at('rollingUpdate');
    const [surge, unavailable] = [rolling.text('maxSurge') || '25%', rolling.text('maxUnavailable') || '25%'];
    return {
      ...change,
      text: `${all} replaced by a rolling update (at most ${surge} more, ${unavailable} unavailable)`,
    };
  }
  const onDelete = strategy.text('type') === 'OnDelete' || !['apps/StatefulSet', 'apps/DaemonSet'].includes(key);
  if (onDelete)
    return { ...change, replaced: 0, text: `pods stay as they are until they are deleted; new ones are as changed` };
  return { ...change, text: `${all} replaced, one after another` };
}
