import type { LiveSource } from '../live-source';
import type { LiveObject } from '../watches/watches';
import type { WrittenObject } from '../written-object';

/** A few words behind a field. */
export interface LiveHint {
  /** Steps of the field in the object. */
  readonly path: readonly string[];
  readonly text: string;
  /** Markdown. */
  readonly tooltip?: string | undefined;
}

export interface HintInput {
  readonly object: WrittenObject;
  readonly live: LiveObject;
  readonly source: LiveSource;
}

export const atName = (text: string, tooltip?: string): LiveHint => ({
  path: ['metadata', 'name'],
  text,
  ...(tooltip && { tooltip }),
});

/** Parts that say something, in one text. */
export const joined = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(', ');
