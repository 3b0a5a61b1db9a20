import type { KubeObject } from '../object';
import type { Findings } from './common';

/**
 * The semantic rules of one kind, beyond those of metadata. The objects have been decoded and defaulted, and are not
 * changed.
 * `update` and `updateStatus` say all that is wrong with the new object and the change; without `update`, what `create`
 * says.
 */
export interface KindRules<T extends KubeObject = KubeObject> {
  /** How objects of the kind may be named, where it isn't one of the common forms. */
  nameProblems?(name: string, object: T): readonly string[];
  create?(object: T): Findings;
  update?(object: T, old: T): Findings;
  updateStatus?(object: T, old: T): Findings;
  warnings?(object: T, old?: T): string[];
}
