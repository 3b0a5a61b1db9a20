import type { Severity } from '../findings/finding';
import type { Kustomized } from '../references/kustomized';
import type { Steps } from '../references/field-tree';
import type { LiveObjects } from '../references/live-objects';
import type { ObjectLinks } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';

/** A place in an object. */
export interface Place {
  readonly object: ObjectLinks;
  readonly at: Steps;
  /** The key itself instead of what it holds. */
  readonly key?: true;
}

/** A broken reference or a conflict, where it is written. */
export interface CheckFinding {
  readonly at: Steps;
  /** The key is underlined, not its value. */
  readonly key?: true;
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly related?: readonly (Place & { readonly message: string })[];
  readonly fixes?: readonly CheckFix[];
}

export interface CheckFix {
  readonly title: string;
  readonly at: Steps;
  /** What is written in place of the scalar (of its key with `key`); undefined removes the field's lines. */
  readonly value: string | undefined;
  readonly key?: true;
  /** It is obviously what is meant. */
  readonly sure?: boolean;
}

export interface CheckContext {
  readonly index: ReferenceIndex;
  /** What a cluster has, where one is connected. */
  readonly live: LiveObjects;
  readonly settings: CheckSettings;
  readonly kustomized: Kustomized;
}

export interface CheckSettings {
  /** Whether a reference that leads nowhere is told: where the files plainly hold its target, always, or never. */
  readonly missing: 'likely' | 'always' | 'never';
  /** Of a port number that no container declares, which works all the same. */
  readonly undeclaredPorts: 'off' | 'hint' | 'warning';
}

/** Looks at one object among all others. Pure. */
export type Check = (links: ObjectLinks, context: CheckContext) => Iterable<CheckFinding>;
