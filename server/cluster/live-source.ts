import type { Need } from './watches/need';
import { itselfNeed } from './watches/needs';
import type { LiveObject } from './watches/watches';
import type { WrittenObject } from './written-object';

/** What is known of a cluster at one moment; the pure parts of this folder read it and nothing else. */
export interface LiveSource {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Undefined while it is not known. */
  find(need: Need | undefined): readonly LiveObject[] | undefined;
}

/** Whether it is known if the cluster has the object. */
export function isKnown(object: WrittenObject, source: LiveSource): boolean {
  return source.find(itselfNeed(object)) !== undefined;
}

/** The object as the cluster has it; undefined if it has none, or none is known. */
export function liveObject(object: WrittenObject, source: LiveSource): LiveObject | undefined {
  return source.find(itselfNeed(object))?.[0];
}
