import type { Lease, Live, Node, Pod, Taint } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, eventsOf, NODE, POD, timestamp } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { isReady, podCondition } from '../kit/pods';
import { resources } from '../kit/resources';
import { evictionRate, needsEvictionTaint, observe, readyCondition, silentConditions, wantedTaints, zoneOf, zoneState } from './health';
import type { Health, ZoneState } from './health';

export const NODE_INDEX = 'nodeName';

export function indexByNode(pods: Informer<Pod>): void {
  if (indexed.has(pods)) return;
  indexed.add(pods);
  pods.addIndex(NODE_INDEX, ({ spec }) => [spec?.nodeName ?? '']);
}
const indexed = new WeakSet<object>();

/** Watches over heartbeats, writes what it concludes into conditions and taints. Evicting is the taint's affair. */
class NodeLifecycleController extends ControllerBase {
  private readonly nodes: Informer<Node>;
  private readonly leases: Informer<Lease>;
  private readonly pods: Informer<Pod>;
  private readonly taintQueue: Loop;
  private readonly nodeClient: ResourceClient<Node>;
  private readonly podClient: ResourceClient<Pod>;
  private readonly events: EventSink;
  private readonly podEvents: EventSink;
  private readonly health = new Map<string, Health>();
  private readonly wasReady = new Map<string, boolean>();
  private readonly mayEvict = new Set<string>();
  private readonly lastMarked = new Map<string, number>();
  private lastPass: number | undefined;
  private suspended = false;

  constructor(context: Context) {
    super(context);
    this.nodeClient = context.client.resource<Node>(resources.nodes);
    this.podClient = context.client.resource<Pod>(resources.pods);
    this.events = eventsOf(context.events('node-controller'), NODE);
    this.podEvents = eventsOf(context.events('node-controller'), POD);
    this.taintQueue = this.loop({ name: 'node-lifecycle-controller', reconcile: (name) => this.reconcileTaints(name) });
    this.leases = this.read<Lease>(resources.leases);
    this.pods = this.read<Pod>(resources.pods);
    indexByNode(this.pods);
    this.nodes = this.watch<Node>(resources.nodes, {
      added: (node) => this.nodeAdded(node),
      updated: (node) => this.taintQueue.add(node.metadata.name),
      deleted: (node) => this.nodeRemoved(node),
    });
    this.every(context.timings.nodeMonitorPeriod, () => this.pass());
  }

  private nodeAdded(node: Live<Node>): void {
    const { name } = node.metadata;
    this.events.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    this.taintQueue.add(name);
  }

  private nodeRemoved(node: Live<Node>): void {
    const { name } = node.metadata;
    this.events.event(node, 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    for (const map of [this.health, this.wasReady]) map.delete(name);
    this.mayEvict.delete(name);
  }

  private async pass(): Promise<void> {
    const now = this.context.clock.now();
    const { nodeMonitorPeriod, nodeMonitorGracePeriod } = this.context.timings;
    // A machine that slept, or a process that hung, heard nobody: that is not the nodes' silence.
    const missed = this.lastPass === undefined ? 0 : now - this.lastPass;
    if (missed < 0 || missed > nodeMonitorPeriod + Math.max(nodeMonitorPeriod, nodeMonitorGracePeriod / 4)) this.startAfresh(now);
    this.lastPass = now;
    const nodes = this.nodes.list();
    await Promise.allSettled(nodes.map((node) => this.judge(node, now)));
    this.handleDisruption(now);
  }

  private startAfresh(now: number): void {
    for (const [name, health] of this.health) this.health.set(name, { ...health, probedAt: now });
  }

  private async judge(node: Live<Node>, now: number): Promise<void> {
    const { name } = node.metadata;
    const { timings } = this.context;
    const lease = this.leases.get(name, 'kube-node-lease');
    const health = observe(this.health.get(name), node, lease, now);
    this.health.set(name, health);
    const grace = health.everReported ? timings.nodeMonitorGracePeriod : timings.nodeStartupGracePeriod;
    let status = readyCondition(node)?.status;
    if (now > health.probedAt + grace) {
      const conditions = silentConditions(node, timestamp(this.context.clock));
      if (conditions) await this.nodeClient.updateStatus({ ...node, status: { ...node.status, conditions } });
      status = 'Unknown';
    }
    await this.noteReadiness(node, status);
  }

  private async noteReadiness(node: Live<Node>, status: string | undefined): Promise<void> {
    const { name } = node.metadata;
    const ready = status === 'True';
    const before = this.wasReady.get(name);
    this.wasReady.set(name, ready);
    if (ready || status === undefined) return;
    if (before) this.events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    await this.markPodsNotReady(name);
  }

  /** The kubelet can't say it, and services must stop sending there. */
  private async markPodsNotReady(nodeName: string): Promise<void> {
    const ready = this.pods.byIndex(NODE_INDEX, nodeName).filter(isReady);
    await Promise.all(ready.map(async (pod) => {
      const { name, namespace } = pod.metadata;
      const { lastProbeTime: _, ...condition } = podCondition(pod, 'Ready') ?? { type: 'Ready', status: 'True' };
      const next = { ...condition, status: 'False', lastTransitionTime: timestamp(this.context.clock) };
      this.podEvents.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      try {
        await this.podClient.patch(name, namespace, 'strategic', { status: { conditions: [next] } }, { subresource: 'status' });
      } catch (error) {
        if (!isStatusError(error, 'NotFound')) throw error;
      }
    }));
  }

  private handleDisruption(now: number): void {
    const zones = new Map<string, Live<Node>[]>();
    for (const node of this.nodes.list()) zones.set(zoneOf(node), [...(zones.get(zoneOf(node)) ?? []), node]);
    const states = new Map([...zones].map(([zone, nodes]): [string, ZoneState] => [zone, zoneState(nodes)]));
    const allDown = states.size > 0 && [...states.values()].every((state) => state === 'FullDisruption');
    if (this.suspended && !allDown) this.startAfresh(now);
    this.suspended = allDown;
    for (const [zone, nodes] of zones) {
      const rate = allDown ? 0 : evictionRate(states.get(zone) ?? 'Normal', nodes.length);
      this.markForEviction(zone, nodes, rate, now);
    }
    if (allDown) for (const node of this.nodes.list()) this.taintQueue.add(node.metadata.name);
  }

  private markForEviction(zone: string, nodes: readonly Live<Node>[], rate: number, now: number): void {
    for (const node of nodes) {
      if (!needsEvictionTaint(node)) {
        this.mayEvict.delete(node.metadata.name);
        continue;
      }
      const last = this.lastMarked.get(zone) ?? -Infinity;
      if (rate === 0 || this.mayEvict.has(node.metadata.name) || now - last < 1000 / rate) continue;
      this.lastMarked.set(zone, now);
      this.mayEvict.add(node.metadata.name);
      this.taintQueue.add(node.metadata.name);
    }
  }

  private async reconcileTaints(name: string): Promise<void> {
    const node = this.nodes.get(name);
    if (!node || node.metadata.deletionTimestamp) return;
    const options = { evict: this.mayEvict.has(name), timestamp: timestamp(this.context.clock) };
    const taints: Taint[] | undefined = this.suspended ? withoutEviction(node, options.timestamp) : wantedTaints(node, options);
    if (taints) await this.nodeClient.update({ ...node, spec: { ...node.spec, taints } });
  }
}

/** While every node seems down nothing is evicted anywhere. */
function withoutEviction(node: Live<Node>, timestamp: string): Taint[] | undefined {
  const calm = { ...node, spec: { ...node.spec, taints: (node.spec?.taints ?? []).filter(
    ({ key, effect }) => effect !== 'NoExecute' || !['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].includes(key)) } };
  const removed = calm.spec.taints.length !== (node.spec?.taints ?? []).length;
  return wantedTaints(calm, { evict: false, timestamp }) ?? (removed ? calm.spec.taints : undefined);
}

export const startNodeLifecycle: StartController = (context) => new NodeLifecycleController(context).start();
