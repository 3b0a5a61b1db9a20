import type { CoreV1Event as Event, Live } from '../../runtime/api/kinds';
import type { EventLine, EventsModel } from './protocol';

/** A page can show so many without a stutter; the server forgets older ones anyway. */
const mostLines = 2000;

export interface EventsInput {
  events: readonly Live<Event>[];
  complete: boolean;
  error?: string;
}

/** The newest first. */
export function eventLines({ events, complete, error }: EventsInput): EventsModel {
  const lines = events.map(eventLine).sort((a, b) => b.time - a.time || a.id.localeCompare(b.id));
  return { lines: lines.slice(0, mostLines), total: lines.length, complete, ...(error !== undefined && { error }) };
}

export function eventLine({ metadata, type = 'Normal', reason = '', message = '', involvedObject, count, series, ...times }: Live<Event>): EventLine {
  const { apiVersion = '', kind = '', name = '', namespace = '' } = involvedObject ?? {};
  const time = series?.lastObservedTime ?? times.lastTimestamp ?? times.eventTime ?? metadata.creationTimestamp;
  return {
    id: metadata.uid, time: Date.parse(time), warning: type !== 'Normal', reason, message, count: series?.count ?? count ?? 1,
    ref: { apiVersion, kind, name, namespace },
  };
}
