import type { Live, Node, Pod } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, timestamp } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import { isTerminal } from '../kit/pods';
import { resources } from '../kit/resources';
import { readyCondition } from './health';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export interface Garbage {
  readonly pod: Live<Pod>;
  /** Put into the DisruptionTarget condition; without it the pod had ended or never begun. */
  readonly why?: string;
}

export interface GcView {
  readonly pods: readonly Live<Pod>[];
  node(name: string): Live<Node> | undefined;
  /** Nodes that have been missing for the whole quarantine. */
  readonly goneNodes: ReadonlySet<string>;
  readonly terminatedThreshold: number;
}

const age = (pod: Live<Pod>) => Date.parse(pod.metadata.creationTimestamp);

/** What no kubelet will ever clean up (pkg/controller/podgc). */
export function findGarbage({ pods, node, goneNodes, terminatedThreshold }: GcView): Garbage[] {
  const garbage = new Map<string, Garbage>();
  const add = (pod: Live<Pod>, why?: string) => garbage.set(pod.metadata.uid, { pod, ...(why && { why }) });
  const terminated = pods.filter(isTerminal).sort((a, b) => age(a) - age(b));
  for (const pod of terminated.slice(0, Math.max(0, terminated.length - terminatedThreshold))) add(pod);
  for (const pod of pods) {
    const nodeName = pod.spec?.nodeName;
    if (nodeName && goneNodes.has(nodeName)) add(pod, 'PodGC: node no longer exists');
    else if (pod.metadata.deletionTimestamp && !nodeName) add(pod);
    else if (pod.metadata.deletionTimestamp && isOutOfService(node(nodeName ?? ''))) add(pod);
  }
  return [...garbage.values()];
}

function isOutOfService(node: Live<Node> | undefined): boolean {
  return node !== undefined && readyCondition(node)?.status !== 'True' && (node.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE);
}

class PodGcController extends ControllerBase {
  private readonly pods: Informer<Pod>;
  private readonly nodes: Informer<Node>;
  private readonly client: ResourceClient<Pod>;
  private readonly missingSince = new Map<string, number>();

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Pod>(resources.pods);
    this.pods = this.read<Pod>(resources.pods);
    this.nodes = this.read<Node>(resources.nodes);
    this.every(context.timings.podGcPeriod, () => this.pass());
  }

  private async pass(): Promise<void> {
    const garbage = findGarbage({
      pods: this.pods.list(), node: (name) => this.nodes.get(name), goneNodes: await this.goneNodes(),
      terminatedThreshold: this.context.options.terminatedPodThreshold ?? 12_500,
    });
    const results = await Promise.allSettled(garbage.map((item) => this.remove(item)));
    for (const result of results) {
      if (result.status === 'rejected') this.context.logger.warn({ error: result.reason }, 'pod garbage not collected');
    }
  }

  private async goneNodes(): Promise<Set<string>> {
    const now = this.context.clock.now();
    const missing = new Set(this.pods.list().map(({ spec }) => spec?.nodeName ?? '').filter((name) => name && !this.nodes.get(name)));
    for (const name of this.missingSince.keys()) if (!missing.has(name)) this.missingSince.delete(name);
    const gone = new Set<string>();
    for (const name of missing) {
      const since = this.missingSince.get(name) ?? now;
      this.missingSince.set(name, since);
      if (now - since >= this.context.timings.podGcQuarantine && (await this.isGone(name))) gone.add(name);
    }
    return gone;
  }

  /** The cache may be behind; before pods are forced away the API server is asked. */
  private async isGone(name: string): Promise<boolean> {
    try {
      await this.context.client.resource<Node>(resources.nodes).get(name);
      return false;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return true;
      throw error;
    }
  }

  private async remove({ pod, why }: Garbage): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      if (!isTerminal(pod)) await this.fail(pod, why);
      await this.client.delete(name, namespace, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  private async fail({ metadata: { name, namespace } }: Live<Pod>, why: string | undefined): Promise<void> {
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: why, lastTransitionTime: timestamp(this.context.clock) };
    const status = { phase: 'Failed', ...(why && { conditions: [condition] }) };
    await this.client.patch(name, namespace, 'strategic', { status }, { subresource: 'status' });
  }
}

export const startPodGc: StartController = (context) => new PodGcController(context).start();
