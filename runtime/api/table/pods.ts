import { age } from './duration';
import { ageColumn, ageOf, column, containerCells, labelsCell, nameColumn, nameOf, orNone, wide } from './printer';
import type { Printer, RowCondition } from './printer';
import type { View } from './view';

const rowConditions: Record<string, RowCondition[]> = {
  Succeeded: [
    { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  ],
  Failed: [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }],
};

/** What the containers say of a pod, gathered as upstream's printPod does. */
interface Summary {
  reason: string;
  ready: number;
  restarts: number;
  /** Milliseconds since the epoch; 0 for never. */
  lastRestart: number;
}

const condition = (pod: View, type: string): View | undefined =>
  pod.list('status', 'conditions').find((c) => c.text('type') === type);

function finishedAt(status: View): number {
  const time = Date.parse(status.text('lastState', 'terminated', 'finishedAt'));
  return Number.isNaN(time) ? 0 : time;
}

function terminationReason(terminated: View): string {
  if (terminated.text('reason')) return terminated.text('reason');
  const signal = terminated.number('signal');
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${terminated.number('exitCode')}`;
}

function initialReason(pod: View): string {
  const gated = condition(pod, 'PodScheduled')?.text('reason') === 'SchedulingGated';
  return gated ? 'SchedulingGated' : pod.text('status', 'reason') || pod.text('status', 'phase');
}

/** Goes through the init containers up to the first that isn't done; `sidecars` sums the restartable ones alone. */
function summarizeInit(pod: View): { all: Summary; sidecars: Summary; initializing: boolean } {
  const all: Summary = { reason: initialReason(pod), ready: 0, restarts: 0, lastRestart: 0 };
  const sidecars: Summary = { ...all };
  const specs = new Map(pod.list('spec', 'initContainers').map((c) => [c.text('name'), c]));
  for (const [i, status] of pod.list('status', 'initContainerStatuses').entries()) {
    const restartable = specs.get(status.text('name'))?.text('restartPolicy') === 'Always';
    for (const sum of restartable ? [all, sidecars] : [all]) {
      sum.restarts += status.number('restartCount');
      sum.lastRestart = Math.max(sum.lastRestart, finishedAt(status));
    }
    if (status.has('state', 'terminated') && status.number('state', 'terminated', 'exitCode') === 0) continue;
    if (restartable && status.flag('started')) {
      if (status.flag('ready')) all.ready++;
      continue;
    }
    all.reason = `Init:${initReason(status, i, specs.size)}`;
    return { all, sidecars, initializing: true };
  }
  return { all, sidecars, initializing: false };
}

function initReason(status: View, index: number, total: number): string {
  if (status.has('state', 'terminated')) return terminationReason(status.at('state', 'terminated'));
  const waiting = status.text('state', 'waiting', 'reason');
  return waiting && waiting !== 'PodInitializing' ? waiting : `${index}/${total}`;
}

function summarize(pod: View): Summary {
  const { all, sidecars, initializing } = summarizeInit(pod);
  if (initializing && condition(pod, 'Initialized')?.text('status') !== 'True') return all;
  const sum: Summary = { ...all, restarts: sidecars.restarts, lastRestart: sidecars.lastRestart };
  let running = false;
  for (const status of pod.list('status', 'containerStatuses').reverse()) {
    sum.restarts += status.number('restartCount');
    sum.lastRestart = Math.max(sum.lastRestart, finishedAt(status));
    const waiting = status.text('state', 'waiting', 'reason');
    if (waiting) {
      sum.reason = waiting;
    } else if (status.has('state', 'terminated')) {
      sum.reason = terminationReason(status.at('state', 'terminated'));
    } else if (status.flag('ready') && status.has('state', 'running')) {
      running = true;
      sum.ready++;
    }
  }
  if (sum.reason === 'Completed' && running) {
    sum.reason = condition(pod, 'Ready')?.text('status') === 'True' ? 'Running' : 'NotReady';
  }
  return sum;
}

/** The STATUS of a pod: `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, … */
export function podStatus(pod: View): string {
  const { reason } = summarize(pod);
  if (!pod.has('metadata', 'deletionTimestamp')) return reason;
  if (pod.text('status', 'reason') === 'NodeLost') return 'Unknown';
  return ['Succeeded', 'Failed'].includes(pod.text('status', 'phase')) ? reason : 'Terminating';
}

function readinessGates(pod: View): string {
  const gates = pod.list('spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => condition(pod, gate.text('conditionType'))?.text('status') === 'True');
  return `${met.length}/${gates.length}`;
}

function podCells(pod: View, now: number): unknown[] {
  const { ready, restarts, lastRestart } = summarize(pod);
  const sidecars = pod.list('spec', 'initContainers').filter((c) => c.text('restartPolicy') === 'Always').length;
  const ago = restarts !== 0 && lastRestart ? ` (${age(new Date(lastRestart), now)} ago)` : '';
  return [
    nameOf(pod),
    `${ready}/${pod.list('spec', 'containers').length + sidecars}`,
    podStatus(pod),
    `${restarts}${ago}`,
    ageOf(pod, now),
    orNone(pod.list('status', 'podIPs')[0]?.text('ip') ?? ''),
    orNone(pod.text('spec', 'nodeName')),
    orNone(pod.text('status', 'nominatedNodeName')),
    readinessGates(pod),
  ];
}

export const podPrinters: Record<string, Printer> = {
  Pod: {
    columns: [
      nameColumn,
      column('Ready', 'string', 'Containers that are ready, of all.'),
      column('Status', 'string', 'State of the pod, summed up over its containers.'),
      column('Restarts', 'string', 'How often containers of the pod were restarted, and when last.'),
      ageColumn,
      wide('IP', 'First address of the pod.'),
      wide('Node', 'Node that the pod is bound to.'),
      wide('Nominated Node', 'Node where preemption makes room for the pod.'),
      wide('Readiness Gates', 'Readiness gates that are met, of all.'),
    ],
    cells: podCells,
    conditions: (pod) => rowConditions[pod.text('status', 'phase')],
  },
  PodTemplate: {
    columns: [
      nameColumn,
      column('Containers', 'string', 'Names of the containers in the template.'),
      column('Images', 'string', 'Images of the containers in the template.'),
      column('Pod Labels', 'string', 'Labels of the template.'),
    ],
    cells: (o) => [
      nameOf(o),
      ...containerCells(o.at('template', 'spec')),
      labelsCell(o.map('template', 'metadata', 'labels')),
    ],
  },
};
