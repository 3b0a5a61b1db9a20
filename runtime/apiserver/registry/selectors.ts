import type { UntypedObject } from '../../api/object';
import { parseFieldSelector } from '../../api/fields';
import { parseSelector, SelectorError } from '../../api/labels';
import { errors } from '../../api/status';
import type { Entry } from '../storage/entry';
import type { ListOptions } from '../storage/list-options';
import type { EntryFilter } from '../storage/resource-storage';
import type { Endpoint } from './endpoint';

/** Fields, beyond name and namespace, by which a kind's objects can be selected. Values are paths into the object. */
const selectable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/pods': {
    'spec.nodeName': 'spec.nodeName', 'spec.restartPolicy': 'spec.restartPolicy', 'spec.schedulerName': 'spec.schedulerName',
    'spec.serviceAccountName': 'spec.serviceAccountName', 'spec.hostNetwork': 'spec.hostNetwork',
    'status.phase': 'status.phase', 'status.podIP': 'status.podIP', 'status.podIPs': 'status.podIP',
    'status.nominatedNodeName': 'status.nominatedNodeName',
  },
  '/events': {
    'involvedObject.kind': 'involvedObject.kind', 'involvedObject.namespace': 'involvedObject.namespace',
    'involvedObject.name': 'involvedObject.name', 'involvedObject.uid': 'involvedObject.uid',
    'involvedObject.apiVersion': 'involvedObject.apiVersion',
    'involvedObject.resourceVersion': 'involvedObject.resourceVersion',
    'involvedObject.fieldPath': 'involvedObject.fieldPath', reason: 'reason',
    reportingComponent: 'reportingComponent', source: 'source.component', type: 'type',
  },
  'events.k8s.io/events': {
    'regarding.kind': 'involvedObject.kind', 'regarding.namespace': 'involvedObject.namespace',
    'regarding.name': 'involvedObject.name', 'regarding.uid': 'involvedObject.uid',
    'regarding.apiVersion': 'involvedObject.apiVersion', 'regarding.resourceVersion': 'involvedObject.resourceVersion',
    'regarding.fieldPath': 'involvedObject.fieldPath', reason: 'reason', reportingController: 'reportingComponent', type: 'type',
  },
  '/nodes': { 'spec.unschedulable': 'spec.unschedulable' },
  '/namespaces': { 'status.phase': 'status.phase', name: 'metadata.name' },
  '/secrets': { type: 'type' },
  '/services': { 'spec.clusterIP': 'spec.clusterIP', 'spec.type': 'spec.type' },
  '/replicationcontrollers': { 'status.replicas': 'status.replicas' },
  'apps/replicasets': { 'status.replicas': 'status.replicas' },
  'batch/jobs': { 'status.successful': 'status.succeeded' },
  'certificates.k8s.io/certificatesigningrequests': { 'spec.signerName': 'spec.signerName' },
  'resource.k8s.io/resourceslices': { 'spec.nodeName': 'spec.nodeName', 'spec.driver': 'spec.driver' },
};
/** What an unset boolean or number reads as in a field selector. */
const zero: Readonly<Record<string, string>> = {
  'spec.hostNetwork': 'false', 'spec.unschedulable': 'false', 'status.replicas': '0', 'status.succeeded': '0',
};

/** Where a field that is unset is read instead: of events written through events.k8s.io, only the controller is known. */
const instead: Readonly<Record<string, string>> = { 'source.component': 'reportingComponent' };

function read(object: UntypedObject, path: readonly string[], whole: string): string {
  let value: unknown = object;
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
  if (value !== undefined && value !== null && value !== '') return String(value);
  const other = instead[whole];
  return other === undefined ? (zero[whole] ?? '') : read(object, other.split('.'), other);
}

/** The filter of a list or watch. Throws 400 for selectors that can't be read or that the kind doesn't have. */
export function filterOf(
  endpoint: Endpoint, { labelSelector, fieldSelector }: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
): EntryFilter {
  if (labelSelector === '' && fieldSelector === '') return {};
  try {
    const labels = labelSelector === '' ? undefined : parseSelector(labelSelector);
    const byLabel = labels && ((entry: Entry) => labels.matches(entry.object.metadata.labels ?? {}));
    const fields = fieldSelector === '' ? undefined : fieldFilter(endpoint, fieldSelector);
    const byField = fields?.matches;
    const matches = byLabel && byField ? (entry: Entry) => byField(entry) && byLabel(entry) : (byField ?? byLabel);
    return { ...(matches && { matches }), ...(fields?.candidates && { candidates: fields.candidates }) };
  } catch (error) {
    if (error instanceof SelectorError) throw errors.badRequest(error.message);
    throw error;
  }
}

function fieldFilter(endpoint: Endpoint, text: string): EntryFilter {
  const selector = parseFieldSelector(text);
  if (selector.empty) return {};
  const known = selectable[`${endpoint.info.group}/${endpoint.info.resource}`];
  const paths = new Map<string, { steps: readonly string[]; whole: string }>();
  for (const { field } of selector.requirements) {
    const path = fieldPath(endpoint, known, field);
    if (path === undefined) throw unsupported(endpoint, known !== undefined, field);
    paths.set(field, { steps: path.split('.'), whole: path });
  }
  const matches = (entry: Entry) =>
    selector.matches((field) => {
      const { steps, whole } = paths.get(field)!;
      return read(entry.object, steps, whole);
    });
  const node = endpoint.info.group === '' && endpoint.info.resource === 'pods' ? selector.requiresExactMatch('spec.nodeName') : undefined;
  if (node === undefined) return { matches };
  return { matches, candidates: () => endpoint.storage.cache.indexed('spec.nodeName', node, nodeNameOf) };
}

const nodeNamePath = ['spec', 'nodeName'];
export const nodeNameOf = (entry: Entry): string => read(entry.object, nodeNamePath, 'spec.nodeName');

function fieldPath(endpoint: Endpoint, known: Readonly<Record<string, string>> | undefined, field: string): string | undefined {
  if (field === 'metadata.name' || field === 'metadata.namespace') return field;
  if (known && Object.hasOwn(known, field)) return known[field];
  return endpoint.custom?.selectableFields.includes(`.${field}`) ? field : undefined;
}

function unsupported(endpoint: Endpoint, special: boolean, field: string): Error {
  return errors.badRequest(
    special || endpoint.custom
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
