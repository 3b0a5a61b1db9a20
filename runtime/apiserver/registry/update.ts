import { finding, Path } from '../../api/finding';
import type { UntypedObject } from '../../api/object';
import { errors } from '../../api/status';
import { validateStatusUpdate, validateUpdate, warningsFor } from '../../api/validation';
import type { ApiRequest, ApiResult } from '../http/api-request';
import type { Entry } from '../storage/entry';
import { objectKey } from '../storage/keys';
import type { UpdateOutcome } from '../storage/resource-storage';
import { admissionAttributes } from './admission';
import { timestamp } from './core';
import type { Core } from './core';
import { createObject } from './create';
import { customFindings } from '../../api/custom/findings';
import { decodeRequest, ensureNamespace } from './decode';
import { kindSubject, resourceSubject } from './endpoint';
import type { Endpoint } from './endpoint';
import { deepEqual } from '../../api/equality';
import { managerName, trackManagers } from './field-manager';
import { parseWriteOptions } from './options';
import type { Strategy, StrategyContext } from './strategy';

/** What a write through one door of an object (itself, or a subresource of its own kind) may change and must satisfy. */
export interface UpdateDoor {
  prepare: Strategy['prepareForUpdate'];
  findings(endpoint: Endpoint, object: UntypedObject, old: UntypedObject): ReturnType<typeof validateUpdate>;
  /** Addresses and ports are reserved through the main door alone. */
  reserves: boolean;
}

export function mainDoor(endpoint: Endpoint): UpdateDoor {
  const { strategy, info } = endpoint;
  return {
    prepare: (object, old, context) => strategy.prepareForUpdate(object, old, context),
    findings: (_endpoint, object, old) =>
      endpoint.custom
        ? customFindings(endpoint.info, object, old)
        : [...validateUpdate(object, old, info), ...(strategy.validateUpdate?.(object, old) ?? [])],
    reserves: true,
  };
}

export function statusDoor(endpoint: Endpoint): UpdateDoor {
  const { strategy, info } = endpoint;
  return {
    prepare: (object, old, context) => strategy.prepareForStatusUpdate(object, old, context),
    findings: (_endpoint, object, old) =>
      endpoint.custom ? customFindings(endpoint.info, object, old) : validateStatusUpdate(object, old, info),
    reserves: false,
  };
}

export interface UpdateInput {
  name: string;
  dryRun: boolean;
  door: UpdateDoor;
  /** Makes the new object from the newest old one; called again after a lost race. Must not change `old`. */
  produce(old: UntypedObject): UntypedObject;
  /** Undefined: the object comes with its managedFields. */
  manager?: string;
}

export async function handleUpdate(core: Core, endpoint: Endpoint, request: ApiRequest, door: UpdateDoor): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'UpdateOptions');
  const { name, namespace, subresource } = request.info;
  const object = decodeRequest(endpoint, request, options.fieldValidation);
  checkName(object, name);
  ensureNamespace(object, namespace);
  const manager = managerName(request, options.fieldManager);
  const key = objectKey(namespace, name);
  if (!subresource && !endpoint.storage.get(key) && endpoint.strategy.allowCreateOnUpdate) {
    if (object.metadata.resourceVersion && object.metadata.resourceVersion !== '0') throw endpoint.storage.notFound(name);
    const entry = await createObject(core, endpoint, request, object, options.dryRun, manager);
    return { type: 'entry', code: 201, entry, view: endpoint.view };
  }
  let fresh: UntypedObject | undefined = object;
  const produce = () => {
    // A lost race leaves the object as admission and the strategy changed it, so the next attempt reads the body anew.
    const next = fresh ?? decodeRequest(endpoint, request, 'Ignore');
    fresh = undefined;
    next.metadata.name = name;
    ensureNamespace(next, namespace);
    return next;
  };
  const entry = await updateObject(core, endpoint, request, { name, dryRun: options.dryRun, door, manager, produce });
  return { type: 'entry', code: 200, entry, view: endpoint.view };
}

function checkName(object: UntypedObject, name: string): void {
  const own = object.metadata.name ?? '';
  if (own === '') object.metadata.name = name;
  else if (own !== name) {
    throw errors.badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
  }
}

export async function updateObject(core: Core, endpoint: Endpoint, request: ApiRequest, input: UpdateInput): Promise<Entry> {
  const key = objectKey(request.info.namespace, input.name);
  const { storage, strategy, view } = endpoint;
  let reservation: ReturnType<NonNullable<Strategy['reserveForUpdate']>>;
  const warningsBefore = request.warnings.length;
  try {
    const { entry, deleted } = await storage.update(key, input.dryRun, async (current) => {
      if (!current) throw storage.notFound(input.name);
      reservation?.rollback();
      request.warnings.length = warningsBefore;
      await view.prepare?.([current]);
      const old = view.object(current) as UntypedObject;
      const { outcome, reserved } = await nextState(core, endpoint, request, input, old);
      reservation = reserved;
      return outcome;
    });
    reservation?.commit();
    await view.prepare?.([entry]);
    if (deleted) strategy.afterDelete?.(entry.object);
    return entry;
  } catch (error) {
    reservation?.rollback();
    throw error;
  }
}

async function nextState(core: Core, endpoint: Endpoint, request: ApiRequest, input: UpdateInput, old: UntypedObject) {
  const { strategy, info } = endpoint;
  const now = timestamp(core.clock);
  const object = input.produce(old);
  const { metadata } = object;
  checkUid(endpoint, object, old);
  checkVersion(endpoint, object, old, input.name);
  if (input.manager !== undefined) trackManagers(endpoint, request.info.subresource, old, object, input.manager, now);
  const objects = { object, oldObject: old };
  const attributes = admissionAttributes(endpoint, request, 'UPDATE', input.name, input.dryRun, objects);
  await core.admission.mutate(attributes);
  metadata.generation = old.metadata.generation;
  metadata.creationTimestamp ??= old.metadata.creationTimestamp;
  if (old.metadata.deletionTimestamp) {
    metadata.deletionTimestamp = old.metadata.deletionTimestamp;
    metadata.deletionGracePeriodSeconds = old.metadata.deletionGracePeriodSeconds;
  } else {
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
  }
  const warn = (text: string) => void request.warnings.push(text);
  const context: StrategyContext = { dryRun: input.dryRun, now, user: request.user, warn };
  input.door.prepare(object, old, context);
  const reserved = input.door.reserves ? strategy.reserveForUpdate?.(object, old, context) : undefined;
  try {
    const findings = input.door.findings(endpoint, object, old);
    if (findings.length > 0) throw errors.invalid(kindSubject(endpoint, input.name), findings);
    if (!endpoint.custom) request.warnings.push(...warningsFor(object, info, old));
    await core.admission.validate(attributes);
  } catch (error) {
    reserved?.rollback();
    throw error;
  }
  return { outcome: await outcomeOf(endpoint, object, old), reserved };
}

async function outcomeOf(endpoint: Endpoint, object: UntypedObject, old: UntypedObject): Promise<UpdateOutcome> {
  if (isReleased(endpoint.strategy, object, old)) return { delete: true };
  return deepEqual(object, old) ? { unchanged: true } : { write: await endpoint.toStored(object) };
}

/** An object marked for deletion goes with its last finalizer. */
function isReleased(strategy: Strategy, object: UntypedObject, old: UntypedObject): boolean {
  return (
    old.metadata.deletionTimestamp !== undefined &&
    !old.metadata.deletionGracePeriodSeconds &&
    (object.metadata.finalizers ?? []).length === 0 &&
    !strategy.holdsDeletion?.(object)
  );
}

function checkUid(endpoint: Endpoint, object: UntypedObject, old: UntypedObject): void {
  const { uid } = object.metadata;
  if (!uid) object.metadata.uid = old.metadata.uid;
  else if (uid !== old.metadata.uid) {
    throw errors.conflict(
      resourceSubject(endpoint, old.metadata.name),
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
    );
  }
}

function checkVersion(endpoint: Endpoint, object: UntypedObject, old: UntypedObject, name: string): void {
  const version = object.metadata.resourceVersion ?? '';
  if (version === '' || version === '0') {
    if (!endpoint.strategy.allowUnconditionalUpdate) {
      throw errors.invalid(kindSubject(endpoint, name), [
        finding.invalid(Path.of('metadata', 'resourceVersion'), 0, 'must be specified for an update'),
      ]);
    }
    object.metadata.resourceVersion = old.metadata.resourceVersion;
  } else if (version !== old.metadata.resourceVersion) {
    if (!/^\d+$/.test(version)) throw errors.badRequest(`invalid resource version: ${JSON.stringify(version)}`);
    throw errors.modified(resourceSubject(endpoint, name));
  }
}
