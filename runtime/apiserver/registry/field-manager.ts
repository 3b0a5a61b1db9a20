import { fieldSet, updateManagedFields } from '../../api/managed-fields';
import type { FieldSet, FieldTracking } from '../../api/managed-fields';
import { apiVersionOf } from '../../api/object';
import type { KubeObject, UntypedObject } from '../../api/object';
import type { ApiRequest } from '../http/api-request';
import type { Endpoint } from './endpoint';

const resetSets = new Map<string, FieldSet>();

function resetFieldsOf(endpoint: Endpoint, subresource: string): FieldSet | undefined {
  const names = endpoint.strategy.resetFields(subresource);
  if (names.length === 0) return undefined;
  const key = names.join();
  let set = resetSets.get(key);
  if (!set) resetSets.set(key, (set = fieldSet(...names)));
  return set;
}

export function tracking(endpoint: Endpoint, subresource: string, time: string): FieldTracking {
  const resetFields = resetFieldsOf(endpoint, subresource);
  return {
    schema: endpoint.schema, resolver: endpoint.resolver, apiVersion: apiVersionOf(endpoint.info), subresource, time,
    ...(resetFields && { resetFields }),
  };
}

/** The manager that a request names, else the program that sent it. */
export function managerName(request: ApiRequest, fieldManager: string): string {
  if (fieldManager !== '') return fieldManager;
  const program = request.userAgent.split('/', 1)[0]!;
  return program.replace(/[^\x20-\x7e]/g, '').slice(0, 128);
}

/** Sets the managedFields of an object about to be written. */
export function trackManagers(
  endpoint: Endpoint, subresource: string, live: KubeObject | undefined, updated: UntypedObject, manager: string, time: string,
): void {
  const fields = updateManagedFields({
    ...tracking(endpoint, subresource, time), updated, manager, ...(live && { live }),
  });
  if (fields && fields.length > 0) updated.metadata.managedFields = fields;
  else delete updated.metadata.managedFields;
}
