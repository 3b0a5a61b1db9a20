import { type Steps, stringAt, valueAt } from './field-tree';
import { type Definition, sameSteps } from './occurrence';
import { containersOf, itemsAt } from './pod-template';
import type { ObjectLinks, Reference, SelectorPair, SelectorReference } from './reference';
import type { ReferenceIndex } from './reference-index';
import { keysOf, pairTargets, podPorts, servicePorts, targetsOf } from './resolve';

/** What a place in an object gives a name to, if it does. */
export function definitionAt(object: ObjectLinks, at: Steps, part: 'key' | 'value'): Definition | undefined {
  if (part === 'key') return keyDefinition(object, at) ?? labelDefinition(object, at);
  if (sameSteps(at, ['metadata', 'name']) && object.name !== '') {
    return { what: 'object', name: object.name, object, at, part: 'value' };
  }
  return labelDefinition(object, at) ?? portDefinition(object, at) ?? localDefinition(object, at);
}

function keyDefinition(object: ObjectLinks, at: Steps): Definition | undefined {
  if (object.id !== 'ConfigMap' && object.id !== 'Secret') return undefined;
  const found = keysOf(object).find((each) => sameSteps(each.at, at));
  return found && { what: 'key', name: found.key, object, at, part: 'key' };
}

/** Of a label the whole pair counts: key and value are one definition. */
function labelDefinition(object: ObjectLinks, at: Steps): Definition | undefined {
  const key = at.at(-1);
  if (key === undefined || !labelPlaces(object).some((place) => sameSteps(place, at.slice(0, -1)))) return undefined;
  return { what: 'label', name: key, object, at, part: 'value' };
}

/** The labels of an object itself, and of the pods that it makes. */
export function labelPlaces({ pod }: ObjectLinks): Steps[] {
  const own = ['metadata', 'labels'];
  return pod && pod.at.length > 0 ? [own, [...pod.at, ...own]] : [own];
}

function portDefinition(object: ObjectLinks, at: Steps): Definition | undefined {
  for (const { at: port, name, field } of [...podPorts(object), ...servicePorts(object)]) {
    if (name !== undefined && sameSteps([...port, 'name'], at)) return { what: 'port', name, object, at, part: 'value' };
    if (!sameSteps([...port, field], at)) continue;
    return { what: 'portNumber', name: String(valueAt(object.object.value, at)), object, at, part: 'value' };
  }
  return undefined;
}

function localDefinition(object: ObjectLinks, at: Steps): Definition | undefined {
  const name = stringAt(object.object.value, at);
  if (name === undefined || !object.pod) return undefined;
  const what = localKindAt(object, object.pod.at, at);
  return what && { what, name, object, at, part: 'value' };
}

function localKindAt({ id, object }: ObjectLinks, pod: Steps, at: Steps): 'volume' | 'container' | 'resourceClaim' | undefined {
  if (id === 'StatefulSet' && at[1] === 'volumeClaimTemplates') {
    return sameSteps(at.slice(3), ['metadata', 'name']) ? 'volume' : undefined;
  }
  if (at.at(-1) !== 'name') return undefined;
  const place = at.slice(0, -1);
  if (containersOf(object.value, pod).some((container) => sameSteps(container.at, place))) return 'container';
  const inList = (list: string) =>
    itemsAt(object.value, [...pod, 'spec', list]).some((_, i) => sameSteps(place, [...pod, 'spec', list, String(i)]));
  if (inList('volumes')) return 'volume';
  return inList('resourceClaims') ? 'resourceClaim' : undefined;
}

/** What the reference at a place leads to; undefined if there is no reference, empty if it leads nowhere. */
export function definitionsOfUse(
  index: ReferenceIndex,
  object: ObjectLinks,
  at: Steps,
): { reference: Reference; definitions: Definition[] } | undefined {
  for (const reference of object.references) {
    if (reference.type === 'selector') {
      const pair = pairAt(reference, at);
      if (pair) return { reference, definitions: labelDefinitions(index, reference, pair) };
    } else if (sameSteps(reference.at, at)) {
      const targets = targetsOf(index, reference);
      return { reference, definitions: targets.flatMap((target) => definitionOfTarget(target.object, target.at) ?? []) };
    }
  }
  return undefined;
}

function definitionOfTarget(object: ObjectLinks, at: Steps): Definition | undefined {
  return keyDefinition(object, at) ?? definitionAt(object, at, 'value');
}

/** The pair of a selector that is written here; of an expression also at its key. */
export function pairAt({ pairs }: SelectorReference, at: Steps): SelectorPair | undefined {
  const exact = pairs.find((pair) => sameSteps(pair.at, at));
  if (exact || at.at(-1) !== 'key') return exact;
  return pairs.find((pair) => sameSteps(pair.at.slice(0, -2), at.slice(0, -1)) && pair.at.at(-2) === 'values');
}

export function labelDefinitions(index: ReferenceIndex, reference: SelectorReference, pair: SelectorPair): Definition[] {
  return pairTargets(index, reference, pair).map(({ object, at }) => ({
    what: 'label',
    name: pair.key,
    object,
    at,
    part: 'value',
  }));
}
