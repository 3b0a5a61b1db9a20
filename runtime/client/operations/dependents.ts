import type { KubeObject, Live } from '../../api/kinds';
import { apiVersionOf, type GroupVersionResource } from '../../api/object';
import { isStatusError } from '../../api/status';
import type { Client } from '../resource-client';
import { getObject, type ObjectRef } from './object-ref';

interface KnownResource {
  kind: string;
  resource: GroupVersionResource & { namespaced: boolean };
}

const owned = (group: string, version: string, resource: string, kind: string): KnownResource => ({
  kind,
  resource: { group, version, resource, namespaced: true },
});

/** Kinds that built-in controllers make for others. */
const dependentKinds: readonly KnownResource[] = [
  owned('apps', 'v1', 'replicasets', 'ReplicaSet'),
  owned('', 'v1', 'pods', 'Pod'),
  owned('batch', 'v1', 'jobs', 'Job'),
  owned('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  owned('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
];

/** What a namespace holds that a person made or minds. */
const contentKinds: readonly KnownResource[] = [
  owned('apps', 'v1', 'deployments', 'Deployment'),
  owned('apps', 'v1', 'statefulsets', 'StatefulSet'),
  owned('apps', 'v1', 'daemonsets', 'DaemonSet'),
  owned('batch', 'v1', 'cronjobs', 'CronJob'),
  owned('batch', 'v1', 'jobs', 'Job'),
  owned('', 'v1', 'services', 'Service'),
  owned('', 'v1', 'configmaps', 'ConfigMap'),
  owned('', 'v1', 'secrets', 'Secret'),
  owned('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  owned('', 'v1', 'pods', 'Pod'),
];

/** What is deleted together with an object: what it owns, directly or through others; of a namespace, what is in it. */
export async function dependentsOf(client: Client, ref: ObjectRef): Promise<ObjectRef[]> {
  if (ref.kind === 'Namespace') return contentsOf(client, ref.name);
  const root = await getObject(client, ref);
  if (!ref.namespace) return [];
  const listed = await listAll(client, dependentKinds, ref.namespace);
  const found: ObjectRef[] = [];
  const uids = new Set([root.metadata.uid]);
  // Owners come before what they own in the list of kinds, so that one walk suffices for three generations.
  for (const round of [listed, listed]) {
    for (const { ref: each, object } of round) {
      if (uids.has(object.metadata.uid) || !object.metadata.ownerReferences?.some(({ uid }) => uids.has(uid))) continue;
      uids.add(object.metadata.uid);
      found.push(each);
    }
  }
  return found;
}

async function contentsOf(client: Client, namespace: string): Promise<ObjectRef[]> {
  return (await listAll(client, contentKinds, namespace))
    .filter(({ ref }) => ref.name !== 'kube-root-ca.crt')
    .map(({ ref }) => ref);
}

async function listAll(
  client: Client,
  kinds: readonly KnownResource[],
  namespace: string,
): Promise<{ ref: ObjectRef; object: Live<KubeObject> }[]> {
  const lists = await Promise.all(
    kinds.map(async ({ kind, resource }) => {
      const { items } = await allowed(client.resource<KubeObject>(resource).list({ namespace }));
      return items.map((object) => ({
        object,
        ref: { apiVersion: apiVersionOf(resource), kind, name: object.metadata.name, namespace },
      }));
    }),
  );
  return lists.flat();
}

/** What one may not see is left out of a preview. */
async function allowed<T extends { items: unknown[] }>(list: Promise<T>): Promise<T | { items: [] }> {
  try {
    return await list;
  } catch (error) {
    if (isStatusError(error, 'Forbidden') || isStatusError(error, 'NotFound')) return { items: [] };
    throw error;
  }
}
