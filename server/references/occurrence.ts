import type { Steps } from './field-tree';
import type { ObjectLinks } from './reference';

/** A name as it is written somewhere: as a scalar, or as the key of a field. */
export interface Occurrence {
  readonly object: ObjectLinks;
  readonly at: Steps;
  readonly part: 'key' | 'value';
}

export type ThingKind = 'object' | 'key' | 'port' | 'portNumber' | 'label' | 'volume' | 'container' | 'resourceClaim';

/** Something with a name, at one of the places that give it the name. */
export interface Definition extends Occurrence {
  readonly what: ThingKind;
  readonly name: string;
}

export const occurrenceKey = ({ object, at, part }: Occurrence): string =>
  `${object.object.uri}#${object.object.path}#${object.id}/${object.namespace ?? ''}/${object.name}#${at.join('/')}#${part}`;

export function sameSteps(a: Steps, b: Steps): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i]);
}
