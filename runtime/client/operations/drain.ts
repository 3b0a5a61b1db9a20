import type { Live, Pod } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { PodRef } from '../pods/streams';
import type { Client } from '../resource-client';
import { OperationError } from './object-ref';

export interface DrainOptions {
  /** Also pods that nobody makes again. */
  force?: boolean;
  /** Also pods whose emptyDir data goes with them. */
  deleteEmptyDirData?: boolean;
  onStep?(message: string): void;
  signal?: AbortSignal;
}

/** Between attempts to evict a pod that a disruption budget holds, and looks at whether pods are gone. */
const retryMs = 1_000;

/** Keeps new pods off a node, or lets them come again. */
export async function cordon(client: Client, node: string, unschedulable: boolean): Promise<void> {
  await client.nodes.patch(node, undefined, 'strategic', { spec: { unschedulable } }, { fieldManager: 'podium' });
}

/** Asks the API server to end a pod as disruption budgets allow. Throws StatusError TooManyRequests when one doesn't. */
export async function evict(client: Client, { namespace, name }: PodRef): Promise<void> {
  await client.pods.subresource('POST', name, namespace, 'eviction', {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
  });
}

/**
 * Cordons a node and evicts its pods, but for those of DaemonSets and static ones. Resolves when they are gone. Throws
 * OperationError before anything is evicted when a pod needs an option that isn't set.
 */
export async function drain(client: Client, node: string, options: DrainOptions = {}): Promise<void> {
  await cordon(client, node, true);
  const { items } = await client.pods.list({ fieldSelector: `spec.nodeName=${node}` });
  const pods = items.filter((pod) => !isStatic(pod) && controllerKind(pod) !== 'DaemonSet');
  const held = pods.flatMap((pod) => objection(pod, options) ?? []);
  if (held.length > 0) throw new OperationError(`node "${node}" is cordoned and not drained: ${held.join('; ')}`);
  await Promise.all(pods.map((pod) => evictAndWait(client, pod, options)));
}

async function evictAndWait(client: Client, { metadata }: Live<Pod>, { onStep, signal }: DrainOptions): Promise<void> {
  const ref = { namespace: metadata.namespace ?? 'default', name: metadata.name };
  onStep?.(`evicting ${ref.namespace}/${ref.name}`);
  for (;;) {
    signal?.throwIfAborted();
    try {
      await evict(client, ref);
      break;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return;
      if (!isStatusError(error, 'TooManyRequests')) throw error;
      onStep?.(`${ref.namespace}/${ref.name} waits for its disruption budget`);
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  while (await isThere(client, ref, metadata.uid)) {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

async function isThere(client: Client, { namespace, name }: PodRef, uid: string): Promise<boolean> {
  try {
    return (await client.pods.get(name, namespace)).metadata.uid === uid;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Why a pod isn't evicted without being told to. */
function objection(pod: Live<Pod>, { force, deleteEmptyDirData }: DrainOptions): string | undefined {
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (isOver) return undefined;
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (!force && controllerKind(pod) === undefined) return `nothing would make pod ${name} again`;
  const hasData = pod.spec?.volumes?.some(({ emptyDir }) => emptyDir) ?? false;
  return hasData && !deleteEmptyDirData ? `pod ${name} has data in an emptyDir` : undefined;
}

function controllerKind({ metadata }: Live<Pod>): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.kind;
}

function isStatic({ metadata }: Live<Pod>): boolean {
  return metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}
