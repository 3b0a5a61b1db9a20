import { CompletionItemKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import type { CompletionCursor } from '../manifests/cursor';
import { manifestsIn } from '../manifests/manifest-objects';
import type { PlaceRequest, Suggestion } from '../providers';
import { definitionAt, labelPlaces } from '../references/definitions';
import type { Steps } from '../references/field-tree';
import { folderOf, type ReferenceIndex } from '../references/reference-index';
import { kindName } from '../references/kind-id';
import { nearness, sameNamespace } from '../references/nearness';
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

/** One of a name's candidates. */
interface Candidate {
  readonly label: string;
  readonly detail: string;
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
      ? labelKeys(index, object, at)
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

function valueCandidates(index: ReferenceIndex, object: ObjectLinks, at: Steps, context: ServerContext): Candidate[] {
  const reference = object.references.find((each) => each.type !== 'selector' && sameSteps(each.at, at));
  if (reference) return candidatesFor(index, reference, context);
  const selector = object.references.find(
    (each): each is SelectorReference => each.type === 'selector' && each.pairs.some((pair) => sameSteps(pair.at, at)),
  );
  const pair = selector?.pairs.find((each) => sameSteps(each.at, at));
  if (selector && pair) return labelValues(index, object, pair.key, selector.selects);
  if (definitionAt(object, at, 'value')?.what === 'label') return labelValues(index, object, at.at(-1) ?? '', 'all');
  return at.at(-1) === 'image' && object.pod ? images(index, object) : [];
}

function candidatesFor(index: ReferenceIndex, reference: Reference, context: ServerContext): Candidate[] {
  const { uri } = reference.from.object;
  switch (reference.type) {
    case 'object':
      return objectNames(index, reference, context);
    case 'key':
      return objectsNamed(index, reference.object).flatMap((holder) =>
        keysOf(holder).map(({ key }) => candidate(key, `${kindName(holder.id)} ${holder.name}`, holder, uri)),
      );
    case 'port':
      return portsThrough(index, reference).flatMap((port) => portCandidates(port, reference, uri));
    case 'containerPort':
      return containerPorts(reference).flatMap((port) => portCandidates(port, reference, uri));
    case 'local':
      return localNames(reference).map(({ name }) => candidate(name, reference.to, reference.from, uri));
    default:
      return [];
  }
}

function objectNames(index: ReferenceIndex, reference: ObjectReference, { cluster }: ServerContext): Candidate[] {
  const { from, kinds, namespace } = reference;
  const { uri } = from.object;
  const written = kinds
    .flatMap((kind) => [...index.ofKind(kind)])
    .filter((each) => each.name !== '' && sameNamespace(each.namespace, namespace))
    .map((each) => candidate(each.name, kindName(each.id), each, uri));
  const live = kinds.flatMap((kind) =>
    liveObjects(cluster).names(kind, namespace).map((name): Candidate => ({
      label: name,
      detail: `${kindName(kind)} in the cluster`,
      rank: 900,
      kind: CompletionItemKind.Reference,
    })),
  );
  return [...written, ...live];
}

function portCandidates(
  { name, port, object }: ReturnType<typeof portsThrough>[number],
  { at }: Reference,
  uri: string,
): Candidate[] {
  const owner = `${kindName(object.id)} ${object.name}`;
  const byName = name !== undefined && at.at(-1) !== 'number';
  const byNumber = port !== undefined && at.at(-1) !== 'name';
  return [
    ...(byName ? [candidate(name, `${port ?? ''} of ${owner}`, object, uri)] : []),
    ...(byNumber ? [candidate(String(port), `${name ?? 'port'} of ${owner}`, object, uri)] : []),
  ];
}

/** Values that a label has on what can be selected, or on anything. */
function labelValues(index: ReferenceIndex, object: ObjectLinks, key: string, selects: SelectorReference['selects'] | 'all'): Candidate[] {
  return labelled(index, selects).flatMap(({ owner, labels }) =>
    Object.hasOwn(labels, key) ? [candidate(labels[key] ?? '', `${kindName(owner.id)} ${owner.name}`, owner, object.object.uri)] : [],
  );
}

/** Keys of labels, in a selector or among an object's own labels. */
function labelKeys(index: ReferenceIndex, object: ObjectLinks, at: Steps): Candidate[] {
  const around = at.slice(0, -1);
  const selector = object.references.find(
    (each): each is SelectorReference =>
      each.type === 'selector' && (sameSteps(each.at, around) || sameSteps([...each.at, 'matchLabels'], around)),
  );
  const isLabels = labelPlaces(object).some((place) => sameSteps(place, around));
  if (!selector && !isLabels) return [];
  // In an object of selectors only their own two fields belong: matchLabels and matchExpressions.
  if (selector && sameSteps(selector.at, around) && object.id !== 'Service' && object.id !== 'ReplicationController') return [];
  return labelled(index, selector?.selects ?? 'all').flatMap(({ owner, labels }) =>
    Object.keys(labels).map((key) => candidate(key, `${kindName(owner.id)} ${owner.name}`, owner, object.object.uri)),
  );
}

function labelled(
  index: ReferenceIndex,
  selects: SelectorReference['selects'] | 'all',
): { owner: ObjectLinks; labels: Readonly<Record<string, string>> }[] {
  const pods = [...index.allPods()].map((owner) => ({ owner, labels: owner.pod?.labels ?? {} }));
  if (selects === 'pods') return pods;
  const owners = selects === 'all' ? [...index.objects()] : selects.flatMap((kind) => [...index.ofKind(kind)]);
  const own = owners.map((owner) => ({ owner, labels: owner.labels }));
  return selects === 'all' ? [...pods, ...own, ...owners.flatMap(askedFor)] : own;
}

/** The labels that an object's selectors ask for. */
function askedFor(owner: ObjectLinks): { owner: ObjectLinks; labels: Readonly<Record<string, string>> }[] {
  return owner.references.flatMap((reference) =>
    reference.type === 'selector'
      ? [{ owner, labels: Object.fromEntries(reference.pairs.map(({ key, value }) => [key, value])) }]
      : [],
  );
}

function images(index: ReferenceIndex, object: ObjectLinks): Candidate[] {
  return [...index.allPods()].flatMap((owner) =>
    containersOf(owner.object.value, owner.pod?.at ?? []).flatMap(({ value }) =>
      typeof value['image'] === 'string' && value['image'] !== ''
        ? [candidate(value['image'], `${kindName(owner.id)} ${owner.name}`, owner, object.object.uri)]
        : [],
    ),
  );
}

function candidate(label: string, detail: string, owner: ObjectLinks, uri: string): Candidate {
  return { label, detail, rank: rankOf(owner, uri), kind: CompletionItemKind.Reference };
}

/** What is near comes first: the same file, its folder, and so on. */
function rankOf({ object }: ObjectLinks, uri: string): number {
  if (object.uri === uri) return 0;
  return folderOf(object.uri) === folderOf(uri) ? 1 : Math.max(2, 100 - nearness(object.uri, uri));
}

/** Each label once, by its nearest owner; without what stands there as the cursor's own word. */
function suggestions(candidates: readonly Candidate[], { hasColon, role, path, siblings }: CompletionCursor): Suggestion[] {
  const best = new Map<string, Candidate>();
  for (const each of candidates) {
    const known = best.get(each.label);
    if (each.label !== '' && (!known || known.rank > each.rank)) best.set(each.label, each);
  }
  const isKey = role === 'key' && !endsInItem(path.map(String));
  return [...best.values()]
    .filter(({ label }) => !isKey || !siblings.includes(label))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, maxSuggestions)
    .map(({ label, detail, rank, kind }) => ({
      label,
      detail,
      kind,
      sortText: `${String(rank).padStart(3, '0')}${label}`,
      insert: isKey && !hasColon ? `${label}: ` : label,
    }));
}
