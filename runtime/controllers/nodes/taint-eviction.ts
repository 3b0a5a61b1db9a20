import type { Live, Node, Pod, Taint, Toleration } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { tolerates } from '../../scheduler/plugins/taints';
import { ControllerBase, eventsOf, keyOf, POD, splitKey, timestamp } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { isTerminal } from '../kit/pods';
import { resources } from '../kit/resources';
import { indexByNode, NODE_INDEX } from './node-lifecycle';

/** Milliseconds that a pod may stay on a node with these taints: 0 for at once, Infinity for as long as it likes. */
export function stayOf(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let stay = Infinity;
  for (const taint of taints) {
    const fitting = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (fitting.length === 0) return 0;
    for (const { tolerationSeconds } of fitting) {
      if (tolerationSeconds !== undefined) stay = Math.min(stay, Math.max(0, tolerationSeconds) * 1000);
    }
  }
  return stay;
}

/** Deletes the pods that don't tolerate their node's NoExecute taints, once their time is over. */
class TaintEvictionController extends ControllerBase {
  private readonly nodes: Informer<Node>;
  private readonly pods: Informer<Pod>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<Pod>;
  private readonly events: EventSink;
  /** Since when a pod has been on a tainted node, by pod key. */
  private readonly since = new Map<string, { uid: string; at: number }>();

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Pod>(resources.pods);
    this.events = eventsOf(context.events('taint-eviction-controller'), POD);
    this.queue = this.loop({ name: 'taint-eviction-controller', workers: 8, reconcile: (key) => this.reconcile(key) });
    indexByNode(this.read<Pod>(resources.pods));
    this.pods = this.watch<Pod>(resources.pods, {
      added: (pod) => this.queue.add(keyOf(pod)),
      updated: (pod, previous) => {
        if (pod.spec?.nodeName !== previous.spec?.nodeName || pod.spec?.tolerations !== previous.spec?.tolerations) this.queue.add(keyOf(pod));
      },
      deleted: (pod) => this.since.delete(keyOf(pod)),
    });
    this.nodes = this.watch<Node>(resources.nodes, {
      added: (node) => this.nodeChanged(node, []),
      updated: (node, previous) => this.nodeChanged(node, executing(previous)),
    });
  }

  private nodeChanged(node: Live<Node>, before: readonly Taint[]): void {
    const text = (taints: readonly Taint[]) => JSON.stringify(taints.map(({ key, value }) => [key, value]));
    if (text(executing(node)) === text(before)) return;
    for (const pod of this.pods.byIndex(NODE_INDEX, node.metadata.name)) this.queue.add(keyOf(pod));
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.get(name, namespace);
    const node = this.nodes.get(pod?.spec?.nodeName ?? '');
    const taints = node ? executing(node) : [];
    if (!pod || pod.metadata.deletionTimestamp || isTerminal(pod)) {
      this.since.delete(key);
      return;
    }
    const stay = taints.length === 0 ? Infinity : stayOf(taints, pod.spec?.tolerations ?? []);
    if (stay === Infinity) return this.cancel(key, pod);
    const now = this.context.clock.now();
    const known = this.since.get(key);
    const since = known?.uid === pod.metadata.uid ? known.at : now;
    if (stay > 0) this.since.set(key, { uid: pod.metadata.uid, at: since });
    if (since + stay > now) return since + stay - now;
    await this.evict(pod);
  }

  private cancel(key: string, pod: Live<Pod>): void {
    if (this.since.delete(key)) this.events.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
  }

  private async evict(pod: Live<Pod>): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const condition = {
      type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint', lastTransitionTime: timestamp(this.context.clock),
    };
    this.events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
    try {
      await this.client.patch(name, namespace, 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' });
      await this.client.delete(name, namespace, { preconditions: { uid } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
  }
}

const executing = ({ spec }: Node): Taint[] => (spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');

export const startTaintEviction: StartController = (context) => new TaintEvictionController(context).start();
