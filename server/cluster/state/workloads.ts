import { View } from '../../../runtime/api/table/view';
import { podsNeed, replicaSetsNeed } from '../watches/needs';
import { cellsOf } from './cells';
import { atName, type HintInput, joined, type LiveHint } from './hint';
import { plural, podProblems, type PodState, podState, podStates, podTable, shortPodName, statusText } from './pods';

export function podHints({ live, source }: HintInput): LiveHint[] {
  const pod = podState(live, source.now);
  const status = pod.status === 'Running' ? '' : statusText(pod);
  const restarts = pod.restarts > 0 && plural(pod.restarts, 'restart');
  const ready = pod.isFinished ? '' : `${pod.ready} ready`;
  const detail = pod.unschedulable || (pod.node && `on node ${pod.node}`);
  return [atName(joined(status, pod.unschedulable ? '' : ready, restarts), detail)];
}

/** Deployments, replica sets, replication controllers, stateful sets. */
export function replicatedHints(input: HintInput): LiveHint[] {
  const { object, live, source } = input;
  const view = View.of(live);
  const ready = `${view.number('status', 'readyReplicas')}/${view.number('spec', 'replicas')} ready`;
  const pods = podsOf(input);
  const name = atName(joined(terminating(view), ready, ...podProblems(pods)), podTable(pods));
  const selector = source.find(podsNeed(object)) ? [selectorHint(pods)] : [];
  return [name, ...selector, ...replicasHint(view)];
}

export function daemonSetHints(input: HintInput): LiveHint[] {
  const view = View.of(input.live);
  const ready = `${view.number('status', 'numberReady')}/${view.number('status', 'desiredNumberScheduled')} ready`;
  const pods = podsOf(input);
  return [atName(joined(terminating(view), ready, ...podProblems(pods)), podTable(pods)), selectorHint(pods)];
}

export function jobHints(input: HintInput): LiveHint[] {
  const { object, live, source } = input;
  const cells = cellsOf(live, object, source.now);
  const status = cells('Status');
  const done = status === 'Complete' && cells('Duration');
  const pods = podsOf(input);
  const problems = status === 'Running' ? podProblems(pods) : [];
  return [
    atName(joined(status, `${cells('Completions')} completions`, done && `in ${done}`, ...problems), podTable(pods)),
  ];
}

/** `→ web-7f9c…, 3 pods` */
export function selectorHint(pods: readonly PodState[], path: readonly string[] = ['spec', 'selector']): LiveHint {
  const alive = pods.filter(({ isTerminating }) => !isTerminating);
  const first = alive[0];
  if (!first) return { path, text: '→ no pods' };
  return { path, text: `→ ${shortPodName(first.name)}, ${plural(alive.length, 'pod')}`, tooltip: podTable(alive) };
}

export function podsOf({ object, source }: Pick<HintInput, 'object' | 'source'>): PodState[] {
  return podStates(source.find(podsNeed(object)) ?? [], source.now);
}

const terminating = (view: View) => view.has('metadata', 'deletionTimestamp') && 'Terminating';

/** `3 → 5 rolling`; nothing while the cluster has what it wants. */
function replicasHint(view: View): LiveHint[] {
  const wanted = view.number('spec', 'replicas');
  const all = view.number('status', 'replicas');
  const path = ['spec', 'replicas'];
  const hasUpdates = view.text('kind') === 'Deployment' || view.text('kind') === 'StatefulSet';
  const updated = hasUpdates ? view.number('status', 'updatedReplicas') : wanted;
  const behind = view.number('status', 'observedGeneration') < view.number('metadata', 'generation');
  const isRolling = hasUpdates && (behind || updated < Math.min(wanted, all) || (updated < all && all > wanted));
  const ready = view.number('status', 'readyReplicas');
  if (isRolling && ready === wanted) return [{ path, text: `rolling: ${updated}/${wanted} updated` }];
  return ready !== wanted || isRolling ? [{ path, text: `${ready} → ${wanted}${isRolling ? ' rolling' : ''}` }] : [];
}

/** Replica sets of a Deployment that still have pods, newest first: `web-7f9c5d8b4 3/3`. */
export function revisions({ object, source }: Pick<HintInput, 'object' | 'source'>): string[] {
  const sets = (source.find(replicaSetsNeed(object)) ?? []).map((set) => View.of(set));
  const revision = (set: View) => Number(set.text('metadata', 'annotations', 'deployment.kubernetes.io/revision'));
  return sets
    .filter((set) => set.number('status', 'replicas') > 0)
    .sort((a, b) => revision(b) - revision(a))
    .map(
      (set) =>
        `${set.text('metadata', 'name')} ${set.number('status', 'readyReplicas')}/${set.number('spec', 'replicas')}`,
    );
}
