import type { Scale } from '../../../api/kinds';
import { selectorFromLabelSelector, selectorFromMap } from '../../../api/labels';
import { finding, Path } from '../../../api/finding';
import { apiVersionOf } from '../../../api/object';
import type { UntypedObject } from '../../../api/object';
import { errors } from '../../../api/status';
import type { ApiRequest, ApiResult } from '../../http/api-request';
import { objectKey } from '../../storage/keys';
import type { Core } from '../core';
import { decodeRequest, decodeValue } from '../decode';
import { kindSubject, resourceSubject } from '../endpoint';
import type { Endpoint } from '../endpoint';
import { managerName } from '../field-manager';
import { parseWriteOptions } from '../options';
import type { WriteOptions } from '../options';
import { applied, applyConfiguration, patched, patchKind, readPatch } from '../patch';
import { mainDoor, updateObject } from '../update';
import { spokenKind } from './kinds';

const scaleKind = () => spokenKind({ group: 'autoscaling', version: 'v1', kind: 'Scale' });

const readPath = (object: unknown, path: readonly string[]): unknown =>
  path.reduce((value: unknown, step) => (value as Record<string, unknown> | undefined)?.[step], object);

const steps = (jsonPath: string) => jsonPath.replace(/^\./, '').split('.');

function paths(endpoint: Endpoint) {
  const scale = endpoint.custom?.scale;
  return {
    replicas: steps(scale?.specReplicasPath ?? '.spec.replicas'),
    observed: steps(scale?.statusReplicasPath ?? '.status.replicas'),
    selector: scale?.labelSelectorPath ? steps(scale.labelSelectorPath) : undefined,
  };
}

function selectorText(endpoint: Endpoint, object: UntypedObject): string {
  const { selector: path } = paths(endpoint);
  if (path) return String(readPath(object, path) ?? '');
  if (endpoint.custom) return '';
  const selector = readPath(object, ['spec', 'selector']) as Record<string, never> | undefined;
  const isMap = endpoint.info.resource === 'replicationcontrollers';
  return (isMap ? selectorFromMap(selector) : selectorFromLabelSelector(selector)).toString();
}

function scaleOf(endpoint: Endpoint, object: UntypedObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { replicas, observed } = paths(endpoint);
  const selector = selectorText(endpoint, object);
  const wanted = readPath(object, replicas) as number | undefined;
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: wanted ? { replicas: wanted } : {},
    status: { replicas: (readPath(object, observed) as number | undefined) ?? 0, ...(selector && { selector }) },
  };
}

export async function getScale(endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const { namespace, name } = request.info;
  const entry = endpoint.storage.get(objectKey(namespace, name));
  if (!entry) throw endpoint.storage.notFound(name);
  await endpoint.view.prepare?.([entry]);
  return { type: 'object', code: 200, object: scaleOf(endpoint, endpoint.view.object(entry) as UntypedObject) };
}

export async function updateScale(core: Core, endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'UpdateOptions');
  const scale = decodeRequest(scaleKind(), request, options.fieldValidation) as unknown as Scale;
  return writeScale(core, endpoint, request, options.dryRun, managerName(request, options.fieldManager), () => scale);
}

export async function patchScale(core: Core, endpoint: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const kind = patchKind(request.contentType, !endpoint.custom);
  const options = parseWriteOptions(request.query, 'PatchOptions', kind === 'apply');
  if (kind === 'apply') return applyScale(core, endpoint, request, options);
  const { value } = readPatch(request, kind, false);
  const spoken = { ...endpoint, ...scaleKind() };
  return writeScale(core, endpoint, request, options.dryRun, managerName(request, options.fieldManager), (current) => {
    const result = patched(spoken, kind, current, value);
    return decodeValue(scaleKind(), result, request.info.name).object;
  });
}

/** Whoever applies a scale owns the replicas of its parent, through this door. */
async function applyScale(
  core: Core, endpoint: Endpoint, request: ApiRequest, options: WriteOptions,
): Promise<ApiResult> {
  const { name } = request.info;
  const spoken = { ...endpoint, ...scaleKind() };
  const scale = applyConfiguration(spoken, request, readPatch(request, 'apply', true), options);
  const { object } = decodeValue(scaleKind(), scale, name);
  const { spec, metadata } = object as unknown as Scale;
  const { resourceVersion, uid } = metadata ?? {};
  const configuration: UntypedObject = {
    apiVersion: apiVersionOf(endpoint.info), kind: endpoint.info.kind,
    metadata: { name, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) },
  };
  if (spec?.replicas !== undefined) setReplicas(endpoint, configuration, spec.replicas);
  const entry = await updateObject(core, endpoint, request, {
    name, dryRun: options.dryRun, door: mainDoor(endpoint),
    produce: (old) => applied(core, endpoint, request, configuration, options, old),
  });
  return { type: 'object', code: 200, object: scaleOf(endpoint, endpoint.view.object(entry) as UntypedObject) };
}

function setReplicas(endpoint: Endpoint, object: UntypedObject, replicas: number): void {
  const path = paths(endpoint).replicas;
  let parent: Record<string, unknown> = object;
  for (const step of path.slice(0, -1)) parent = (parent[step] ??= {}) as Record<string, unknown>;
  parent[path[path.length - 1]!] = replicas;
}

async function writeScale(
  core: Core, endpoint: Endpoint, request: ApiRequest, dryRun: boolean, manager: string, next: (current: Scale) => Scale,
): Promise<ApiResult> {
  const { name } = request.info;
  const entry = await updateObject(core, endpoint, request, {
    name, dryRun, manager, door: mainDoor(endpoint),
    produce: (old) => scaled(endpoint, old, next(scaleOf(endpoint, old)), name),
  });
  return { type: 'object', code: 200, object: scaleOf(endpoint, endpoint.view.object(entry) as UntypedObject) };
}

function scaled(endpoint: Endpoint, old: UntypedObject, scale: Scale, name: string): UntypedObject {
  const { metadata, spec } = scale;
  if (metadata?.name && metadata.name !== name) {
    throw errors.badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (metadata?.uid && metadata.uid !== old.metadata.uid) {
    throw errors.conflict(
      resourceSubject(endpoint, name),
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
    );
  }
  const replicas = spec?.replicas ?? 0;
  if (replicas < 0) {
    throw errors.invalid({ ...kindSubject({ info: scaleKind().info }, name) }, [
      finding.invalid(Path.of('spec', 'replicas'), replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const object = structuredClone(old);
  object.metadata.resourceVersion = metadata?.resourceVersion || old.metadata.resourceVersion;
  setReplicas(endpoint, object, replicas);
  return object;
}
