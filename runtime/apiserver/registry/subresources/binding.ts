import type { Binding, Pod } from '../../../api/kinds';
import { errors } from '../../../api/status';
import { bindingFindings } from '../../../api/validation';
import type { ApiRequest, ApiResult } from '../../http/api-request';
import { objectKey } from '../../storage/keys';
import { admissionAttributes } from '../admission';
import { timestamp } from '../core';
import type { Core } from '../core';
import { decodeRequest, ensureNamespace } from '../decode';
import type { Endpoint } from '../endpoint';
import { parseWriteOptions } from '../options';
import { spokenKind } from './kinds';

const bindingKind = () => spokenKind({ group: '', version: 'v1', kind: 'Binding' });

/** `pods/NAME/binding` and `bindings`: gives a pod its node (pkg/registry/core/pod/storage). */
export async function bind(core: Core, pods: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'CreateOptions');
  const object = decodeRequest(bindingKind(), request, options.fieldValidation);
  ensureNamespace(object, request.info.namespace);
  const binding = object as unknown as Binding;
  const name = request.info.resource === 'pods' ? request.info.name : (binding.metadata?.name ?? '');
  if (binding.metadata?.name && binding.metadata.name !== name) {
    throw errors.badRequest(`name in URL does not match name in Binding object`);
  }
  const attributes = admissionAttributes(pods, request, 'CREATE', name, options.dryRun, { object });
  await core.admission.mutate(attributes);
  const findings = bindingFindings(binding);
  if (findings.length > 0) throw errors.invalid({ kind: 'Binding', name }, findings);
  await core.admission.validate(attributes);
  await pods.storage.update(objectKey(request.info.namespace, name), options.dryRun, (current) => {
    if (!current) throw pods.storage.notFound(name);
    return { write: bound(current.object, binding, name, timestamp(core.clock)) as never };
  });
  return { type: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } };
}

function bound(pod: Pod, binding: Binding, name: string, now: string): Pod {
  const conflict = (why: string) => errors.conflict({ kind: 'pods/binding', name }, why);
  const { uid, resourceVersion, annotations, labels } = binding.metadata ?? {};
  if (uid && uid !== pod.metadata?.uid) {
    throw conflict(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid ?? ''}`);
  }
  if (resourceVersion && resourceVersion !== pod.metadata?.resourceVersion) {
    throw conflict(
      `Precondition failed: resourceVersion in precondition: ${resourceVersion}, ` +
        `resourceVersion in object meta: ${pod.metadata.resourceVersion ?? ''}`,
    );
  }
  if (pod.metadata?.deletionTimestamp) throw conflict(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) throw conflict(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw conflict(`pod ${name} has non-empty .spec.schedulingGates`);
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  conditions.push({
    type: 'PodScheduled', status: 'True', lastTransitionTime: now,
    ...(pod.metadata.generation && { observedGeneration: pod.metadata.generation }),
  });
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations && { annotations: { ...pod.metadata?.annotations, ...annotations } }),
      ...(labels && { labels: { ...pod.metadata?.labels, ...labels } }),
    },
    spec: { ...pod.spec!, nodeName: binding.target.name! },
    status: { ...pod.status, conditions },
  };
}
