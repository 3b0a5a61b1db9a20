import type { KubeObject, Live, PodTemplateSpec } from '../../api/kinds';
import type { Client } from '../resource-client';
import { getObject, nameOf, type ObjectRef, OperationError, resourceOf } from './object-ref';

/** Kinds whose pods are replaced when their template changes. */
export const rolloutKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

const restartedAt = 'kubectl.kubernetes.io/restartedAt';

interface Workload extends KubeObject {
  spec?: { replicas?: number; paused?: boolean; template?: PodTemplateSpec };
}

/** Sets the number of pods through the scale subresource. Returns what it was. Throws StatusError. */
export async function scale(client: Client, ref: ObjectRef, replicas: number): Promise<number> {
  const resource = await resourceOf(client, ref);
  const namespace = ref.namespace || undefined;
  const before = await resource.subresource<{ spec?: { replicas?: number } }>('GET', ref.name, namespace, 'scale');
  await resource.patch(
    ref.name,
    namespace,
    'merge',
    { spec: { replicas } },
    { subresource: 'scale', fieldManager: 'podium' },
  );
  return before.spec?.replicas ?? 0;
}

/** Has all pods replaced, as `kubectl rollout restart` does: by a new annotation of the template. */
export async function restart(client: Client, ref: ObjectRef, now: number): Promise<void> {
  const workload = await rolloutOf(client, ref);
  if (workload.spec?.paused) throw new OperationError(`${nameOf(ref)} is paused: it must be resumed first`);
  const template = { metadata: { annotations: { [restartedAt]: new Date(now).toISOString().replace(/\.\d+/, '') } } };
  await patch(client, ref, { spec: { template } });
}

/** Replaces the image of one container of the template. Throws OperationError when there is no such container. */
export async function setImage(client: Client, ref: ObjectRef, container: string, image: string): Promise<void> {
  const { template, wrap } = templateOf(await getObject<Workload>(client, ref), ref);
  const list = (['containers', 'initContainers'] as const).find((name) =>
    template.spec?.[name]?.some((each) => each.name === container),
  );
  if (!list) throw new OperationError(`${nameOf(ref)} has no container "${container}"`);
  await patch(client, ref, wrap({ spec: { [list]: [{ name: container, image }] } }));
}

/** Name and image of the containers of an object's pods. */
export async function imagesOf(client: Client, ref: ObjectRef): Promise<{ container: string; image: string }[]> {
  const { spec } = templateOf(await getObject<Workload>(client, ref), ref).template;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name, image = '' }) => ({
    container: name,
    image,
  }));
}

/** Adds and changes labels; null removes one. */
export function setLabels(
  client: Client,
  ref: ObjectRef,
  labels: Readonly<Record<string, string | null>>,
): Promise<Live<KubeObject>> {
  return patch(client, ref, { metadata: { labels } }, 'merge');
}

async function rolloutOf(client: Client, ref: ObjectRef): Promise<Live<Workload>> {
  if (!rolloutKinds.has(ref.kind)) throw new OperationError(`${ref.kind} objects have no rollout`);
  return getObject<Workload>(client, ref);
}

async function patch(
  client: Client,
  ref: ObjectRef,
  change: object,
  type: 'strategic' | 'merge' = 'strategic',
): Promise<Live<KubeObject>> {
  return (await resourceOf(client, ref)).patch(ref.name, ref.namespace || undefined, type, change, {
    fieldManager: 'podium',
  });
}

interface Template {
  template: PodTemplateSpec;
  /** A patch of the object, of one of its template. */
  wrap(change: object): object;
}

/** Where an object says what its pods are: a pod itself, a workload, a cron job. */
function templateOf(object: Live<Workload>, ref: ObjectRef): Template {
  if (ref.kind === 'Pod') return { template: object as unknown as PodTemplateSpec, wrap: (change) => change };
  const job = (object.spec as { jobTemplate?: { spec?: { template?: PodTemplateSpec } } } | undefined)?.jobTemplate
    ?.spec?.template;
  if (job) return { template: job, wrap: (template) => ({ spec: { jobTemplate: { spec: { template } } } }) };
  const template = object.spec?.template;
  if (!template) throw new OperationError(`${ref.kind} objects have no pods`);
  return { template, wrap: (change) => ({ spec: { template: change } }) };
}
