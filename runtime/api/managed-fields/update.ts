import type { ManagedFieldsEntry } from '../generated/types';
import type { KubeObject } from '../object';
import type { Schema, TypeResolver } from '../schema';
import type { JsonObject } from '../patch/json';
import { compare } from './compare';
import type { Comparison } from './compare';
import { conflictError, conflictsOf } from './conflict';
import { difference, intersection, member, recursiveDifference, union } from './field-set';
import type { FieldSet } from './field-set';
import { asksForReset, capUpdateManagers, decodeManagers, encodeManagers, managerId } from './managers';
import type { Manager, Managers } from './managers';
import { typeNode } from './type-node';
import type { TypeNode } from './type-node';

export interface FieldTracking {
  schema: Schema;
  resolver: TypeResolver;
  /** Version of the request and of the objects given: `apps/v1`. */
  apiVersion: string;
  /** Empty or missing for the main resource. */
  subresource?: string;
  /** RFC 3339, in whole seconds. */
  time: string;
  /** Fields that this endpoint doesn't let anyone set, made by `fieldSet('status')`: they are never owned through it. */
  resetFields?: FieldSet;
  /** The object in another version of its group, for managers that wrote in it; without it, paths count for all versions. */
  convert?: (object: KubeObject, apiVersion: string) => { object: KubeObject; schema: Schema } | undefined;
}

export interface UpdateOptions extends FieldTracking {
  /** The stored object; missing for a create. */
  live?: KubeObject;
  /** The object to be stored, decoded and defaulted; its own managedFields are those of the request. */
  updated: KubeObject;
  /** Field manager's name; empty is `unknown`. */
  manager: string;
}

const emptyObject: KubeObject = Object.freeze({ metadata: Object.freeze({}) });
export const asJson = (object: KubeObject): JsonObject => object as unknown as JsonObject;

/** The object as it is compared: without the managed fields themselves. */
export function comparable(object: KubeObject): JsonObject {
  if (!object.metadata?.managedFields) return asJson(object);
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...asJson(object), metadata };
}

export const typeOf = (o: FieldTracking): TypeNode => typeNode(o.schema, o.resolver, o.schema.$ref !== undefined);

const untracked = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];
export const stripped: FieldSet = {
  'f:apiVersion': member,
  'f:kind': member,
  'f:metadata': { '.': member, ...Object.fromEntries(untracked.map((name) => [`f:${name}`, member])) },
};

/**
 * Who manages what after a create, update or patch: the `metadata.managedFields` for the object to be stored, undefined for
 * none. Nothing is mutated. If nothing changed, it is the live object's array itself.
 */
export function updateManagedFields(options: UpdateOptions): ManagedFieldsEntry[] | undefined {
  const { live, updated } = options;
  const managers = managersOfRequest(live, updated, options.subresource);
  const isCreate = !live?.metadata.uid;
  if (managers.size > 0 || isCreate)
    trackUpdate(options, live ?? emptyObject, updated, managers, options.manager || 'unknown');
  return encodeManagers(managers, live?.metadata.managedFields);
}

/** Those of the request, which may edit them, else those of the live object. A subresource can't edit them. */
function managersOfRequest(
  live: KubeObject | undefined,
  updated: KubeObject,
  subresource: string | undefined,
): Managers {
  const ofLive = () => decodeManagers(live?.metadata.managedFields, true) ?? new Map<string, Manager>();
  const requested = updated.metadata.managedFields;
  if (subresource || !requested || requested === live?.metadata.managedFields) return ofLive();
  if (asksForReset(requested)) return new Map();
  const decoded = decodeManagers(requested, false);
  return decoded && decoded.size > 0 ? decoded : ofLive();
}

/** Records the differences between two objects as an Update by a manager. Changes the map. */
export function trackUpdate(
  o: FieldTracking,
  before: KubeObject,
  after: KubeObject,
  managers: Managers,
  name: string,
): void {
  const comparison = filtered(compare(typeOf(o), comparable(before), comparable(after)), o.resetFields);
  takeAway(o, before, after, managers, comparison, undefined, true);
  const taken = difference(difference(union(comparison.modified, comparison.added), comparison.removed), stripped);
  const manager: Omit<Manager, 'set'> = {
    manager: name,
    operation: 'Update',
    apiVersion: o.apiVersion,
    ...(o.subresource && { subresource: o.subresource }),
    time: o.time,
  };
  const id = managerId(manager);
  if (taken) managers.set(id, { ...manager, set: union(taken, managers.get(id)?.set)! });
  capUpdateManagers(managers);
}

export function filtered(comparison: Comparison, reset: FieldSet | undefined): Comparison {
  if (!reset) return comparison;
  const out: Comparison = {};
  for (const kind of ['added', 'modified', 'removed'] as const) {
    const set = recursiveDifference(comparison[kind], reset);
    if (set) out[kind] = set;
  }
  return out;
}

/**
 * Takes what changed from all other managers. Unless forced, what someone holds and is about to change is a conflict: they
 * are thrown together, as a StatusError.
 */
export function takeAway(
  o: FieldTracking,
  before: KubeObject,
  after: KubeObject,
  managers: Managers,
  comparison: Comparison,
  self: string | undefined,
  force: boolean,
): void {
  const comparisons = new Map<string, Comparison | undefined>([[o.apiVersion, comparison]]);
  const ids = [...managers.keys()].sort();
  const losses: { id: string; manager: Manager; lost: FieldSet | undefined; removed: FieldSet | undefined }[] = [];
  for (const id of ids) {
    if (id === self) continue;
    const manager = managers.get(id)!;
    const seen = comparisonIn(o, manager.apiVersion, before, after, comparisons);
    if (!seen) {
      managers.delete(id);
      continue;
    }
    losses.push({
      id,
      manager,
      lost: intersection(manager.set, union(seen.modified, seen.added)),
      removed: seen.removed,
    });
  }
  const conflicts = force ? [] : losses.flatMap(({ manager, lost }) => (lost ? conflictsOf(manager, lost) : []));
  if (conflicts.length > 0) throw new ApplyConflicts(conflicts);
  for (const { id, manager, lost, removed } of losses) {
    if (!lost && !removed) continue;
    const set = difference(difference(manager.set, lost), removed);
    if (set) managers.set(id, { ...manager, set });
    else managers.delete(id);
  }
}

/** The differences in a manager's own version; undefined if the object isn't served in it any more. */
function comparisonIn(
  o: FieldTracking,
  apiVersion: string,
  before: KubeObject,
  after: KubeObject,
  known: Map<string, Comparison | undefined>,
): Comparison | undefined {
  if (known.has(apiVersion)) return known.get(apiVersion);
  if (!o.convert) return known.get(o.apiVersion);
  const old = o.convert(before, apiVersion);
  const next = o.convert(after, apiVersion);
  const result =
    old && next && compare(typeOf({ ...o, schema: next.schema }), comparable(old.object), comparable(next.object));
  known.set(apiVersion, result);
  return result;
}

/** Conflicts on their way through apply, where kubectl's migration may still allow them. */
export class ApplyConflicts extends Error {
  override readonly name = 'ApplyConflicts';

  constructor(readonly conflicts: ReturnType<typeof conflictsOf>) {
    super('apply conflicts');
  }

  toStatusError() {
    return conflictError(this.conflicts);
  }
}
