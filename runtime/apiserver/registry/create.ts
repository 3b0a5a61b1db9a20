import { randomInt, randomUUID } from 'node:crypto';
import type { UntypedObject } from '../../api/object';
import { errors, isStatusError, StatusError } from '../../api/status';
import { validateCreate, warningsFor } from '../../api/validation';
import type { ApiRequest, ApiResult } from '../http/api-request';
import type { Entry } from '../storage/entry';
import { objectKey } from '../storage/keys';
import { admissionAttributes } from './admission';
import { timestamp } from './core';
import type { Core } from './core';
import { customFindings } from '../../api/custom/findings';
import { decodeRequest, ensureNamespace } from './decode';
import { kindSubject } from './endpoint';
import type { Endpoint } from './endpoint';
import { managerName, trackManagers } from './field-manager';
import { parseWriteOptions } from './options';
import type { StrategyContext } from './strategy';

export async function handleCreate(core: Core, endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'CreateOptions');
  const object = decodeRequest(endpoint, request, options.fieldValidation);
  ensureNamespace(object, request.info.namespace);
  const manager = managerName(request, options.fieldManager);
  const entry = await createObject(core, endpoint, request, object, options.dryRun, manager);
  return { type: 'entry', code: 201, entry, view: endpoint.view };
}

const generateAttempts = 8;

/**
 * Creates a decoded object: admission, the kind's strategy, validation, storage. `manager` undefined: the object comes with
 * its managedFields (an apply).
 */
export async function createObject(
  core: Core, endpoint: Endpoint, request: ApiRequest, object: UntypedObject, dryRun: boolean, manager: string | undefined,
): Promise<Entry> {
  const now = timestamp(core.clock);
  const generateName = object.metadata.name ? '' : (object.metadata.generateName ?? '');
  if (manager !== undefined) trackManagers(endpoint, request.info.subresource, undefined, object, manager, now);
  dropRepeatedOwners(object, request);
  const attributes = admissionAttributes(endpoint, request, 'CREATE', object.metadata.name ?? '', dryRun, { object });
  await core.admission.mutate(attributes);
  if (object.metadata.resourceVersion && object.metadata.resourceVersion !== '0') throw versionOnCreate();
  for (let attempt = 1; ; attempt++) {
    if (generateName) object.metadata.name = generatedName(generateName);
    try {
      return await storeNew(core, endpoint, request, object, dryRun, now);
    } catch (error) {
      if (!generateName || attempt === generateAttempts || !isStatusError(error, 'AlreadyExists')) throw error;
    }
  }
}

async function storeNew(
  core: Core, endpoint: Endpoint, request: ApiRequest, object: UntypedObject, dryRun: boolean, now: string,
): Promise<Entry> {
  const { strategy, info } = endpoint;
  fillSystemFields(object, now);
  const context: StrategyContext = { dryRun, now, user: request.user, warn: (text) => void request.warnings.push(text) };
  strategy.prepareForCreate(object, context);
  const reservation = strategy.reserveForCreate?.(object, context);
  try {
    const findings = endpoint.custom
      ? customFindings(info, object, undefined)
      : [...validateCreate(object, info), ...(strategy.validateCreate?.(object) ?? [])];
    if (findings.length > 0) throw errors.invalid(kindSubject(endpoint, object.metadata.name), findings);
    if (!endpoint.custom) request.warnings.push(...warningsFor(object, info));
    const name = object.metadata.name!;
    await core.admission.validate(admissionAttributes(endpoint, request, 'CREATE', name, dryRun, { object }));
    const key = objectKey(object.metadata.namespace ?? '', name);
    const entry = await endpoint.storage.create(key, name, await endpoint.toStored(object), dryRun);
    reservation?.commit();
    return entry;
  } catch (error) {
    reservation?.rollback();
    throw error;
  }
}

function fillSystemFields(object: UntypedObject, now: string): void {
  const { metadata } = object;
  metadata.creationTimestamp = now;
  metadata.uid = randomUUID();
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.resourceVersion;
}

function versionOnCreate(): StatusError {
  return new StatusError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 500,
    message: 'resourceVersion should not be set on objects to be created',
  });
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const longestBase = 58;

export function generatedName(base: string): string {
  let name = base.slice(0, longestBase);
  for (let i = 0; i < 5; i++) name += alphabet[randomInt(alphabet.length)];
  return name;
}

function dropRepeatedOwners(object: UntypedObject, request: ApiRequest): void {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const uids = new Set<string>();
  const repeated: string[] = [];
  object.metadata.ownerReferences = owners.filter(({ uid }) => {
    if (!uids.has(uid)) return uids.add(uid);
    repeated.push(uid);
    return false;
  });
  if (repeated.length > 0) {
    request.warnings.push(
      '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may ' +
        `reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
    );
  }
}
