import type { KubeObject, Live, Node, Pod, PodCondition } from '../api/kinds';
import { isStatusError } from '../api/status';
import type { ResourceClient } from '../client/client';
import type { Clock } from '../clock';
import type { Logger } from '../log';
import { SchedulerCache } from './cache';
import { fitMessage, rejectingPlugins } from './diagnosis';
import type { Diagnosis } from './diagnosis';
import type { ClusterEvent, Plugins } from './framework';
import type { Informers } from './informers';
import { PodInfo } from './node-info';
import type { NodeInfo } from './node-info';
import { findPreemption } from './preemption';
import type { Preemption } from './preemption';
import { priorityOf, SchedulingQueue } from './queue';
import type { QueuedPod } from './queue';
import { Nominations, selectNode } from './select-node';
import type { PodFilters } from './select-node';

export interface EventSink {
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface SchedulerDependencies {
  readonly pods: ResourceClient<Pod>;
  readonly informers: Informers;
  readonly plugins: Plugins;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly schedulerName: string;
  readonly random?: () => number;
}

const MAX_BINDINGS_IN_FLIGHT = 64;
/** Milliseconds of scheduling before other work of the process gets its turn. */
const SLICE = 8;

const isTerminal = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
const isAssigned = (pod: Pod) => Boolean(pod.spec?.nodeName);
/** Objects out of lists don't say what they are; events about them must. */
const typed = (pod: Live<Pod>): Live<Pod> => ({ ...pod, apiVersion: 'v1', kind: 'Pod' });
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Watches pods and nodes, decides one pod at a time, and binds many at once. */
export class Scheduler {
  private readonly cache: SchedulerCache;
  private readonly queue: SchedulingQueue;
  private readonly nominations = new Nominations();
  private readonly searchStart = { index: 0 };
  private readonly detach: (() => void)[] = [];
  private readonly inFlight = new Set<Promise<void>>();
  private scheduled = false;
  private stopped = false;
  private paused = false;

  constructor(private readonly deps: SchedulerDependencies) {
    const filters = new Map(deps.plugins.filter.map((plugin) => [plugin.name, plugin]));
    this.cache = new SchedulerCache(deps.informers);
    this.queue = new SchedulingQueue({
      clock: deps.clock,
      preEnqueue: deps.plugins.preEnqueue,
      ready: () => this.wake(),
      mayHelp: (event, { rejectedBy, pod }) =>
        rejectedBy.size === 0 || [...rejectedBy].some((name) => filters.get(name)?.mayHelp(event, pod) ?? true),
    });
    this.watch();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const detach of this.detach) detach();
    this.queue.stop();
    await Promise.allSettled(this.inFlight);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.wake();
  }

  /** One scheduling decision while paused; false when no pod waits. */
  step(): boolean {
    const queued = this.queue.pop();
    if (queued) this.scheduleOne(queued);
    return queued !== undefined;
  }

  private watch(): void {
    const { informers } = this.deps;
    const volumes = { added: () => this.cluster({ type: 'volumeChanged' }), updated: () => this.cluster({ type: 'volumeChanged' }) };
    this.detach.push(
      informers.nodes.on({
        added: (node) => this.nodeAdded(node),
        updated: (node, previous) => this.nodeUpdated(node, previous),
        deleted: (node) => this.cache.removeNode(node.metadata.name),
      }),
      informers.pods.on({
        added: (pod) => this.podChanged(pod, undefined),
        updated: (pod, previous) => this.podChanged(pod, previous),
        deleted: (pod) => this.podGone(pod),
      }),
      informers.persistentVolumes.on(volumes),
      informers.persistentVolumeClaims.on(volumes),
      informers.storageClasses.on(volumes),
      informers.namespaces.on({ updated: () => this.cluster({ type: 'namespaceChanged' }) }),
    );
  }

  private cluster(event: ClusterEvent): void {
    this.queue.handle(event);
  }

  private nodeAdded(node: Live<Node>): void {
    this.cache.setNode(node);
    this.cluster({ type: 'nodeAdded', node });
  }

  /** Heartbeats change neither of these, so they wake nobody. */
  private nodeUpdated(node: Live<Node>, previous: Live<Node>): void {
    this.cache.setNode(node);
    const relevant = ({ metadata, spec, status }: Live<Node>) =>
      JSON.stringify([metadata.labels, spec?.taints, spec?.unschedulable, status?.allocatable]);
    if (relevant(node) !== relevant(previous)) this.cluster({ type: 'nodeUpdated', node, previous });
  }

  private podChanged(pod: Live<Pod>, previous: Live<Pod> | undefined): void {
    const uid = pod.metadata.uid;
    if (previous && previous.metadata.uid !== uid) {
      this.podGone(previous);
      previous = undefined;
    }
    if (isTerminal(pod)) return this.podGone(pod);
    if (!isAssigned(pod)) return this.unassignedChanged(pod, previous);
    this.queue.remove(uid);
    this.nominations.remove(uid);
    const known = this.cache.hasPod(uid);
    if (known && !this.cache.isAssumed(uid) && previous && sameToPlugins(pod, previous)) return;
    const expected = this.cache.isAssumed(uid);
    this.cache.setPod(pod);
    if (!known) this.cluster({ type: 'podAssigned', pod });
    else if (!expected) this.cluster({ type: 'podRelabelled', pod });
  }

  private unassignedChanged(pod: Live<Pod>, previous: Live<Pod> | undefined): void {
    const uid = pod.metadata.uid;
    if ((pod.spec?.schedulerName || 'default-scheduler') !== this.deps.schedulerName) return;
    if (pod.metadata.deletionTimestamp) {
      this.queue.remove(uid);
      this.nominations.remove(uid);
      return;
    }
    // Assumed and on its way to being bound: this is an echo of something older.
    if (this.cache.isAssumed(uid)) return;
    if (pod.status?.nominatedNodeName && !this.nominations.nodeFor(uid)) {
      this.nominations.set(new PodInfo(pod), pod.status.nominatedNodeName);
    }
    if (previous) this.queue.update(pod, previous);
    else this.queue.add(pod);
  }

  private podGone(pod: Live<Pod>): void {
    const uid = pod.metadata.uid;
    this.queue.remove(uid);
    this.nominations.remove(uid);
    if (!this.cache.hasPod(uid)) return;
    this.cache.removePod(uid);
    this.cluster({ type: 'podFreed', pod });
  }

  private wake(): void {
    if (this.scheduled || this.stopped || this.paused) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.runSlice();
    });
  }

  private runSlice(): void {
    const end = performance.now() + SLICE;
    while (!this.stopped && !this.paused && this.inFlight.size < MAX_BINDINGS_IN_FLIGHT) {
      const queued = this.queue.pop();
      if (!queued) return;
      this.scheduleOne(queued);
      if (performance.now() > end) return this.wake();
    }
  }

  private scheduleOne(queued: QueuedPod): void {
    const { informers, plugins, random = Math.random, logger } = this.deps;
    const { name, namespace, uid } = queued.pod.metadata;
    const pod = informers.pods.get(name, namespace);
    if (!pod || pod.metadata.uid !== uid || pod.metadata.deletionTimestamp || isAssigned(pod)) return this.queue.done(queued);
    queued.pod = pod;
    try {
      const info = new PodInfo(pod);
      if (this.cache.nodes.length === 0) return this.unschedulable(queued, 'no nodes available to schedule pods', new Set());
      const selection = selectNode(info, this.cache, plugins, this.nominations, this.searchStart, random);
      if ('node' in selection) this.assumeAndBind(queued, info, selection.node);
      else this.noNode(queued, info, selection.diagnosis, selection.filters);
    } catch (error) {
      logger.error({ error, pod: `${namespace}/${name}` }, 'scheduling failed');
      this.failed(queued, messageOf(error));
    }
  }

  private assumeAndBind(queued: QueuedPod, info: PodInfo, node: NodeInfo): void {
    this.nominations.remove(info.pod.metadata.uid);
    this.cache.assume(info, node.name);
    this.background(this.bind(queued, info.pod, node));
  }

  private async bind(queued: QueuedPod, pod: Live<Pod>, node: NodeInfo): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      for (const plugin of this.deps.plugins.preBind) await plugin.preBind(pod, node);
      await this.deps.pods.subresource('POST', name, namespace, 'binding', {
        apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { kind: 'Node', name: node.name },
      });
    } catch (error) {
      if (this.cache.forget(uid)) this.cluster({ type: 'podFreed', pod });
      if (isStatusError(error, 'NotFound')) return this.queue.done(queued);
      return this.failed(queued, `binding rejected: running Bind plugin "DefaultBinder": ${messageOf(error)}`);
    }
    this.queue.done(queued);
    this.deps.events.event(typed(pod), 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node.name}`);
  }

  private noNode(queued: QueuedPod, info: PodInfo, diagnosis: Diagnosis, filters: PodFilters | undefined): void {
    const uid = info.pod.metadata.uid;
    const nominated = this.nominations.nodeFor(uid) ?? info.pod.status?.nominatedNodeName;
    const result = findPreemption(info, diagnosis, filters, this.cache, nominated);
    if ('message' in result) {
      const keep = result.waits ? nominated : undefined;
      if (!keep) this.nominations.remove(uid);
      return this.unschedulable(queued, fitMessage(diagnosis, result.message), rejectingPlugins(diagnosis), keep ?? '');
    }
    this.nominations.set(info, result.node.name);
    this.background(this.preempt(info.pod, result));
    this.unschedulable(queued, fitMessage(diagnosis), rejectingPlugins(diagnosis), result.node.name);
  }

  private async preempt(preemptor: Live<Pod>, { node, victims }: Preemption): Promise<void> {
    const { pods, events, clock, schedulerName, logger } = this.deps;
    for (const rival of this.nominations.on(node.name)) {
      if (priorityOf(rival.pod) < priorityOf(preemptor)) this.nominations.remove(rival.pod.metadata.uid);
    }
    const condition = {
      type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler',
      message: `${schedulerName}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: timestamp(clock),
    };
    const evict = async ({ pod }: PodInfo) => {
      const { name, namespace, uid, deletionTimestamp } = pod.metadata;
      if (deletionTimestamp) return;
      await pods.patch(name, namespace, 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' });
      await pods.delete(name, namespace, { preconditions: { uid } });
      events.event(typed(pod), 'Normal', 'Preempted', `Preempted by pod ${preemptor.metadata.uid} on node ${node.name}`);
    };
    for (const result of await Promise.allSettled(victims.map(evict))) {
      if (result.status === 'rejected' && !isStatusError(result.reason, 'NotFound')) {
        logger.warn({ error: result.reason, preemptor: preemptor.metadata.name }, 'preemption failed');
      }
    }
  }

  private unschedulable(queued: QueuedPod, message: string, rejectedBy: ReadonlySet<string>, nominatedNode?: string): void {
    this.queue.unschedulable(queued, rejectedBy);
    this.report(queued.pod, 'Unschedulable', message, nominatedNode);
  }

  private failed(queued: QueuedPod, message: string): void {
    this.queue.failed(queued);
    this.report(queued.pod, 'SchedulerError', message);
  }

  private report(pod: Live<Pod>, reason: 'Unschedulable' | 'SchedulerError', message: string, nominatedNode?: string): void {
    this.deps.events.event(typed(pod), 'Warning', 'FailedScheduling', message);
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const nomination = nominatedNode !== undefined && nominatedNode !== (pod.status?.nominatedNodeName ?? '');
    if (!nomination && before?.status === 'False' && before.reason === reason && before.message === message) return;
    const now = timestamp(this.deps.clock);
    const lastTransitionTime = before?.status === 'False' ? (before.lastTransitionTime ?? now) : now;
    const condition: PodCondition = { type: 'PodScheduled', status: 'False', reason, message, lastTransitionTime };
    if (pod.metadata.generation !== undefined) condition.observedGeneration = pod.metadata.generation;
    const status = { conditions: [condition], ...(nomination && { nominatedNodeName: nominatedNode || null }) };
    this.background(this.patchStatus(pod, status));
  }

  private async patchStatus({ metadata: { name, namespace } }: Live<Pod>, status: object): Promise<void> {
    try {
      await this.deps.pods.patch(name, namespace, 'strategic', { status }, { subresource: 'status' });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) this.deps.logger.warn({ error, pod: `${namespace}/${name}` }, 'status not updated');
    }
  }

  private background(work: Promise<void>): void {
    const tracked: Promise<void> = work.finally(() => {
      this.inFlight.delete(tracked);
      this.wake();
    });
    this.inFlight.add(tracked);
  }
}

const timestamp = (clock: Clock) => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

/** Status alone (but for resizes) concerns no plugin. */
function sameToPlugins(a: Live<Pod>, b: Live<Pod>): boolean {
  return a.spec === b.spec || (a.metadata.generation !== undefined && a.metadata.generation === b.metadata.generation &&
    JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels) &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp);
}
