import { selectorFromLabelSelector } from '../../../api/labels';
import type { Pod, Eviction, PodDisruptionBudget } from '../../../api/kinds';
import type { StatusError} from '../../../api/status';
import { errors, statusError } from '../../../api/status';
import type { ApiRequest, ApiResult } from '../../http/api-request';
import { queryOf } from '../../http/query';
import { objectKey } from '../../storage/keys';
import { admissionAttributes } from '../admission';
import { timestamp } from '../core';
import type { Core } from '../core';
import { decodeRequest, ensureNamespace } from '../decode';
import { deleteObject } from '../delete';
import type { Endpoint } from '../endpoint';
import { parseDeleteOptions, parseWriteOptions } from '../options';
import { spokenKind } from './kinds';

const evictionKind = () => spokenKind({ group: 'policy', version: 'v1', kind: 'Eviction' });
const maxDisruptedPods = 2000;

/** `pods/NAME/eviction`: a delete that disruption budgets may refuse (pkg/registry/core/pod/storage/eviction.go). */
export async function evict(core: Core, pods: Endpoint, request: ApiRequest): Promise<ApiResult> {
  const options = parseWriteOptions(request.query, 'CreateOptions');
  const object = decodeRequest(evictionKind(), request, options.fieldValidation);
  ensureNamespace(object, request.info.namespace);
  const { name, namespace } = request.info;
  const eviction = object as unknown as Eviction;
  if (eviction.metadata?.name && eviction.metadata.name !== name) throw errors.badRequest('name in URL does not match name in Eviction object');
  const deleteOptions = parseDeleteOptions(queryOf({}), eviction.deleteOptions ?? {});
  const dryRun = options.dryRun || deleteOptions.dryRun;
  const attributes = admissionAttributes(pods, request, 'CREATE', name, dryRun, { object });
  await core.admission.mutate(attributes);
  await core.admission.validate(attributes);
  const key = objectKey(namespace, name);
  const entry = pods.storage.get(key);
  if (!entry) throw pods.storage.notFound(name);
  const pod = entry.object as unknown as Pod;
  if (!ignoresBudgets(pod)) await takeDisruption(core, pod, namespace, dryRun);
  if (!dryRun) await markDisrupted(core, pods, key);
  await deleteObject(core, pods, request, key, name, { ...deleteOptions, dryRun });
  return { type: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } };
}

const ignoresBudgets = ({ status, metadata }: Pod) =>
  metadata?.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');

const isReady = ({ status }: Pod) => (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');

async function takeDisruption(core: Core, pod: Pod, namespace: string, dryRun: boolean): Promise<void> {
  const budgets = core.registry.find('policy', 'v1', 'poddisruptionbudgets')!;
  const matching = budgets.storage.cache.range(`${namespace}/`).filter((entry) => {
    const { spec } = entry.object as unknown as PodDisruptionBudget;
    return selectorFromLabelSelector(spec?.selector).matches(pod.metadata?.labels ?? {});
  });
  if (matching.length > 1) {
    throw errors.internal('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  }
  const [budget] = matching;
  if (!budget) return;
  await budgets.storage.update(budget.key, dryRun, (current) => {
    if (!current) return { unchanged: true };
    const pdb = current.object as unknown as PodDisruptionBudget;
    if (sparesUnhealthy(pdb, pod)) return { unchanged: true };
    return { write: decremented(pdb, pod, timestamp(core.clock)) as never };
  });
}

/** Pods that don't run well don't count as disrupted, as the budget's policy has it. */
function sparesUnhealthy({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (isReady(pod)) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function decremented(pdb: PodDisruptionBudget, pod: Pod, now: string): PodDisruptionBudget {
  const name = pdb.metadata?.name ?? '';
  const { disruptionsAllowed = 0, observedGeneration = 0, currentHealthy = 0, desiredHealthy = 0, disruptedPods = {} } = pdb.status ?? {};
  if (observedGeneration < (pdb.metadata?.generation ?? 0)) {
    throw violated(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const subject = { group: 'policy', kind: 'poddisruptionbudgets', name };
  if (disruptionsAllowed < 0) throw errors.forbidden(subject, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > maxDisruptedPods) {
    throw errors.forbidden(subject, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) {
    throw violated(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`, 0);
  }
  return {
    ...pdb,
    status: {
      ...pdb.status!, disruptionsAllowed: disruptionsAllowed - 1,
      disruptedPods: { ...disruptedPods, [pod.metadata?.name ?? '']: now },
    },
  };
}

function violated(message: string, retryAfterSeconds: number): StatusError {
  return statusError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }], ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
}

async function markDisrupted(core: Core, pods: Endpoint, key: string): Promise<void> {
  await pods.storage.update(key, false, (current) => {
    if (!current) return { unchanged: true };
    const pod = current.object as unknown as Pod;
    const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    conditions.push({
      type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting',
      lastTransitionTime: timestamp(core.clock),
    });
    return { write: { ...pod, status: { ...pod.status, conditions } } };
  });
}
