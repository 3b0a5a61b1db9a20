import {
  configMapKeyProblems,
  dns1035LabelProblems,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  labelValueProblems,
  pathSegmentProblems,
  portNameProblems,
  portNumberProblems,
  qualifiedNameProblems,
} from '../../runtime/api/names';
import { labelPlaces } from './definitions';
import type { CursorPlace, Named } from './cursor-object';
import { type Steps, stringAt, valueAt } from './field-tree';
import { kindName } from './kind-id';
import { isNear, sameNamespace } from './nearness';
import { type Definition, type Occurrence, sameSteps } from './occurrence';
import type { ObjectLinks } from './reference';
import type { ReferenceIndex } from './reference-index';
import { keysOf } from './resolve';
import { wholeThing } from './uses';

/** Why something can't be renamed, for the user. */
export class RenameError extends Error {
  override readonly name = 'RenameError';
}

export interface RenameTarget {
  /** Where the cursor is. */
  readonly place: CursorPlace;
  /** What is renamed: of a label its key or its value. */
  readonly what: Definition['what'] | 'labelKey' | 'labelValue';
  readonly name: string;
  readonly definitions: readonly Definition[];
}

export interface RenamePlan {
  readonly occurrences: readonly Occurrence[];
  readonly newName: string;
}

/** What is renamed at a cursor; throws `RenameError`. */
export function renameTarget(named: Named | undefined): RenameTarget {
  if (!named) {
    throw new RenameError('Only names of objects, labels, keys, ports, volumes and containers can be renamed, where they are written.');
  }
  const { reference, definitions, place } = named;
  const [first] = definitions;
  if (!first) throw new RenameError(`${missingText(reference)} is not in the workspace, so it can't be renamed.`);
  if (first.what !== 'label') return { place, what: first.what, name: first.name, definitions };
  const value = String(valueAt(first.object.object.value, first.at));
  const isKey = isLabelKey(place);
  return { place, what: isKey ? 'labelKey' : 'labelValue', name: isKey ? first.name : value, definitions };
}

function missingText(reference: Named['reference']): string {
  if (!reference) return 'This';
  if (reference.type === 'object') return `${kindName(reference.kinds[0] ?? '')} ${JSON.stringify(reference.name)}`;
  if (reference.type === 'key') return `Key ${JSON.stringify(reference.key)}`;
  if (reference.type === 'selector') return 'What has this label';
  return 'What this refers to';
}

function isLabelKey({ part, at }: CursorPlace): boolean {
  return part === 'key' || (at.at(-1) === 'key' && at.includes('matchExpressions'));
}

/** Everything that has to be written anew, in patches of the objects too; throws `RenameError` if the new name isn't one or is taken. */
export function planRename(
  index: ReferenceIndex,
  target: RenameTarget,
  newName: string,
  patchesOf: (object: ObjectLinks) => readonly ObjectLinks[] = () => [],
): RenamePlan {
  const [problem] = problemsOf(target, newName);
  if (problem !== undefined) throw new RenameError(`${JSON.stringify(newName)}: ${problem}`);
  const { definitions, uses } = wholeThing(index, target.definitions);
  if (newName === target.name) return { occurrences: [], newName };
  refuseTaken(index, target, definitions, newName);
  const patches = target.what === 'object' ? definitions.flatMap(({ object }) => patchesOf(object)) : [];
  const patched = patches.map((object): Occurrence => ({ object, at: ['metadata', 'name'], part: 'value' }));
  const all = [...definitions, ...uses, ...patched, ...alsoLabelled(target, definitions)];
  return { occurrences: target.what === 'labelKey' ? all.map(keyOf) : all, newName };
}

/** A workload's own label of the same pair goes along with that of its pods, though nothing selects by it. */
function alsoLabelled({ what }: RenameTarget, definitions: readonly Definition[]): Occurrence[] {
  if (what !== 'labelKey' && what !== 'labelValue') return [];
  return definitions.flatMap(({ object, at, name }) =>
    labelPlaces(object)
      .map((place): Steps => [...place, name])
      .filter((own) => !sameSteps(own, at) && valueAt(object.object.value, own) === valueAt(object.object.value, at))
      .map((own): Occurrence => ({ object, at: own, part: 'value' })),
  );
}

/** Where the key of a label's pair is written. */
function keyOf({ object, at }: Occurrence): Occurrence {
  const expression = at.lastIndexOf('matchExpressions');
  if (expression < 0) return { object, at, part: 'key' };
  return { object, at: [...at.slice(0, expression + 2), 'key'], part: 'value' };
}

/** Why the text can't be such a name, in the API server's words. */
function problemsOf({ what, definitions }: RenameTarget, name: string): readonly string[] {
  switch (what) {
    case 'labelKey':
      return qualifiedNameProblems(name);
    case 'labelValue':
      return labelValueProblems(name);
    case 'key':
      return configMapKeyProblems(name);
    case 'port':
      return portNameProblems(name);
    case 'portNumber':
      return /^\d+$/.test(name) ? portNumberProblems(Number(name)) : ['must be a number'];
    case 'object':
      return objectNameProblems(definitions[0]?.object.id ?? '', name);
    default:
      return dns1123LabelProblems(name);
  }
}

function objectNameProblems(id: string, name: string): readonly string[] {
  if (id === 'Service') return dns1035LabelProblems(name);
  if (id === 'Namespace') return dns1123LabelProblems(name);
  if (/^(Cluster)?Role(Binding)?$/.test(id)) return name === '' ? ['must be non-empty'] : pathSegmentProblems(name);
  return dns1123SubdomainProblems(name);
}

function refuseTaken(index: ReferenceIndex, { what }: RenameTarget, definitions: readonly Definition[], name: string): void {
  for (const definition of definitions) {
    const taken = takenBy(index, what, definition, name);
    if (taken !== undefined) throw new RenameError(`${JSON.stringify(name)} is taken: ${taken}.`);
  }
  if (what !== 'labelValue' && what !== 'labelKey') return;
  const changed = new Set(definitions.map(({ object }) => object));
  for (const { name: key, object, at } of definitions) {
    const pair = what === 'labelKey' ? { key: name, value: String(valueAt(object.object.value, at)) } : { key, value: name };
    const other = [...index.podsWithKey(pair.key)].find(
      (each) => each.pod?.labels[pair.key] === pair.value && !changed.has(each) && isBeside(each, object),
    );
    if (other) {
      throw new RenameError(
        `${kindName(other.id)} ${JSON.stringify(other.name)} has the label ${pair.key}: ${pair.value} already: its pods would be selected too.`,
      );
    }
  }
}

function isBeside(a: ObjectLinks, b: ObjectLinks): boolean {
  return sameNamespace(a.namespace, b.namespace) && isNear(a.object.uri, b.object.uri);
}

function takenBy(index: ReferenceIndex, what: RenameTarget['what'], { object, at }: Definition, name: string): string | undefined {
  switch (what) {
    case 'object': {
      const other = [...index.named(object.id, name)].find((each) => isBeside(each, object));
      return other && `${kindName(other.id)} ${JSON.stringify(name)} exists already`;
    }
    case 'key':
      return keysOf(object).some((each) => each.key === name) ? `${kindName(object.id)} ${JSON.stringify(object.name)} has such a key` : undefined;
    case 'volume':
    case 'container':
    case 'port':
    case 'resourceClaim':
      return isInList(object.object.value, at, name) ? 'it is in the same list already' : undefined;
    case 'labelKey': {
      const labels = valueAt(object.object.value, at.slice(0, -1));
      return typeof labels === 'object' && labels !== null && Object.hasOwn(labels, name) ? 'there is such a label already' : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether another item of the list has the name. */
function isInList(value: unknown, at: Steps, name: string): boolean {
  const field = at.slice(at.findLastIndex((step) => /^\d+$/.test(step)) + 1);
  const list = valueAt(value, at.slice(0, at.length - field.length - 1));
  return Array.isArray(list) && (list as unknown[]).some((item) => stringAt(item, field) === name);
}
