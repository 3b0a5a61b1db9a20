import type { ManagedFieldsEntry } from '../generated/types';
import type { KubeObject } from '../object';
import { errors } from '../status';
import { parseApiVersion } from '../object';
import { deepEqual } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { checkTyped, typedPatchError } from './check';
import { compare } from './compare';
import { difference, has, intersection, recursiveDifference, union } from './field-set';
import type { FieldSet } from './field-set';
import { fieldsOfLastApplied, syncLastApplied } from './last-applied';
import { decodeManagers, encodeManagers, managerId, sameManagers } from './managers';
import type { Manager, Managers } from './managers';
import { merge } from './merge';
import { fieldsOf, removeFields, withNamedFields } from './typed';
import type { TypeNode } from './type-node';
import { ApplyConflicts, asJson, comparable, filtered, stripped, takeAway, trackUpdate, typeOf } from './update';
import type { FieldTracking } from './update';

export interface ApplyOptions extends FieldTracking {
  kind: string;
  /** The stored object; missing if the apply creates it. */
  live?: KubeObject;
  /** The configuration as it came, neither defaulted nor decoded into a type. */
  applied: KubeObject;
  manager: string;
  force: boolean;
}

export interface ApplyResult {
  /** The object to be stored, with its managedFields; the live one itself if the apply changes nothing. */
  object: KubeObject;
  changed: boolean;
}

const beforeFirstApply = 'before-first-apply';
const kubectl = 'kubectl';

interface Attempt {
  object: JsonObject;
  managers: Managers;
}

/**
 * Server-side apply. Throws a StatusError: 409 with a cause for each conflict, 400 for an object of another type, 500 (as
 * upstream) for a configuration that its schema can't read. Nothing is mutated.
 */
export function applyServerSide(options: ApplyOptions): ApplyResult {
  checkApplied(options);
  const type = typeOf(options);
  const problems = checkTyped(type, asJson(options.applied));
  if (problems.length > 0) throw typedPatchError(asJson(options.applied), problems);
  const live = options.live ?? bare(options);
  const managers = decodeManagers(live.metadata.managedFields, true);
  if (!managers) throw errors.badRequest('failed to decode managed fields');
  if (managers.size === 0 && options.live) {
    trackUpdate(options, { metadata: {} }, live, managers, beforeFirstApply);
  }
  const { object, managers: after } = attemptWithMigration(options, type, live, managers);
  return result(options, live, object, after);
}

function checkApplied({ applied, apiVersion, kind }: ApplyOptions): void {
  if (applied.apiVersion !== apiVersion || applied.kind !== kind) {
    const { group, version } = parseApiVersion(applied.apiVersion ?? '');
    const groupVersion = group ? `${group}/${version}` : version ? `/${version}` : '/';
    throw errors.badRequest(`invalid object type: ${groupVersion}, Kind=${applied.kind ?? ''}`);
  }
  if (applied.metadata?.managedFields) throw errors.badRequest('metadata.managedFields must be nil');
}

const bare = ({ apiVersion, kind }: ApplyOptions): KubeObject => ({ apiVersion, kind, metadata: {} });

/** kubectl may take over what its client-side apply had set; whatever conflicts beyond that is reported. */
function attemptWithMigration(o: ApplyOptions, type: TypeNode, live: KubeObject, managers: Managers): Attempt {
  try {
    return attempt(o, type, live, managers, o.force);
  } catch (error) {
    if (!(error instanceof ApplyConflicts)) throw error;
    const allowed = o.manager === kubectl ? fieldsOfLastApplied(type, asJson(live), o.apiVersion) : undefined;
    const left = error.conflicts.filter(({ path }) => !has(allowed, path));
    if (left.length > 0) throw new ApplyConflicts(left).toStatusError();
    return attempt(o, type, live, managers, true);
  }
}

function attempt(o: ApplyOptions, type: TypeNode, live: KubeObject, before: Managers, force: boolean): Attempt {
  const managers = new Map(before);
  const identity: Omit<Manager, 'set'> = {
    manager: o.manager || 'unknown',
    operation: 'Apply',
    apiVersion: o.apiVersion,
    ...(o.subresource && { subresource: o.subresource }),
  };
  const id = managerId(identity);
  const last = before.get(id);
  const liveJson = comparable(live);
  const applied = asJson(o.applied);
  const set = recursiveDifference(fieldsOf(type, applied), o.resetFields);
  const object = prune(type, merge(type, liveJson, applied), last?.set, union(set, heldByOthers(before, id)));
  const comparison = filtered(compare(type, liveJson, object), o.resetFields);
  takeAway(o, live, object as unknown as KubeObject, managers, comparison, id, force);
  const tracked = difference(set, stripped);
  if (tracked) managers.set(id, { ...identity, set: tracked, ...(last?.time && { time: last.time }) });
  else managers.delete(id);
  return { object, managers };
}

function heldByOthers(managers: Managers, self: string): FieldSet | undefined {
  let held: FieldSet | undefined;
  for (const [id, manager] of managers) if (id !== self) held = union(held, manager.set);
  return held;
}

/**
 * Takes out what the manager applied last time and doesn't now, unless someone else (or the new configuration) holds it.
 * What nobody ever owned stays too.
 */
function prune(type: TypeNode, merged: JsonObject, last: FieldSet | undefined, held: FieldSet | undefined): JsonObject {
  if (!last) return merged;
  const named = (set: FieldSet | undefined) => withNamedFields(type, set);
  const all = named(fieldsOf(type, merged));
  const lastNamed = named(last);
  const pruned = removeFields(type, merged, lastNamed);
  const kept = union(named(fieldsOf(type, pruned)), named(held));
  const owned = removeFields(type, merged, difference(all, kept));
  const gone = intersection(difference(all, named(fieldsOf(type, owned))), lastNamed);
  return removeFields(type, merged, gone);
}

function result(o: ApplyOptions, live: KubeObject, merged: JsonObject, managers: Managers): ApplyResult {
  const synced = o.manager === kubectl ? syncLastApplied(merged, asJson(o.applied)) : merged;
  const previous = live.metadata.managedFields;
  const same = o.live !== undefined && deepEqual(merged, comparable(live));
  const stamped =
    same && sameManagers(managers, decodeManagers(previous, true) ?? new Map()) ? managers : stamp(o, managers);
  const entries = encodeManagers(stamped, previous);
  if (same && synced === merged && entries === previous) return { object: live, changed: false };
  return { object: withManagedFields(synced, entries), changed: true };
}

function stamp(o: ApplyOptions, managers: Managers): Managers {
  const id = managerId({
    manager: o.manager || 'unknown',
    operation: 'Apply',
    apiVersion: o.apiVersion,
    ...(o.subresource && { subresource: o.subresource }),
  });
  const own = managers.get(id);
  return own ? new Map(managers).set(id, { ...own, time: o.time }) : managers;
}

function withManagedFields(object: JsonObject, entries: ManagedFieldsEntry[] | undefined): KubeObject {
  const copy = { ...object } as unknown as KubeObject;
  copy.metadata = { ...copy.metadata, ...(entries && { managedFields: entries }) };
  return copy;
}
