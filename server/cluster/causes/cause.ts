import { View } from '../../../runtime/api/table/view';
import type { LiveSource } from '../live-source';
import { podState } from '../state/pods';
import { eventsNeed, podsNeed } from '../watches/needs';
import type { LiveObject } from '../watches/watches';
import { kindKey, podOf, type WrittenObject } from '../written-object';

/** What the cluster says went wrong, and the field that it comes from. */
export interface Cause {
  /** Steps of the field in the object. */
  readonly path: readonly string[];
  /** The event's or state's reason: `ImagePullBackOff`. */
  readonly code: string;
  readonly message: string;
  /** Object that it happened to: `pod web-7f9c5d8b4-x2x4k`. */
  readonly about: string;
  /** RFC 3339; empty where nothing tells. */
  readonly time: string;
}

/** One event, as the causes need it. */
export interface LiveEvent {
  readonly reason: string;
  readonly message: string;
  readonly isWarning: boolean;
  readonly about: { readonly kind: string; readonly name: string; readonly uid: string; readonly fieldPath: string };
  readonly time: string;
  readonly count: number;
}

export interface CauseInput {
  readonly object: WrittenObject;
  readonly source: LiveSource;
  /** The pods that are the object's, not on their way out, and not plainly well; of a Pod, itself. */
  readonly pods: readonly View[];
  /** About the object and what it made, newest first. */
  readonly events: readonly LiveEvent[];
}

export function causeInput(object: WrittenObject, source: LiveSource, itself: LiveObject): CauseInput {
  const pods = kindKey(object) === 'Pod' ? [itself] : podOf(object) ? (source.find(podsNeed(object)) ?? []) : [];
  const events = liveEvents(object, source);
  const told = new Set(events.map(({ about }) => about.uid));
  // Nearly all pods are well, and nothing is to be told of them.
  const troubled = pods.filter((pod) => {
    const { isReady, isTerminating } = podState(pod, source.now);
    return !isTerminating && (!isReady || told.has(pod.metadata.uid));
  });
  return { object, source, pods: troubled.map((pod) => View.of(pod)), events };
}

/** Newest first. */
export function liveEvents(object: WrittenObject, source: LiveSource): LiveEvent[] {
  const events = (source.find(eventsNeed(object)) ?? []).map((event) => liveEvent(View.of(event)));
  return events.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

/** The time is the last one: of a series, its last; micro time of events.k8s.io, or time of the core API. */
function liveEvent(event: View): LiveEvent {
  const about = event.at('involvedObject');
  const times = [
    event.text('series', 'lastObservedTime'),
    event.text('lastTimestamp'),
    event.text('eventTime'),
    event.text('metadata', 'creationTimestamp'),
  ];
  return {
    reason: event.text('reason'),
    message: event.text('message'),
    isWarning: event.text('type') === 'Warning',
    about: {
      kind: about.text('kind'),
      name: about.text('name'),
      uid: about.text('uid'),
      fieldPath: about.text('fieldPath'),
    },
    time: times.find(Boolean) ?? '',
    count: event.number('series', 'count') || event.number('count') || 1,
  };
}

export const aboutPod = (pod: View): string => `pod ${pod.text('metadata', 'name')}`;

export const eventsOf = (pod: View, events: readonly LiveEvent[]): LiveEvent[] =>
  events.filter(({ about }) => about.kind === 'Pod' && about.uid === pod.text('metadata', 'uid'));

/** A container as the file writes it. */
export interface WrittenContainer {
  readonly name: string;
  readonly path: readonly string[];
  readonly view: View;
  readonly isInit: boolean;
}

/** The containers of an object's pod, init containers after the others. */
export function containersOf(object: WrittenObject): WrittenContainer[] {
  const found = podOf(object);
  if (!found) return [];
  return (['containers', 'initContainers'] as const).flatMap((field) =>
    found.pod.list('spec', field).map((view, i) => ({
      name: view.text('name'),
      path: [...found.path, 'spec', field, String(i)],
      view,
      isInit: field === 'initContainers',
    })),
  );
}

/** The first of some fields that is written, below a path; the path itself with `name` if none is. */
export function firstWritten(view: View, path: readonly string[], ...fields: readonly (readonly string[])[]): string[] {
  const field = fields.find((steps) => view.has(...steps));
  return [...path, ...(field ?? ['name'])];
}
