import type { ManagedFieldsEntry } from '../generated/types';
import { deepEqual } from '../patch/json';
import { equal, parseFieldsV1, sorted, union } from './field-set';
import type { FieldSet } from './field-set';

export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** Version that the paths are written in. */
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly set: FieldSet;
}

/** Managers by {@link managerId}. */
export type Managers = Map<string, Manager>;

/** What makes two entries one manager; an applier keeps its identity across versions. */
export function managerId(m: Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  return JSON.stringify([m.manager, m.operation, m.operation === 'Apply' ? '' : m.apiVersion, m.subresource ?? '']);
}

/** The managers of `metadata.managedFields`; undefined if it can't be read. `trusted`: the server itself wrote it. */
export function decodeManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
  trusted: boolean,
): Managers | undefined {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const { operation, fieldsType = '', manager = '', apiVersion = '', subresource, time } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || (fieldsType && fieldsType !== 'FieldsV1'))
      return undefined;
    const fields = (entry.fieldsV1 ?? {}) as FieldSet;
    const set = trusted ? fields : parseFieldsV1(fields);
    if (!set) return undefined;
    const decoded: Manager = {
      manager,
      operation,
      apiVersion,
      set,
      ...(subresource && { subresource }),
      ...(time && { time }),
    };
    managers.set(managerId(decoded), decoded);
  }
  return managers;
}

const seconds = (time: string | undefined): number => (time ? Math.floor(Date.parse(time) / 1000) : 0);

function byEncodingOrder(a: Manager, b: Manager): number {
  const text = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0);
  return (
    text(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    text(a.manager, b.manager) ||
    text(a.apiVersion, b.apiVersion) ||
    text(a.subresource ?? '', b.subresource ?? '')
  );
}

/**
 * `metadata.managedFields` of the managers; undefined for none. Entries that are as they were are the previous ones, and
 * if all are, the previous array itself comes back, so that a write that changes nothing can be told by identity.
 */
export function encodeManagers(
  managers: Managers,
  previous: readonly ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] | undefined {
  const known = new Map((decodeManagers(previous, true) ?? new Map<string, Manager>()).entries());
  const entryOf = new Map(previous?.map((entry) => [entry.fieldsV1, entry] as const));
  const entries = [...managers.values()].sort(byEncodingOrder).map((manager) => {
    const before = known.get(managerId(manager));
    const old = before && entryOf.get(before.set);
    return old && sameManager(before, manager) ? old : encode(manager);
  });
  if (entries.length === 0) return undefined;
  const unchanged = previous?.length === entries.length && entries.every((entry, i) => entry === previous[i]);
  return unchanged ? (previous as ManagedFieldsEntry[]) : entries;
}

function sameManager(a: Manager, b: Manager): boolean {
  return a.time === b.time && a.apiVersion === b.apiVersion && equal(a.set, b.set);
}

function encode({ manager, operation, apiVersion, time, set, subresource }: Manager): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion,
    ...(time && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(set),
    ...(subresource && { subresource }),
  };
}

export function sameManagers(a: Managers, b: Managers): boolean {
  if (a.size !== b.size) return false;
  for (const [id, manager] of a) {
    const other = b.get(id);
    if (!other || manager.apiVersion !== other.apiVersion || !equal(manager.set, other.set)) return false;
  }
  return true;
}

const maxUpdateManagers = 10;
const oldUpdatesManager = 'ancient-changes';

/** Beyond ten Update managers the oldest are merged into one `ancient-changes` a version. Changes the map. */
export function capUpdateManagers(managers: Managers): void {
  const updaters = [...managers.entries()].filter(([, manager]) => manager.operation === 'Update');
  let excess = updaters.length - maxUpdateManagers;
  if (excess <= 0) return;
  updaters.sort(([a, x], [b, y]) => seconds(x.time) - seconds(y.time) || (a < b ? -1 : 1));
  const first = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (excess <= 0) return;
    const opened = first.get(manager.apiVersion);
    if (opened === undefined) {
      first.set(manager.apiVersion, id);
      continue;
    }
    pourInto(managers, opened, id);
    excess--;
  }
}

function pourInto(managers: Managers, openedId: string, id: string): void {
  const manager = managers.get(id)!;
  const bucket: Manager = {
    manager: oldUpdatesManager,
    operation: 'Update',
    apiVersion: manager.apiVersion,
    set: manager.set,
  };
  const bucketId = managerId(bucket);
  const base = managers.get(bucketId) ?? managers.get(openedId)!;
  if (!managers.has(bucketId)) managers.delete(openedId);
  managers.delete(id);
  managers.set(bucketId, {
    ...bucket,
    set: union(base.set, manager.set)!,
    ...(manager.time && { time: manager.time }),
  });
}

/** `[{}]` or an empty list: the client asks to forget who manages what. */
export function asksForReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (!entries) return false;
  return entries.length === 0 || (entries.length === 1 && deepEqual(entries[0], {}));
}
