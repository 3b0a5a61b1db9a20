import {
  type CallHierarchyIncomingCall,
  type CallHierarchyItem,
  type CallHierarchyOutgoingCall,
  type Range,
  SymbolKind,
} from 'vscode-languageserver/node';
import * as z from 'zod';
import type { ServerContext } from '../context';
import { offsetIn, rangeIn } from '../documents/positions';
import { namedAt, objectAt } from '../references/cursor-object';
import { kindName } from '../references/kind-id';
import { nearestRange, rangeOf } from '../references/places';
import type { ObjectLinks, Reference } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import { isOwnSelector, objectsNamed, selected } from '../references/resolve';
import { namesOf, selectorsOf } from '../references/uses';
import { referencesOf } from '../references/workspace-references';

/**
 * Who reaches what: Ingress → Service → Deployment → its pods → what these need. An item is an object, or the pods that a
 * workload makes.
 */
interface Node {
  readonly object: ObjectLinks;
  readonly pods: boolean;
}

interface Call {
  readonly from: Node;
  readonly to: Node;
  readonly reference: Reference;
}

/** How an item is found again. */
const dataSchema = z.object({ uri: z.string(), id: z.string(), name: z.string(), at: z.number(), pods: z.boolean() });

export function registerCallHierarchy(context: ServerContext): void {
  const { connection, capabilities, documents } = context;
  const { callHierarchy } = connection.languages;
  capabilities.callHierarchyProvider = true;
  callHierarchy.onPrepare(({ textDocument, position }) => {
    const file = documents.file(textDocument.uri);
    if (!file) return null;
    return startAt(file, offsetIn(file, position), context).flatMap((node) => itemOf(node, context) ?? []);
  });
  callHierarchy.onIncomingCalls(({ item }): CallHierarchyIncomingCall[] => {
    const node = nodeOf(item, context);
    const calls = node ? callsTo(node, referencesOf(context).index) : [];
    return grouped(calls, ({ from }) => from, context).map(([from, fromRanges]) => ({ from, fromRanges }));
  });
  callHierarchy.onOutgoingCalls(({ item }): CallHierarchyOutgoingCall[] => {
    const node = nodeOf(item, context);
    const calls = node ? callsFrom(node, referencesOf(context).index) : [];
    return grouped(calls, ({ to }) => to, context).map(([to, fromRanges]) => ({ to, fromRanges }));
  });
}

function startAt(file: Parameters<typeof namedAt>[1], offset: number, context: ServerContext): Node[] {
  const { index } = referencesOf(context);
  const named = namedAt(index, file, offset);
  const used = named?.reference && named.definitions.map(({ object }) => object);
  const own = objectAt(index, file, offset);
  return [...new Set(used ?? (own ? [own] : []))].map((object) => ({ object, pods: false }));
}

function callsFrom({ object, pods }: Node, index: ReferenceIndex): Call[] {
  const from = { object, pods };
  const { pod } = object;
  const separate = pod !== undefined && pod.at.length > 0;
  const calls = object.references
    .filter((reference) => !separate || isInPod(reference, object) === pods)
    .flatMap((reference) => targetsOfCall(index, reference).map((to): Call => ({ from, to, reference })));
  return calls.filter(({ to }) => to.object !== object || to.pods !== pods);
}

function isInPod({ at }: Reference, { pod }: ObjectLinks): boolean {
  return pod !== undefined && pod.at.every((step, i) => at[i] === step);
}

/** A workload's own selector leads to its pods; any other to the workloads, which a reader knows by name. */
function targetsOfCall(index: ReferenceIndex, reference: Reference): Node[] {
  if (reference.type === 'object') return objectsNamed(index, reference).map((object) => ({ object, pods: false }));
  if (reference.type !== 'selector' || reference.peer) return [];
  if (isOwnSelector(reference)) return [{ object: reference.from, pods: true }];
  return selected(index, reference).map((object) => ({ object, pods: false }));
}

function callsTo({ object, pods }: Node, index: ReferenceIndex): Call[] {
  const to = { object, pods };
  if (pods) return callsFrom({ object, pods: false }, index).filter((call) => call.to.pods);
  const references = [...namesOf(index, object), ...selectorsOf(index, object).filter(({ peer }) => !peer)];
  return references
    .filter(({ from }) => from !== object)
    .map((reference) => {
      const inPod = (reference.from.pod?.at.length ?? 0) > 0 && isInPod(reference, reference.from);
      return { from: { object: reference.from, pods: inPod }, to, reference };
    });
}

/** By the item at the other end, with the places of the references. */
function grouped(
  calls: readonly Call[],
  end: (call: Call) => Node,
  context: ServerContext,
): [CallHierarchyItem, Range[]][] {
  const groups = new Map<string, [CallHierarchyItem, Range[]]>();
  for (const call of calls) {
    const item = itemOf(end(call), context);
    const file = context.workspace.file(call.reference.from.object.uri);
    if (!item || !file) continue;
    const key = JSON.stringify(item.data);
    const group = groups.get(key) ?? [item, []];
    groups.set(key, group);
    group[1].push(rangeIn(file, nearestRange(call.reference.from, call.reference.at)));
  }
  return [...groups.values()];
}

function itemOf({ object, pods }: Node, { workspace }: ServerContext): CallHierarchyItem | undefined {
  const { uri } = object.object;
  const file = workspace.file(uri);
  if (!file) return undefined;
  const place = pods && object.pod ? object.pod.at : ['metadata', 'name'];
  const selection = rangeIn(file, nearestRange(object, place, 'key'));
  const [start, end] = object.object.document().range;
  const whole = rangeOf(object, pods ? place : []) ?? { start, end };
  const data: z.infer<typeof dataSchema> = { uri, id: object.id, name: object.name, at: start, pods };
  return {
    name: pods ? `pods of ${object.name}` : object.name,
    kind: pods ? SymbolKind.Constructor : SymbolKind.Object,
    detail: kindName(object.id) + (object.namespace ? ` in ${object.namespace}` : ''),
    uri,
    range: rangeIn(file, whole),
    selectionRange: selection,
    data,
  };
}

function nodeOf({ data }: CallHierarchyItem, context: ServerContext): Node | undefined {
  const parsed = dataSchema.safeParse(data);
  if (!parsed.success) return undefined;
  const { uri, id, name, at, pods } = parsed.data;
  const alike = referencesOf(context).index.inFile(uri).filter((each) => each.id === id && each.name === name);
  const object = alike.find((each) => each.object.document().range[0] === at) ?? alike[0];
  return object && { object, pods };
}
