import type { Status } from '../../api/kinds';
import type { UntypedObject } from '../../api/object';
import { errors, isStatusError } from '../../api/status';
import type { ApiRequest, ApiResult } from '../http/api-request';
import type { Entry } from '../storage/entry';
import { objectKey } from '../storage/keys';
import { parseListOptions } from '../storage/list-options';
import type { UpdateOutcome } from '../storage/resource-storage';
import { admissionAttributes } from './admission';
import { BodySyntaxError, parseBody } from './body';
import { timestamp } from './core';
import type { Core } from './core';
import { resourceSubject } from './endpoint';
import type { Endpoint } from './endpoint';
import { deepEqual } from '../../api/equality';
import { parseDeleteOptions } from './options';
import type { DeleteOptions } from './options';
import { filterOf } from './selectors';

export async function handleDelete(core: Core, endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseDeleteOptions(request.query, deleteBody(request));
  const { namespace, name } = request.info;
  warnOfOrphans(endpoint, request, options);
  const { entry, deleted } = await deleteObject(core, endpoint, request, objectKey(namespace, name), name, options);
  if (deleted && !endpoint.strategy.returnsDeletedObject) {
    return { type: 'object', code: 200, object: deletedStatus(endpoint, entry) };
  }
  return { type: 'entry', code: !deleted && options.orphanDependents === false ? 202 : 200, entry, view: endpoint.view };
}

function deleteBody(request: ApiRequest): unknown {
  const { body } = request;
  if (!body || (Buffer.isBuffer(body) && body.length === 0)) return undefined;
  if (!Buffer.isBuffer(body)) return body.value;
  try {
    return parseBody(request, false).value;
  } catch (error) {
    if (error instanceof BodySyntaxError) throw errors.badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
    throw error;
  }
}

function warnOfOrphans({ strategy }: Endpoint, request: ApiRequest, options: DeleteOptions): void {
  const { propagationPolicy, orphanDependents } = options;
  const silent = propagationPolicy !== undefined || orphanDependents !== undefined;
  if (strategy.orphaningWarning && !silent) request.warnings.push(strategy.orphaningWarning);
}

function deletedStatus(endpoint: Endpoint, entry: Entry): Status {
  const { group, resource } = endpoint.info;
  return {
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success',
    details: { name: entry.name, ...(group && { group }), kind: resource, uid: entry.object.metadata.uid },
  };
}

export async function deleteObject(
  core: Core, endpoint: Endpoint, request: ApiRequest, key: string, name: string, options: DeleteOptions,
): Promise<{ entry: Entry; deleted: boolean }> {
  const { storage, strategy } = endpoint;
  const existing = storage.get(key);
  if (!existing) throw storage.notFound(name);
  await endpoint.view.prepare?.([existing]);
  const attributes = admissionAttributes(endpoint, request, 'DELETE', name, options.dryRun, {
    oldObject: endpoint.view.object(existing), options,
  });
  await core.admission.mutate(attributes);
  let immediately = false;
  let admitted = false;
  const marked = await storage.update(key, options.dryRun, async (current) => {
    if (!current) throw storage.notFound(name);
    checkPreconditions(endpoint, current.object, options, name);
    if (!admitted) await core.admission.validate(attributes);
    admitted = true;
    const plan = planDeletion(core, endpoint, request, current.object, options);
    immediately = plan.immediately;
    return plan.outcome;
  });
  if (!marked.deleted && immediately) {
    const removed = await removeNow(endpoint, key, name, options.dryRun, marked.entry);
    strategy.afterDelete?.(removed.object);
    return { entry: removed, deleted: true };
  }
  if (marked.deleted) strategy.afterDelete?.(marked.entry.object);
  return marked;
}

/** Removes what was just marked as deleted with no grace left; somebody else's change or removal meanwhile is fine. */
async function removeNow(endpoint: Endpoint, key: string, name: string, dryRun: boolean, marked: Entry): Promise<Entry> {
  if (dryRun) return marked;
  for (;;) {
    const current = endpoint.storage.get(key);
    if (!current || current.object.metadata.uid !== marked.object.metadata.uid) return marked;
    if ((current.object.metadata.finalizers ?? []).length > 0) throw errors.modified(resourceSubject(endpoint, name));
    const removed = await endpoint.storage.remove(key, current, false);
    if (removed) return removed;
  }
}

interface Plan {
  outcome: UpdateOutcome;
  /** The write is a mark only: the object goes right after it. */
  immediately: boolean;
}

/** Follows BeforeDelete and updateForGracefulDeletionAndFinalizers of the generic registry. */
function planDeletion(
  core: Core, endpoint: Endpoint, request: ApiRequest, current: UntypedObject, options: DeleteOptions,
): Plan {
  const { strategy } = endpoint;
  const object: UntypedObject = { ...current, metadata: { ...current.metadata } };
  const { metadata } = object;
  setPropagationFinalizers(endpoint, object, options);
  const pending = (metadata.finalizers ?? []).length > 0;
  if (strategy.gracePeriod) return planGraceful(core, endpoint, object, current, options, pending);
  strategy.beforeDelete?.(object);
  const held = (metadata.finalizers ?? []).length > 0 || strategy.holdsDeletion?.(object);
  if (held) {
    markDeleted(core, object, 0);
    const { user } = request;
    strategy.markDeleted?.(object, { dryRun: options.dryRun, now: timestamp(core.clock), user, warn: () => undefined });
    return { outcome: changed(object, current), immediately: false };
  }
  return { outcome: { delete: true }, immediately: false };
}

function planGraceful(
  core: Core, endpoint: Endpoint, object: UntypedObject, current: UntypedObject, options: DeleteOptions, pending: boolean,
): Plan {
  const { metadata } = object;
  const already = metadata.deletionTimestamp !== undefined ? (metadata.deletionGracePeriodSeconds ?? 0) : undefined;
  const asked = options.gracePeriodSeconds === undefined ? undefined : atLeastOne(options.gracePeriodSeconds);
  if (already !== undefined) {
    if (asked === undefined || asked >= already) {
      // Nothing is left to wait for when an earlier delete already asked for no grace at all.
      return { outcome: changed(object, current), immediately: already === 0 && !pending };
    }
    const end = Date.parse(String(metadata.deletionTimestamp)) - already * 1000 + asked * 1000;
    setDeletion(object, end, asked);
    return { outcome: changed(object, current), immediately: asked === 0 && !pending };
  }
  const grace = endpoint.strategy.gracePeriod!(object, asked);
  markDeleted(core, object, grace);
  return { outcome: changed(object, current), immediately: grace === 0 && !pending };
}

const changed = (object: UntypedObject, current: UntypedObject): UpdateOutcome =>
  deepEqual(object, current) ? { unchanged: true } : { write: object };

/** Negative grace periods count as one second. */
const atLeastOne = (seconds: number) => (seconds < 0 ? 1 : seconds);

function markDeleted(core: Core, object: UntypedObject, grace: number): void {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined && metadata.generation) metadata.generation += 1;
  if (metadata.deletionTimestamp !== undefined) return;
  setDeletion(object, Date.parse(timestamp(core.clock)) + grace * 1000, grace);
}

function setDeletion(object: UntypedObject, at: number, grace: number): void {
  const { metadata } = object;
  metadata.deletionTimestamp = `${new Date(at).toISOString().slice(0, 19)}Z`;
  metadata.deletionGracePeriodSeconds = grace;
}

function checkPreconditions(endpoint: Endpoint, current: UntypedObject, options: DeleteOptions, name: string): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = current;
  if (uid !== undefined && uid !== metadata.uid) {
    throw errors.conflict(
      resourceSubject(endpoint, name),
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw errors.conflict(
      resourceSubject(endpoint, name),
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** The garbage collector's finalizers, as the options and the kind's default ask for them. */
function setPropagationFinalizers(endpoint: Endpoint, object: UntypedObject, options: DeleteOptions): void {
  if (endpoint.strategy.ignoresPropagation) return;
  const finalizers = object.metadata.finalizers ?? [];
  const { propagationPolicy: policy, orphanDependents } = options;
  const explicit = policy !== undefined || orphanDependents !== undefined;
  const shouldOrphan = explicit
    ? orphanDependents === true || policy === 'Orphan'
    : finalizers.includes(orphan) || (!finalizers.includes(foreground) && endpoint.strategy.orphansByDefault);
  const inForeground = explicit ? policy === 'Foreground' : finalizers.includes(foreground) && !shouldOrphan;
  const rest = finalizers.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  if (shouldOrphan) rest.push(orphan);
  if (inForeground) rest.push(foreground);
  if (rest.length === finalizers.length && rest.every((finalizer) => finalizers.includes(finalizer))) return;
  object.metadata.finalizers = rest;
  if (rest.length === 0) delete object.metadata.finalizers;
}

export async function handleDeleteCollection(core: Core, endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const listOptions = parseListOptions(request.query, false);
  const options = parseDeleteOptions(request.query, deleteBody(request));
  const { namespace } = request.info;
  warnOfOrphans(endpoint, request, options);
  const list = await endpoint.storage.list(namespace ? `${namespace}/` : '', listOptions, filterOf(endpoint, listOptions));
  const deleted: Entry[] = [];
  for (const entry of list.entries) {
    try {
      const own = { ...request, info: { ...request.info, namespace: entry.object.metadata.namespace ?? '', name: entry.name } };
      const result = await deleteObject(core, endpoint, own, entry.key, entry.name, options);
      deleted.push(result.entry);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
  return { type: 'list', list: { ...list, entries: deleted }, view: endpoint.view };
}

