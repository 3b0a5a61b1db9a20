import { CompletionItemKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import type { CompletionCursor } from '../manifests/cursor';
import { manifestsIn } from '../manifests/manifest-objects';
import type { PlaceRequest, Suggestion } from '../providers';
import { definitionAt, labelPlaces } from '../references/definitions';
import type { Steps } from '../references/field-tree';
import type { ReferenceIndex } from '../references/reference-index';
import { kindName } from '../references/kind-id';
import { nearestFirst, rankOf, sameNamespace } from '../references/nearness';
import { sameSteps } from '../references/occurrence';
import { containersOf } from '../references/pod-template';
import type { ObjectLinks, ObjectReference, Reference, SelectorReference } from '../references/reference';
import { containerPorts, keysOf, localNames, objectsNamed, portsThrough } from '../references/resolve';
import { referencesOf } from '../references/workspace-references';
import { liveObjects } from '../references/cluster-objects';

/** Names, keys, labels, ports and images that the workspace has, where one of them belongs. */
export function registerNameCompletion(context: ServerContext): void {
  context.providers.add('completion', 'references', (at) => suggestionsAt(at, context));
}

/** The nearest; a reader looks through no more. */
const maxSuggestions = 200;
/** After so many in a row that bring no new label, those further away are taken to bring none either. */
const maxRepeated = 4000;

/** One of a name's candidates. */
interface Candidate {
  readonly label: string;
  readonly detail: () => string;
  /** Lower comes first. */
  readonly rank: number;
  readonly kind: CompletionItemKind;
}

function suggestionsAt({ cursor, file }: PlaceRequest & { cursor: CompletionCursor }, context: ServerContext): Suggestion[] {
  const { index, table } = referencesOf(context);
  const object = unfinishedObject(cursor, file.uri, table, context);
  if (!object) return [];
  const at = cursor.path.map(String);
  const found =
    cursor.role === 'key' && !endsInItem(at)
      ? labelKeys(index, object, at, context)
      : valueCandidates(index, object, at, context);
  return suggestions(found, cursor);
}

const endsInItem = (at: Steps): boolean => /^\d+$/.test(at.at(-1) ?? '');

/** The object as it is being written, with the cursor's own word in it. */
function unfinishedObject(
  { document, objectPath }: CompletionCursor,
  uri: string,
  table: ReturnType<typeof referencesOf>['table'],
  { types }: ServerContext,
): ObjectLinks | undefined {
  const object = manifestsIn(document.value, types).find(({ path }) => path === objectPath);
  if (!object) return undefined;
  const { apiVersion, kind } = object.value;
  const key = { group: apiVersion ?? '', kind: kind ?? '', namespace: '', name: '' };
  return table.linksOf({ ...object, uri, key, document: () => document });
}

function valueCandidates(
  index: ReferenceIndex,
  object: ObjectLinks,
  at: Steps,
  context: ServerContext,
): Iterable<Candidate> {
  const reference = object.references.find((each) => each.type !== 'selector' && sameSteps(each.at, at));
  if (reference) return candidatesFor(index, reference, context);
  const selector = object.references.find(
    (each): each is SelectorReference => each.type === 'selector' && each.pairs.some((pair) => sameSteps(pair.at, at)),
  );
  const pair = selector?.pairs.find((each) => sameSteps(each.at, at));
  if (selector && pair)
    return chained(labelValues(index, object, pair.key, selector.selects), liveLabels(selector, context, pair.key));
  if (definitionAt(object, at, 'value')?.what === 'label') return labelValues(index, object, at.at(-1) ?? '', 'all');
  return at.at(-1) === 'image' && object.pod ? images(index, object) : [];
}

function candidatesFor(index: ReferenceIndex, reference: Reference, context: ServerContext): Iterable<Candidate> {
  const { uri } = reference.from.object;
  switch (reference.type) {
    case 'object':
      return objectNames(index, reference, context);
    case 'key':
      return [
        ...objectsNamed(index, reference.object).flatMap((holder) =>
          keysOf(holder).map(({ key }) => candidate(key, holder, rankOf(holder, uri))),
        ),
        ...liveKeys(reference.object, context),
      ];
    case 'port':
      return portsThrough(index, reference).flatMap((port) => portCandidates(port, reference, uri));
    case 'containerPort':
      return containerPorts(reference).flatMap((port) => portCandidates(port, reference, uri));
    case 'local':
      return localNames(reference).map(({ name }) => candidate(name, reference.from, 0, () => reference.to));
    default:
      return [];
  }
}

function* objectNames(index: ReferenceIndex, reference: ObjectReference, { cluster }: ServerContext): Iterable<Candidate> {
  const { from, kinds, namespace } = reference;
  for (const [each, rank] of nearestFirst(index, from.object.uri)) {
    if (!kinds.includes(each.id) || !sameNamespace(each.namespace, namespace)) continue;
    yield candidate(each.name, each, rank, () => kindName(each.id));
  }
  for (const kind of kinds) {
    const detail = (): string => `${kindName(kind)} in the cluster`;
    for (const label of liveObjects(cluster).names(kind, namespace)) {
      yield inCluster(label, detail);
    }
  }
}

/** Behind everything that the workspace has. */
const inCluster = (label: string, detail: () => string): Candidate => ({
  label,
  detail,
  rank: 900,
  kind: CompletionItemKind.Reference,
});

function liveKeys({ kinds, name, namespace }: ObjectReference, { cluster }: ServerContext): Candidate[] {
  return kinds.flatMap((kind) =>
    (liveObjects(cluster).keys(kind, namespace, name) ?? []).map((key) =>
      inCluster(key, () => `${kindName(kind)} ${name} in the cluster`),
    ),
  );
}

/** Label keys of what a selector may mean in the cluster or, of one key, its values. */
function* liveLabels(
  { selects, namespace }: SelectorReference,
  { cluster }: ServerContext,
  key?: string,
): Iterable<Candidate> {
  for (const kind of selects === 'pods' ? [selects] : selects) {
    const detail = (): string => `${kind === 'pods' ? 'pods' : kindName(kind)} in the cluster`;
    for (const labels of liveObjects(cluster).labels(kind, namespace)) {
      const found = key === undefined ? Object.keys(labels) : [labels[key] ?? ''];
      for (const label of found) yield inCluster(label, detail);
    }
  }
}

function* chained<T>(...lists: Iterable<T>[]): Iterable<T> {
  for (const list of lists) yield* list;
}

function portCandidates(
  { name, port, object }: ReturnType<typeof portsThrough>[number],
  { at }: Reference,
  uri: string,
): Candidate[] {
  const rank = rankOf(object, uri);
  const byName = name !== undefined && at.at(-1) !== 'number';
  const byNumber = port !== undefined && at.at(-1) !== 'name';
  return [
    ...(byName ? [candidate(name, object, rank, () => `${port ?? ''} of ${titleOf(object)}`)] : []),
    ...(byNumber ? [candidate(String(port), object, rank, () => `${name ?? 'port'} of ${titleOf(object)}`)] : []),
  ];
}

/** Values that a label has on what can be selected, or on anything. */
function* labelValues(
  index: ReferenceIndex,
  { object }: ObjectLinks,
  key: string,
  selects: SelectorReference['selects'] | 'all',
): Iterable<Candidate> {
  for (const { owner, labels, rank } of labelled(index, object.uri, selects)) {
    if (Object.hasOwn(labels, key)) yield candidate(labels[key] ?? '', owner, rank);
  }
}

/** Keys of labels, in a selector or among an object's own labels. */
function* labelKeys(
  index: ReferenceIndex,
  object: ObjectLinks,
  at: Steps,
  context: ServerContext,
): Iterable<Candidate> {
  const around = at.slice(0, -1);
  const selector = object.references.find(
    (each): each is SelectorReference =>
      each.type === 'selector' && (sameSteps(each.at, around) || sameSteps([...each.at, 'matchLabels'], around)),
  );
  const isLabels = labelPlaces(object).some((place) => sameSteps(place, around));
  if (!selector && !isLabels) return;
  // In an object of selectors only their own two fields belong: matchLabels and matchExpressions.
  if (selector && sameSteps(selector.at, around) && object.id !== 'Service' && object.id !== 'ReplicationController') return;
  for (const { owner, labels, rank } of labelled(index, object.object.uri, selector?.selects ?? 'all')) {
    for (const key of Object.keys(labels)) yield candidate(key, owner, rank);
  }
  if (selector) yield* liveLabels(selector, context);
}

interface Labelled {
  readonly owner: ObjectLinks;
  readonly labels: Readonly<Record<string, string>>;
  readonly rank: number;
}

/** The nearest first. */
function* labelled(
  index: ReferenceIndex,
  uri: string,
  selects: SelectorReference['selects'] | 'all',
): Iterable<Labelled> {
  const all = selects === 'all';
  for (const [owner, rank] of nearestFirst(index, uri)) {
    if ((all || selects === 'pods') && owner.pod) yield { owner, labels: owner.pod.labels, rank };
    if (all || (selects !== 'pods' && selects.includes(owner.id))) yield { owner, labels: owner.labels, rank };
    if (all) for (const labels of askedFor(owner)) yield { owner, labels, rank };
  }
}

/** The labels that an object's selectors ask for. */
function askedFor({ references }: ObjectLinks): Readonly<Record<string, string>>[] {
  return references.flatMap((reference) =>
    reference.type === 'selector' ? [Object.fromEntries(reference.pairs.map(({ key, value }) => [key, value]))] : [],
  );
}

function* images(index: ReferenceIndex, { object }: ObjectLinks): Iterable<Candidate> {
  for (const [owner, rank] of nearestFirst(index, object.uri)) {
    if (!owner.pod) continue;
    for (const { value } of containersOf(owner.object.value, owner.pod.at)) {
      if (typeof value['image'] === 'string') yield candidate(value['image'], owner, rank);
    }
  }
}

const titleOf = ({ id, name }: ObjectLinks): string => `${kindName(id)} ${name}`;

function candidate(label: string, owner: ObjectLinks, rank: number, detail = () => titleOf(owner)): Candidate {
  return { label, detail, rank, kind: CompletionItemKind.Reference };
}

/** Each label once, by its nearest owner; without what stands there as the cursor's own word. */
function suggestions(candidates: Iterable<Candidate>, { hasColon, role, path, siblings }: CompletionCursor): Suggestion[] {
  const isKey = role === 'key' && !endsInItem(path.map(String));
  const best = new Map<string, Candidate>();
  let repeated = 0;
  for (const each of candidates) {
    const known = best.get(each.label);
    if (++repeated > maxRepeated) break;
    if (known ? known.rank <= each.rank : each.label === '' || (isKey && siblings.includes(each.label))) continue;
    best.set(each.label, each);
    repeated = 0;
    // Where there are so many, the nearest come first.
    if (best.size === maxSuggestions) break;
  }
  return [...best.values()]
    .sort((a, b) => a.rank - b.rank)
    .map(({ label, detail, rank, kind }) => ({
      label,
      detail: detail(),
      kind,
      sortText: `${String(rank).padStart(3, '0')}${label}`,
      insert: isKey && !hasColon ? `${label}: ` : label,
    }));
}
