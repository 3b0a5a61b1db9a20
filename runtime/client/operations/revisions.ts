import type { ControllerRevision, Deployment, KubeObject, Live, PodTemplateSpec, ReplicaSet } from '../../api/kinds';
import type { Client } from '../resource-client';
import { getObject, nameOf, type ObjectRef, OperationError, resourceOf } from './object-ref';

/** One state of a workload's template that it can go back to. */
export interface Revision {
  number: number;
  /** Of the ReplicaSet or ControllerRevision that keeps it. */
  name: string;
  /** ISO 8601. */
  created: string;
  changeCause?: string;
  template: PodTemplateSpec;
  current: boolean;
}

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const causeAnnotation = 'kubernetes.io/change-cause';
const hashLabel = 'pod-template-hash';

/** The revisions that are kept, newest first. Throws OperationError for a kind that has none. */
export async function revisionsOf(client: Client, ref: ObjectRef): Promise<Revision[]> {
  const found = ref.kind === 'Deployment' ? await ofDeployment(client, ref) : await ofControllerRevisions(client, ref);
  return found.sort((a, b) => b.number - a.number);
}

/** Writes an earlier template again; the controllers make it the newest revision. Throws OperationError for one that isn't kept. */
export async function rollBack(client: Client, ref: ObjectRef, number: number): Promise<void> {
  const revision = (await revisionsOf(client, ref)).find((each) => each.number === number);
  if (!revision) throw new OperationError(`${nameOf(ref)} keeps no revision ${number}`);
  if (ref.kind === 'Deployment' && (await getObject<Deployment>(client, ref)).spec?.paused) {
    throw new OperationError(`${nameOf(ref)} is paused: it must be resumed first`);
  }
  const resource = await resourceOf(client, ref);
  const change = [{ op: 'replace', path: '/spec/template', value: revision.template }];
  await resource.patch(ref.name, ref.namespace, 'json', change, { fieldManager: 'podium' });
}

async function ofDeployment(client: Client, ref: ObjectRef): Promise<Revision[]> {
  const deployment = await getObject<Deployment>(client, ref);
  const { items } = await client.replicaSets.list({ namespace: ref.namespace });
  const current = Number(deployment.metadata.annotations?.[revisionAnnotation] ?? 0);
  return items
    .filter((set) => isOwned(set, deployment))
    .map((set) => {
      const number = Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);
      return { ...described(set), number, template: templateOf(set), current: number === current };
    });
}

/** A ReplicaSet's template without what the deployment controller added to it. */
function templateOf({ spec }: Live<ReplicaSet>): PodTemplateSpec {
  const template = spec?.template ?? ({} as PodTemplateSpec);
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

async function ofControllerRevisions(client: Client, ref: ObjectRef): Promise<Revision[]> {
  if (ref.kind !== 'StatefulSet' && ref.kind !== 'DaemonSet')
    throw new OperationError(`${ref.kind} objects have no revisions`);
  const owner = await getObject(client, ref);
  const kept = await resourceOf<ControllerRevision>(client, { apiVersion: 'apps/v1', kind: 'ControllerRevision' });
  const items = (await kept.list({ namespace: ref.namespace })).items.filter((revision) => isOwned(revision, owner));
  const newest = Math.max(0, ...items.map(({ revision }) => revision));
  return items.map((item) => {
    const { $patch: _, ...template } = (item.data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
      .template;
    return { ...described(item), number: item.revision, template, current: item.revision === newest };
  });
}

function described({ metadata }: Live<KubeObject>): Pick<Revision, 'name' | 'created' | 'changeCause'> {
  const changeCause = metadata.annotations?.[causeAnnotation];
  return { name: metadata.name, created: metadata.creationTimestamp ?? '', ...(changeCause && { changeCause }) };
}

function isOwned(object: Live<KubeObject>, owner: Live<KubeObject>): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => controller && uid === owner.metadata.uid,
  );
}
