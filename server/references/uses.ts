import { valueAt } from './field-tree';
import { definitionsOfUse, labelPlaces } from './definitions';
import { type Definition, type Occurrence, occurrenceKey, sameSteps } from './occurrence';
import type { ObjectLinks, ObjectReference, Reference, SelectorReference } from './reference';
import type { ReferenceIndex } from './reference-index';
import { labelsPlace, objectsNamed, selected } from './resolve';

/** Everything in the workspace that refers to what is defined. */
export function usesOf(index: ReferenceIndex, definition: Definition): Occurrence[] {
  switch (definition.what) {
    case 'object':
      return namesOf(index, definition.object).map(valueOf);
    case 'key':
      return keysUsed(index, definition);
    case 'label':
      return pairsUsed(index, definition);
    case 'port':
    case 'portNumber':
      return portsUsed(index, definition);
    default:
      return localsUsed(definition);
  }
}

const valueOf = ({ from, at }: Reference): Occurrence => ({ object: from, at, part: 'value' });

/** The references that mean an object by its name. */
export function namesOf(index: ReferenceIndex, object: ObjectLinks): ObjectReference[] {
  return [...index.referencesTo(object.id, object.name)].filter((each) => objectsNamed(index, each).includes(object));
}

function keysUsed(index: ReferenceIndex, { object, name }: Definition): Occurrence[] {
  const names = namesOf(index, object);
  return names.flatMap((reference) =>
    reference.from.references
      .filter((each) => each.type === 'key' && each.object === reference && each.key === name)
      .map(valueOf),
  );
}

/** The selectors that mean an object's pods (or the object itself) by their labels. */
export function selectorsOf(index: ReferenceIndex, object: ObjectLinks): SelectorReference[] {
  const all = labelPlaces(object).flatMap((place) => {
    const labels = valueAt(object.object.value, place);
    return typeof labels === 'object' && labels !== null ? index.selectorsFor(labels as Record<string, string>) : [];
  });
  return [...new Set(all)].filter((each) => selected(index, each).includes(object));
}

function pairsUsed(index: ReferenceIndex, { object, at, name }: Definition): Occurrence[] {
  const place = at.slice(0, -1);
  const value = valueAt(object.object.value, at);
  return selectorsOf(index, object)
    .filter((selector) => sameSteps(labelsPlace(selector, object), place))
    .flatMap(({ from, pairs }) =>
      pairs
        .filter((pair) => pair.key === name && pair.value === value)
        .map((pair): Occurrence => ({ object: from, at: pair.at, part: 'value' })),
    );
}

function portsUsed(index: ReferenceIndex, { object, at, what, name }: Definition): Occurrence[] {
  const wanted = what === 'portNumber' ? Number(name) : name;
  const container = at.slice(0, -3);
  const own = object.references.filter(
    (each) => each.type === 'containerPort' && each.port === wanted && sameSteps(each.container, container),
  );
  const through: ReadonlySet<Reference> = new Set<Reference>([...namesOf(index, object), ...selectorsOf(index, object)]);
  const others = [...through].flatMap(({ from }) =>
    from.references.filter((each) => each.type === 'port' && each.port === wanted && through.has(each.through)),
  );
  const leadsHere = (each: Reference) =>
    definitionsOfUse(index, each.from, each.at)?.definitions.some((found) => found.object === object && sameSteps(found.at, at));
  return [...new Set([...own, ...others])].filter(leadsHere).map(valueOf);
}

function localsUsed({ object, what, name }: Definition): Occurrence[] {
  return object.references.filter((each) => each.type === 'local' && each.to === what && each.name === name).map(valueOf);
}

/** One thing: all places that define it under one name, and all that use it. */
export interface NamedThing {
  readonly definitions: readonly Definition[];
  readonly uses: readonly Occurrence[];
}

export function usesOfAll(index: ReferenceIndex, definitions: readonly Definition[]): Occurrence[] {
  return distinct(definitions.flatMap((each) => usesOf(index, each)));
}

/**
 * Everything that has to change together: other uses of the same definitions, other definitions that one of these uses means too,
 * and so on.
 */
export function wholeThing(index: ReferenceIndex, start: readonly Definition[]): NamedThing {
  const definitions = new Map(start.map((each) => [occurrenceKey(each), each]));
  const uses = new Map<string, Occurrence>();
  const open = [...definitions.values()];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const use of usesOf(index, next)) {
      const key = occurrenceKey(use);
      if (uses.has(key)) continue;
      uses.set(key, use);
      for (const other of definitionsOfUse(index, use.object, use.at)?.definitions ?? []) {
        if (definitions.has(occurrenceKey(other))) continue;
        definitions.set(occurrenceKey(other), other);
        open.push(other);
      }
    }
  }
  return { definitions: [...definitions.values()], uses: [...uses.values()] };
}

function distinct(all: readonly Occurrence[]): Occurrence[] {
  return [...new Map(all.map((each) => [occurrenceKey(each), each])).values()];
}

