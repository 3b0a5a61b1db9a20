import type { Steps } from './field-tree';
import { valueAt } from './field-tree';
import type { ReferenceIndex } from './reference-index';
import { inNamespace, nearestTo, sameNamespace } from './nearness';
import { containersOf, itemsAt, portsOf } from './pod-template';
import type {
  ContainerPortReference,
  KeyReference,
  LocalReference,
  ObjectLinks,
  ObjectReference,
  PortReference,
  Reference,
  SelectorPair,
  SelectorReference,
  Target,
} from './reference';

const nameAt: Steps = ['metadata', 'name'];

/** What a reference leads to in the workspace: the nearest of everything that it may mean. */
export function targetsOf(index: ReferenceIndex, reference: Reference): Target[] {
  switch (reference.type) {
    case 'object':
      return objectsNamed(index, reference).map((object) => ({ object, at: nameAt }));
    case 'key':
      return keyTargets(index, reference);
    case 'selector':
      return selected(index, reference).map((object) => ({ object, at: labelsPlace(reference, object) }));
    case 'port':
      return portTargets(index, reference);
    case 'containerPort':
      return containerPortTargets(reference);
    default:
      return localTargets(reference);
  }
}

/** The objects that a name may mean. */
export function objectsNamed(index: ReferenceIndex, { kinds, name, namespace, from }: ObjectReference): ObjectLinks[] {
  const all = kinds.flatMap((kind) => [...index.named(kind, name)]);
  return inNamespace(namespace, nearestTo(from.object.uri, all.filter((each) => sameNamespace(each.namespace, namespace))));
}

/** Whether a workload's own selector: it means the pods that the workload makes, and no others. */
export function isOwnSelector({ from, at }: SelectorReference): boolean {
  return from.pod !== undefined && at.length === 2 && at[1] === 'selector';
}

/** The objects, or the owners of the pods, that a selector matches. */
export function selected(index: ReferenceIndex, reference: SelectorReference): ObjectLinks[] {
  const { from, selector, selects, namespace } = reference;
  if (isOwnSelector(reference)) return selector.matches(from.pod?.labels) ? [from] : [];
  const all =
    selects === 'pods'
      ? index.podsMatching(selector)
      : selects.flatMap((kind) => [...index.ofKind(kind)].filter(({ labels }) => selector.matches(labels)));
  return nearestTo(from.object.uri, all.filter((each) => sameNamespace(each.namespace, namespace)));
}

/** Where the labels stand that a selector looks at. */
export function labelsPlace({ selects }: Pick<SelectorReference, 'selects'>, { pod }: ObjectLinks): Steps {
  return selects === 'pods' && pod ? [...pod.at, 'metadata', 'labels'] : ['metadata', 'labels'];
}

/** The labels that one pair of a selector matches. */
export function pairTargets(index: ReferenceIndex, reference: SelectorReference, { key, value }: SelectorPair): Target[] {
  return selected(index, reference)
    .map((object) => ({ object, at: [...labelsPlace(reference, object), key] }))
    .filter(({ object, at }) => valueAt(object.object.value, at) === value);
}

/** Fields of a ConfigMap or Secret that hold keys. */
const keyFields = ['data', 'stringData', 'binaryData'];

export function keysOf({ object }: ObjectLinks): { key: string; at: Steps }[] {
  return keyFields.flatMap((field) => {
    const data = valueAt(object.value, [field]);
    if (typeof data !== 'object' || data === null) return [];
    return Object.keys(data).map((key) => ({ key, at: [field, key] }));
  });
}

function keyTargets(index: ReferenceIndex, { object, key }: KeyReference): Target[] {
  return objectsNamed(index, object).flatMap((links) =>
    keysOf(links)
      .filter((each) => each.key === key)
      .map(({ at }) => ({ object: links, at })),
  );
}

export interface NamedPort {
  readonly name: string | undefined;
  readonly port: number | undefined;
  readonly object: ObjectLinks;
  /** Of the port's mapping, and of its field with the number. */
  readonly at: Steps;
  readonly field: string;
}

/** The ports that a reference to one chooses from. */
export function portsThrough(index: ReferenceIndex, { through }: PortReference): NamedPort[] {
  if (through.type === 'object') return objectsNamed(index, through).flatMap(servicePorts);
  const owners = selected(index, through);
  return through.selects === 'pods' ? owners.flatMap(podPorts) : owners.flatMap(servicePorts);
}

export function servicePorts(object: ObjectLinks): NamedPort[] {
  if (object.id !== 'Service') return [];
  return itemsAt(object.object.value, ['spec', 'ports']).map(({ name, port }, i) => ({
    name: typeof name === 'string' ? name : undefined,
    port: typeof port === 'number' ? port : undefined,
    object,
    at: ['spec', 'ports', String(i)],
    field: 'port',
  }));
}

export function podPorts(object: ObjectLinks): NamedPort[] {
  const { pod } = object;
  if (!pod) return [];
  return containersOf(object.object.value, pod.at).flatMap((container) =>
    portsOf(container).map((port) => ({ ...port, object, field: 'containerPort' })),
  );
}

function portTargets(index: ReferenceIndex, reference: PortReference): Target[] {
  return matchingPorts(portsThrough(index, reference), reference.port);
}

function matchingPorts(ports: readonly NamedPort[], wanted: string | number): Target[] {
  return ports
    .filter(({ name, port }) => (typeof wanted === 'string' ? name : port) === wanted)
    .map(({ object, at, field }) => ({ object, at: [...at, typeof wanted === 'string' ? 'name' : field] }));
}

export function containerPorts({ from, container }: Pick<ContainerPortReference, 'from' | 'container'>): NamedPort[] {
  const value = valueAt(from.object.value, container) as Readonly<Record<string, unknown>>;
  return portsOf({ name: '', at: container, value }).map((port) => ({ ...port, object: from, field: 'containerPort' }));
}

function containerPortTargets(reference: ContainerPortReference): Target[] {
  return matchingPorts(containerPorts(reference), reference.port);
}

/** Where the names of a pod's volumes, containers and claims are given. */
export function localNames({ from, to, pod }: LocalReference): { name: string; at: Steps }[] {
  const { value } = from.object;
  if (to === 'container') return containersOf(value, pod.at).map(({ name, at }) => ({ name, at: [...at, 'name'] }));
  const lists: Steps[] = [[...pod.at, 'spec', to === 'volume' ? 'volumes' : 'resourceClaims']];
  const named = (list: Steps, field: Steps) =>
    itemsAt(value, list).map((item, i) => ({ name: valueAt(item, field), at: [...list, String(i), ...field] }));
  const names = lists.flatMap((list) => named(list, ['name']));
  if (to === 'volume' && from.id === 'StatefulSet') names.push(...named(['spec', 'volumeClaimTemplates'], nameAt));
  return names.filter((entry): entry is { name: string; at: string[] } => typeof entry.name === 'string');
}

function localTargets(reference: LocalReference): Target[] {
  return localNames(reference)
    .filter(({ name }) => name === reference.name)
    .map(({ at }) => ({ object: reference.from, at }));
}
