import {
  type LabelMap,
  type Selector,
  SelectorError,
  selectorFromLabelSelector,
  selectorFromMap,
} from '../../runtime/api/labels';
import { parseApiVersion } from '../../runtime/api/object';
import type { SourceObject } from '../workspace/workspace';
import { FieldTree, places, stringAt, type Steps, valueAt } from './field-tree';
import { isNamespaced, kindId, type KindId, kindIdOf, kindName } from './kind-id';
import { mentionsOf } from './mentions';
import { podTemplatePlace } from './pod-template';
import type { ObjectLinks, ObjectReference, PodTemplate, Reference, SelectorPair, SelectorReference } from './reference';
import type { ContainerPortRule, LocalRule, ObjectRule, ReferenceRule, SelectorRule } from './rule';

interface Links extends Omit<ObjectLinks, 'references' | 'pod' | 'mentions'> {
  references: Reference[];
  pod: PodTemplate | undefined;
  mentions: ReadonlySet<string>;
}

type Mapping = Readonly<Record<string, unknown>>;

/** The one table of what refers to what, and its reading of an object. */
export class ReferenceTable {
  private readonly pods: FieldTree<ReferenceRule>;
  private readonly kinds = new Map<KindId, FieldTree<ReferenceRule>>();

  constructor(private readonly rules: readonly ReferenceRule[]) {
    this.pods = this.treeOf('pod');
  }

  linksOf(object: SourceObject): ObjectLinks {
    const { value } = object;
    const id = kindIdOf(value.apiVersion, value.kind);
    const links: Links = {
      object,
      id,
      name: stringAt(value, ['metadata', 'name']) ?? '',
      namespace: isNamespaced(id) ? stringAt(value, ['metadata', 'namespace']) : '',
      labels: labelsAt(value, ['metadata', 'labels']),
      references: [],
      pod: undefined,
      mentions: none,
    };
    this.treeOfKind(id).visit(value, (rule, found, at) => links.references.push(...referencesOf(rule, links, found, at, [])));
    this.addPod(links);
    links.mentions = mentionsOf(links);
    return links;
  }

  private addPod(links: Links): void {
    const { value } = links.object;
    const place = podTemplatePlace(links.id, value);
    if (!place) return;
    const labels = labelsAt(value, [...place, 'metadata', 'labels']);
    links.pod = { owner: links, at: place, labels };
    this.pods.visit(valueAt(value, place), (rule, found, at) =>
      links.references.push(...referencesOf(rule, links, found, [...place, ...at], place)),
    );
  }

  private treeOfKind(id: KindId): FieldTree<ReferenceRule> {
    let tree = this.kinds.get(id);
    if (!tree) this.kinds.set(id, (tree = this.treeOf('*', id)));
    return tree;
  }

  private treeOf(...referrers: readonly string[]): FieldTree<ReferenceRule> {
    const tree = new FieldTree<ReferenceRule>();
    for (const rule of this.rules) if (referrers.some((one) => rule.from.includes(one))) tree.add(rule.at, rule);
    return tree;
  }
}

const none: ReadonlySet<string> = new Set();

function referencesOf(rule: ReferenceRule, from: Links, value: unknown, at: Steps, pod: Steps): Reference[] {
  switch (rule.type) {
    case 'object':
      return objectReferences(rule, from, value, at);
    case 'selector':
      return selectorReferences(rule, from, value, at);
    case 'local':
      return localReferences(rule, from, value, at);
    default:
      return containerPortReferences(rule, from, value, at, pod);
  }
}

function objectReferences(rule: ObjectRule, from: Links, value: unknown, at: Steps): Reference[] {
  const nameAt = rule.name === undefined ? [] : [rule.name];
  const name = stringAt(value, nameAt);
  const kinds = name === undefined ? [] : kindsOf(rule, value);
  if (name === undefined || kinds.length === 0) return [];
  const named = rule.namespace === undefined ? undefined : stringAt(value, [rule.namespace]);
  const object: ObjectReference = {
    type: 'object',
    from,
    at: [...at, ...nameAt],
    kinds,
    name,
    namespace: named ?? (from.namespace || undefined),
    optional: valueAt(value, ['optional']) === true,
  };
  const keys = (rule.keys ?? []).flatMap((pattern) => scalars(value, pattern, at));
  const ports = (rule.ports ?? []).flatMap((pattern) => scalars(value, pattern, at));
  return [
    object,
    ...keys.map((key) => ({ type: 'key' as const, from, at: key.at, object, key: String(key.value) })),
    ...ports.map((port) => ({ type: 'port' as const, from, at: port.at, port: port.value, through: object })),
  ];
}

/** The kind that the reference itself names, if it may; else the rule's own. */
function kindsOf({ to, kind, group }: ObjectRule, value: unknown): readonly KindId[] {
  const written = kind === undefined ? undefined : stringAt(value, [kind]);
  if (written === undefined) return to.slice(0, 1);
  const known = to.filter((id) => kindName(id) === written);
  if (group === undefined) return known;
  const said = stringAt(value, [group]);
  if (said === undefined && known.length > 0) return known;
  return [kindId(group === 'apiVersion' ? parseApiVersion(said ?? '').group : (said ?? ''), written)];
}

function scalars(value: unknown, pattern: string, at: Steps): { value: string | number; at: Steps }[] {
  return places(value, pattern).flatMap((place) =>
    (typeof place.value === 'string' && place.value !== '') || typeof place.value === 'number'
      ? [{ value: place.value, at: [...at, ...place.at] }]
      : [],
  );
}

function selectorReferences(rule: SelectorRule, from: Links, value: unknown, at: Steps): Reference[] {
  if (!isMapping(value) || (rule.form === 'map' && Object.keys(value).length === 0)) return [];
  const selector = rule.form === 'map' ? selectorFromMap(stringEntries(value)) : parsed(value);
  if (!selector) return [];
  const reference: SelectorReference = {
    type: 'selector',
    from,
    at,
    selects: rule.selects,
    peer: rule.peer ?? false,
    selector,
    pairs: rule.form === 'map' ? mapPairs(value, at) : labelSelectorPairs(value, at),
    namespace: reachesOtherNamespaces(from, at) ? undefined : from.namespace || undefined,
  };
  const ports = (rule.ports ?? []).flatMap((pattern) => scalars(from.object.value, pattern, []));
  return [
    reference,
    ...ports.map((port) => ({ type: 'port' as const, from, at: port.at, port: port.value, through: reference })),
  ];
}

function parsed(value: Mapping): Selector | undefined {
  try {
    return selectorFromLabelSelector(value);
  } catch (error) {
    // Not a selector yet; the validator says what is wrong with it. Shapes that aren't a selector's at all are a TypeError.
    if (error instanceof SelectorError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function reachesOtherNamespaces({ object }: Links, at: Steps): boolean {
  const around = valueAt(object.value, at.slice(0, -1));
  return isMapping(around) && (around['namespaceSelector'] !== undefined || around['namespaces'] !== undefined);
}

function mapPairs(map: Mapping, at: Steps): SelectorPair[] {
  return Object.entries(stringEntries(map)).map(([key, value]) => ({ key, value, at: [...at, key] }));
}

function labelSelectorPairs(selector: Mapping, at: Steps): SelectorPair[] {
  const { matchLabels, matchExpressions } = selector;
  const pairs = isMapping(matchLabels) ? mapPairs(matchLabels, [...at, 'matchLabels']) : [];
  const expressions = Array.isArray(matchExpressions) ? (matchExpressions as unknown[]) : [];
  expressions.forEach((expression, i) => {
    const key = stringAt(expression, ['key']);
    const values = valueAt(expression, ['values']);
    if (key === undefined || !Array.isArray(values) || valueAt(expression, ['operator']) !== 'In') return;
    values.forEach((value, j) =>
      pairs.push({ key, value: String(value), at: [...at, 'matchExpressions', String(i), 'values', String(j)] }),
    );
  });
  return pairs;
}

function localReferences(rule: LocalRule, from: Links, value: unknown, at: Steps): Reference[] {
  if (typeof value !== 'string' || value === '' || !from.pod) return [];
  return [{ type: 'local', from, at, to: rule.to, name: value, pod: from.pod }];
}

function containerPortReferences(_: ContainerPortRule, from: Links, port: unknown, at: Steps, pod: Steps): Reference[] {
  if (typeof port !== 'number' && (typeof port !== 'string' || port === '')) return [];
  return [{ type: 'containerPort', from, at, port, container: at.slice(0, pod.length + 3) }];
}

function labelsAt(value: unknown, at: Steps): LabelMap {
  const labels = valueAt(value, at);
  return isMapping(labels) ? stringEntries(labels) : {};
}

function stringEntries(map: Mapping): LabelMap {
  return Object.fromEntries(Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
