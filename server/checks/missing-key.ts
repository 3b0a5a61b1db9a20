import { stringAt, valueAt } from '../references/field-tree';
import { kindName } from '../references/kind-id';
import { itemsAt } from '../references/pod-template';
import type { LiveObjects } from '../references/live-objects';
import type { KeyReference, ObjectLinks } from '../references/reference';
import { keysOf, objectsNamed } from '../references/resolve';
import type { CheckContext, CheckFinding } from './check';
import { nearestName, similarName } from './nearest';
import { objectAndFile, quote } from './words';

/** Keys that the ConfigMap or Secret doesn't have, though it is there. */
export function* missingKeys(links: ObjectLinks, { index, live }: CheckContext): Iterable<CheckFinding> {
  for (const reference of links.references) {
    if (reference.type !== 'key' || reference.object.optional || isOptional(reference)) continue;
    const holders = objectsNamed(index, reference.object);
    const [holder] = holders;
    if (!holder || holders.some((each) => mayHave(each, reference.key))) continue;
    if (hasLive(live, reference)) continue;
    // What others generate under the same name has keys of its own.
    if (index.mentioning(holder.name).size > 0) continue;
    yield missing(reference, holder);
  }
}

/** One that is empty is filled by somebody; a token's keys are the token controller's. */
function mayHave(holder: ObjectLinks, key: string): boolean {
  const keys = keysOf(holder);
  if (keys.length === 0 || keys.some((each) => each.key === key)) return true;
  return stringAt(holder.object.value, ['type']) === 'kubernetes.io/service-account-token';
}

/** Whether the cluster's object has the key: somebody else put it there. */
function hasLive(live: LiveObjects, { object, key }: KeyReference): boolean {
  const { kinds, namespace, name } = object;
  return kinds.some((kind) => live.keys(kind, namespace, name)?.includes(key) === true);
}

function isOptional({ from, at }: KeyReference): boolean {
  return valueAt(from.object.value, [...at.slice(0, -1), 'optional']) === true;
}

function missing({ at, key, from }: KeyReference, holder: ObjectLinks): CheckFinding {
  const keys = keysOf(holder);
  const names = keys.map((each) => each.key);
  const similar = similarName(key, names);
  const nearest = keys.find((each) => each.key === (similar ?? nearestName(key, names)));
  const hint = nearest ? `; nearest is ${quote(nearest.key)}` : '';
  return {
    at,
    severity: 'warning',
    code: 'missing-key',
    message: `${objectAndFile(holder, from)} has no key ${quote(key)}${hint}`,
    related: [{ object: holder, at: nearest?.at ?? ['metadata', 'name'], key: true, message: `${kindName(holder.id)} ${quote(holder.name)}` }],
    ...(similar !== undefined && { fixes: [{ title: `Change to ${quote(similar)}`, at, value: similar, sure: true }] }),
  };
}

/** Kinds of volumes whose files are keys, with the field of the object's name. */
const keyVolumes = [
  { kind: 'ConfigMap', field: 'configMap', name: 'name' },
  { kind: 'Secret', field: 'secret', name: 'secretName' },
] as const;

/** A subPath into a ConfigMap or Secret that isn't one of its keys: the kubelet makes an empty folder of it. */
export function* missingSubPaths(links: ObjectLinks, { index, live }: CheckContext): Iterable<CheckFinding> {
  for (const reference of links.references) {
    if (reference.type !== 'local' || reference.to !== 'volume' || reference.at.at(-3) !== 'volumeMounts') continue;
    const mount = reference.at.slice(0, -1);
    const subPath = stringAt(links.object.value, [...mount, 'subPath']);
    const volume = itemsAt(links.object.value, [...reference.pod.at, 'spec', 'volumes']).find(
      ({ name }) => name === reference.name,
    );
    if (subPath === undefined || subPath.includes('/') || !volume) continue;
    for (const { kind, field, name } of keyVolumes) {
      const called = stringAt(volume, [field, name]);
      if (called === undefined || itemsAt(volume, [field, 'items']).length > 0) continue;
      const object = links.references.find(
        (other) => other.type === 'object' && other.name === called && other.kinds.includes(kind) && !other.optional,
      );
      if (object?.type !== 'object') continue;
      const holders = objectsNamed(index, object);
      const [holder] = holders;
      if (!holder || holders.some((each) => mayHave(each, subPath)) || index.mentioning(called).size > 0) continue;
      const key: KeyReference = { type: 'key', from: links, at: [...mount, 'subPath'], object, key: subPath };
      if (!hasLive(live, key)) yield missing(key, holder);
    }
  }
}
