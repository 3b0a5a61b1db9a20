import { View } from '../../../runtime/api/table/view';
import type { LiveObject } from '../watches/watches';
import { cellsOf } from './cells';

const podKind = { group: '', kind: 'Pod' };

/** A pod as `kubectl get pods` has it. */
export interface PodState {
  readonly name: string;
  /** `1/1` */
  readonly ready: string;
  readonly isReady: boolean;
  /** `Running`, `CrashLoopBackOff`, … */
  readonly status: string;
  readonly restarts: number;
  /** Why it has no node: `0/3 nodes are available: 3 Insufficient cpu.` */
  readonly unschedulable: string;
  readonly isFinished: boolean;
  readonly isTerminating: boolean;
  readonly node: string;
}

export function podState(pod: LiveObject, now: number): PodState {
  const known = states.get(pod);
  if (known) return known;
  const state = readState(pod, now);
  states.set(pod, state);
  return state;
}

/** Objects out of watches are never changed; and of what changes by time alone there is nothing in a state. */
const states = new WeakMap<LiveObject, PodState>();

function readState(pod: LiveObject, now: number): PodState {
  const cells = cellsOf(pod, podKind, now);
  const view = View.of(pod);
  const condition = (type: string) => view.list('status', 'conditions').find((c) => c.text('type') === type);
  const scheduled = condition('PodScheduled');
  return {
    name: pod.metadata.name,
    ready: cells('Ready'),
    isReady: condition('Ready')?.text('status') === 'True',
    status: cells('Status'),
    restarts: Number.parseInt(cells('Restarts'), 10) || 0,
    unschedulable: scheduled?.text('reason') === 'Unschedulable' ? scheduled.text('message') : '',
    isFinished: ['Succeeded', 'Failed'].includes(view.text('status', 'phase')),
    isTerminating: view.has('metadata', 'deletionTimestamp'),
    node: view.text('spec', 'nodeName'),
  };
}

/** By name, so that what is said of the first one stays the same. */
export function podStates(pods: readonly LiveObject[], now: number): PodState[] {
  const states = pods.map((pod) => podState(pod, now));
  return states.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** `Pending: 0/3 nodes available` */
export function statusText({ status, unschedulable }: PodState): string {
  const nodes = /^(\d+\/\d+) nodes are available/.exec(unschedulable)?.[1];
  return nodes ? `${status}: ${nodes} nodes available` : status;
}

/** What is noteworthy of several pods: `2 ImagePullBackOff`, `5 restarts`. */
export function podProblems(pods: readonly PodState[]): string[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    if (pod.isReady || pod.isTerminating || pod.isFinished || pod.status === 'Running') continue;
    counts.set(statusText(pod), (counts.get(statusText(pod)) ?? 0) + 1);
  }
  const problems = [...counts].map(([text, count]) => (pods.length === 1 ? text : `${count} ${text}`));
  const restarts = pods.reduce((sum, pod) => sum + pod.restarts, 0);
  return restarts > 0 ? [...problems, plural(restarts, 'restart')] : problems;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `web-7f9c…` of `web-7f9c5d8b4-x2x4k`. */
export function shortPodName(name: string): string {
  const generated = /^(.+-)([a-z0-9]{4})[a-z0-9]{1,6}-[a-z0-9]{5}$/.exec(name);
  if (generated) return `${generated[1]}${generated[2]}…`;
  return name.length > 24 ? `${name.slice(0, 23)}…` : name;
}

/** A line a pod, as a table of Markdown; undefined without pods. */
export function podTable(pods: readonly PodState[], most = 10): string | undefined {
  if (pods.length === 0) return undefined;
  const rows = pods
    .slice(0, most)
    .map((pod) => `| ${pod.name} | ${pod.ready} | ${statusText(pod)} | ${pod.restarts} | ${pod.node || '–'} |`);
  const more = pods.length > most ? [`| … ${pods.length - most} more | | | | |`] : [];
  return ['| Pod | Ready | Status | Restarts | Node |', '| --- | --- | --- | --- | --- |', ...rows, ...more].join('\n');
}
