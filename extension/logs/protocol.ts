/** What the log page and the extension say to each other. Types only. */

/** A container whose log is shown. */
export interface LogSource {
  /** Index in the list of sources, which lines refer to. */
  id: number;
  pod: string;
  container: string;
}

/** `time`: ISO 8601 as the server tells it; empty for what Podium itself says. */
export type LogLine = readonly [source: number, time: string, text: string];

export interface LogOptions {
  follow: boolean;
  previous: boolean;
  /** Seconds back; 0 for all that is kept. */
  sinceSeconds: number;
}

export type ToPage =
  | { type: 'sources'; title: string; sources: readonly LogSource[]; options: LogOptions }
  | { type: 'lines'; lines: readonly LogLine[] }
  | { type: 'clear' };

export type FromPage =
  | { type: 'ready' }
  /** A batch is taken; the next may come. */
  | { type: 'taken' }
  | { type: 'options'; options: LogOptions }
  | { type: 'save'; text: string };
