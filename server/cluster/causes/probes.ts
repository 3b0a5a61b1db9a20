import type { View } from '../../../runtime/api/table/view';
import { aboutPod, type Cause, type CauseInput, containersOf, eventsOf, type LiveEvent } from './cause';

const probes: Readonly<Record<string, string>> = {
  Readiness: 'readinessProbe',
  Liveness: 'livenessProbe',
  Startup: 'startupProbe',
};

/** A liveness probe that failed so recently may fail again, though the container counts as ready. */
const recentMs = 60_000;

/** Probes that fail, until the container is well again. */
export function probeCauses(input: CauseInput): Cause[] {
  return input.pods.flatMap((pod) => {
    const unhealthy = eventsOf(pod, input.events).filter(({ reason }) => reason === 'Unhealthy');
    return latest(unhealthy).flatMap((event) => causeOf(event, pod, input));
  });
}

/** The newest of each container and probe: messages differ by what the probe printed. */
function latest(events: readonly LiveEvent[]): LiveEvent[] {
  const found = new Map<string, LiveEvent>();
  for (const event of events) {
    const key = `${event.about.fieldPath} ${probeOf(event)}`;
    if (!found.has(key)) found.set(key, event);
  }
  return [...found.values()];
}

const probeOf = ({ message }: LiveEvent): string => /^(\w+) probe /.exec(message)?.[1] ?? '';

function causeOf(event: LiveEvent, pod: View, { object, source }: CauseInput): Cause[] {
  const field = probes[probeOf(event)];
  const name = /\{(.+)\}/.exec(event.about.fieldPath)?.[1];
  const container = containersOf(object).find((candidate) => candidate.name === name);
  const status = statusOf(pod, name);
  if (!field || !container?.view.has(field) || !status || isHealed(field, status, event, source.now)) return [];
  const path = [...container.path, field];
  return [{ path, code: event.reason, message: event.message, about: aboutPod(pod), time: event.time }];
}

function isHealed(field: string, status: View, { time }: LiveEvent, now: number): boolean {
  if (!status.has('state', 'running')) return field !== 'livenessProbe';
  if (field === 'readinessProbe') return status.flag('ready');
  if (field === 'startupProbe') return status.flag('started');
  return status.flag('ready') && now - Date.parse(time) > recentMs;
}

function statusOf(pod: View, name: string | undefined): View | undefined {
  const all = [...pod.list('status', 'containerStatuses'), ...pod.list('status', 'initContainerStatuses')];
  return all.find((status) => status.text('name') === name);
}
