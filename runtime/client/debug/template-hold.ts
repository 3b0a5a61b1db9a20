import { randomBytes } from 'node:crypto';
import { debuggedUntil, debugLease, debugLeaseAnnotation } from '../../api/debug-lease';
import type { KubeObject, Live, Pod, PodSpec, PodTemplateSpec } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import { getObject, nameOf, type ObjectRef, refTo, resourceOf, rolloutKinds } from '../operations';
import type { PodRef } from '../pods/streams';
import { parseTarget, podSourceOf, runningPods } from '../pods/target';
import type { Client } from '../resource-client';
import { DebugError } from './processes';
import {
  changePatch,
  type DebugChange,
  isChanged,
  type Original,
  originalOf,
  podCopy,
  restorePatch,
} from './template-change';

/** On a workload that is changed for a debugger: what was there before, as JSON. */
export const originalAnnotation = 'podium.dev/debug-original';
/** On what is changed or made for a debugger, so that it is found again. */
const heldLabel = 'podium.dev/debugged';
const leaseMs = 30_000;
const fieldManager = 'podium-debug';

interface Workload extends KubeObject {
  spec?: { replicas?: number; template?: PodTemplateSpec };
}

/**
 * A workload that is otherwise than its owner wrote it, or a copy of a pod, for as long as somebody debugs. `renew` says that
 * they still do; what isn't renewed is taken back by whoever comes by.
 */
export class TemplateHold {
  private constructor(
    private readonly client: Client,
    /** The workload, or the copy. */
    readonly ref: ObjectRef,
  ) {}

  /**
   * Changes the workload that a pod belongs to, or copies a pod that belongs to none whose pods are replaced. Undefined when
   * there is nothing to change. Throws StatusError.
   */
  static async take(client: Client, pod: PodRef, change: DebugChange): Promise<TemplateHold | undefined> {
    const found = await client.pods.get(pod.name, pod.namespace);
    const owner = await workloadOf(client, found);
    return owner ? changeWorkload(client, owner, change) : copyPod(client, found, change);
  }

  async renew(): Promise<void> {
    await annotate(this.client, this.ref, debugLease(Date.now() + leaseMs));
  }

  /** All is as it was; of an object that is gone nothing is left to do. */
  async restore(): Promise<void> {
    await restore(this.client, this.ref);
  }

  /** @internal */
  static of(client: Client, ref: ObjectRef): TemplateHold {
    return new TemplateHold(client, ref);
  }
}

/** Takes back what debuggers have left that are gone. Returns what that was. Throws StatusError. */
export async function restoreAbandoned(client: Client, now: number): Promise<ObjectRef[]> {
  const lists = await Promise.all(
    [client.deployments, client.statefulSets, client.daemonSets, client.pods].map((resource) =>
      resource.list({ labelSelector: heldLabel }),
    ),
  );
  const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod'];
  const abandoned = lists.flatMap(({ items }, i) =>
    (items as Live<KubeObject>[])
      .filter((object) => debuggedUntil(object) < now)
      .map(({ metadata }) => refOfKind(kinds[i] ?? '', metadata.name, metadata.namespace ?? '')),
  );
  for (const ref of abandoned) await restore(client, ref);
  return abandoned;
}

function refOfKind(kind: string, name: string, namespace: string): ObjectRef {
  return { apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1', kind, name, namespace };
}

/** The workload whose template makes the pod anew; undefined for pods of Jobs and the like, and for those of nobody. */
async function workloadOf(client: Client, { metadata }: Live<Pod>): Promise<ObjectRef | undefined> {
  const namespace = metadata.namespace ?? 'default';
  let owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner?.kind === 'ReplicaSet') {
    const set = await client.replicaSets.get(owner.name, namespace);
    owner = set.metadata.ownerReferences?.find(({ controller }) => controller);
  }
  return owner && rolloutKinds.has(owner.kind) ? refOfKind(owner.kind, owner.name, namespace) : undefined;
}

/** A second debugger takes what the first one changed as it is. Throws DebugError when it needs more. */
async function changeWorkload(client: Client, ref: ObjectRef, change: DebugChange): Promise<TemplateHold | undefined> {
  let workload = await getObject<Workload>(client, ref);
  if (rememberedOf(workload) && debuggedUntil(workload) < Date.now()) {
    await restore(client, ref);
    workload = await getObject<Workload>(client, ref);
  }
  const original = originalOf(workload, change);
  if (!original) return undefined;
  if (rememberedOf(workload))
    throw new DebugError(`${nameOf(ref)} is changed for another debugger already: end that first`);
  const annotations = { ...debugLease(Date.now() + leaseMs), [originalAnnotation]: JSON.stringify(original) };
  const patch = {
    metadata: { resourceVersion: workload.metadata.resourceVersion, labels: { [heldLabel]: 'true' }, annotations },
    spec: changePatch(original, change),
  };
  await (await resourceOf(client, ref)).patch(ref.name, ref.namespace, 'strategic', patch, { fieldManager });
  return TemplateHold.of(client, ref);
}

async function copyPod(client: Client, pod: Live<Pod>, change: DebugChange): Promise<TemplateHold> {
  const { name, namespace = 'default' } = pod.metadata;
  const copy = await client.pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name.slice(0, 50)}-debug-${randomBytes(3).toString('hex')}`,
      namespace,
      labels: { [heldLabel]: 'true' },
      annotations: debugLease(Date.now() + leaseMs),
    },
    spec: podCopy(pod.spec as PodSpec, change),
  });
  return TemplateHold.of(client, refTo(copy));
}

async function restore(client: Client, ref: ObjectRef): Promise<void> {
  try {
    if (ref.kind === 'Pod') return await client.pods.delete(ref.name, ref.namespace);
    const workload = await getObject<Workload>(client, ref);
    const original = rememberedOf(workload);
    const annotations = { [debugLeaseAnnotation]: null, [originalAnnotation]: null };
    const patch = {
      metadata: { labels: { [heldLabel]: null }, annotations },
      ...(original && { spec: restorePatch(original) }),
    };
    await (await resourceOf(client, ref)).patch(ref.name, ref.namespace, 'strategic', patch, { fieldManager });
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

async function annotate(client: Client, ref: ObjectRef, annotations: Record<string, string>): Promise<void> {
  const resource = await resourceOf(client, ref);
  await resource.patch(ref.name, ref.namespace, 'merge', { metadata: { annotations } }, { fieldManager });
}

/** What a workload was before; undefined when nobody has changed it, or when what it says can't be read. */
function rememberedOf({ metadata }: Live<Workload>): Original | undefined {
  try {
    const text = metadata.annotations?.[originalAnnotation];
    return text === undefined ? undefined : (JSON.parse(text) as Original);
  } catch {
    return undefined;
  }
}

const pollMs = 200;

/** The pod that runs as a change has it, once it does. Throws DebugError when none comes in time. */
export async function heldPod(
  client: Client,
  ref: ObjectRef,
  change: DebugChange,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Live<Pod>> {
  const end = Date.now() + timeoutMs;
  const source = await podSourceOf(client, parseTarget(`${ref.kind}/${ref.name}`, ref.namespace));
  for (;;) {
    signal.throwIfAborted();
    const pods = await runningPods(client, source);
    const [found] = pods.filter(({ spec }) => isChanged(spec, change));
    if (found && (!change.alone || pods.length === 1)) return found;
    if (Date.now() > end)
      throw new DebugError(`no pod of ${nameOf(ref)} runs as it is to be debugged: look at its events`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
