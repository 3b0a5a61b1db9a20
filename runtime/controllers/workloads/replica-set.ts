import { selectorFromLabelSelector, selectorFromMap } from '../../api/labels';
import type { Selector } from '../../api/labels';
import type { Live, Pod, PodTemplateSpec, ReplicaSet, ReplicaSetStatus, ReplicationController } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { slowStart } from '../kit/batches';
import { claim } from '../kit/claim';
import { ControllerBase, eventsOf, keyOf, splitKey, timestamp } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import { Expectations } from '../kit/expectations';
import type { Loop } from '../kit/loop';
import { isNamespaceTerminating, PodControl } from '../kit/pod-control';
import { controllerOf, indexByController, isActive, ownedBy, podFromTemplate, refersTo, untilAvailable } from '../kit/pods';
import type { OwnerKind } from '../kit/pods';
import { resources } from '../kit/resources';
import type { Resource } from '../kit/resources';
import { planReplicas, replicaStatus } from './replica-set-status';

type Replicated = ReplicaSet | ReplicationController;

interface Variant<T extends Replicated> {
  readonly name: string;
  readonly resource: Resource;
  readonly kind: OwnerKind;
  readonly countTerminating: boolean;
  selector(set: Live<T>): Selector | undefined;
}

/** Replication controllers are replica sets with a plainer selector: one implementation for both. */
class ReplicatedController<T extends Replicated> extends ControllerBase {
  private readonly expectations: Expectations;
  private readonly sets: Informer<T>;
  private readonly pods: Informer<Pod>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<T>;
  private readonly podClient: ResourceClient<Pod>;
  private readonly podControl: PodControl;

  constructor(context: Context, private readonly variant: Variant<T>) {
    super(context);
    this.expectations = new Expectations(context.clock);
    this.client = context.client.resource<T>(variant.resource);
    this.podClient = context.client.resource<Pod>(resources.pods);
    this.podControl = new PodControl(this.podClient, eventsOf(context.events(variant.name), variant.kind));
    this.queue = this.loop({ name: variant.name, reconcile: (key) => this.reconcile(key) });
    this.sets = this.read<T>(variant.resource);
    indexByController(this.sets);
    indexByController(this.read<Pod>(resources.pods));
    this.watch<T>(variant.resource, {
      added: (set) => this.queue.add(keyOf(set)),
      updated: (set) => this.queue.add(keyOf(set)),
      deleted: (set) => {
        this.expectations.forget(keyOf(set));
        this.queue.add(keyOf(set));
      },
    });
    this.pods = this.watch<Pod>(resources.pods, {
      added: (pod) => this.podAdded(pod),
      updated: (pod, previous) => this.podUpdated(pod, previous),
      deleted: (pod) => this.podGone(pod),
    });
  }

  private ownerOf(pod: Live<Pod>): Live<T> | undefined {
    const reference = controllerOf(pod);
    if (!reference || !refersTo(reference, this.variant.kind)) return undefined;
    const set = this.sets.get(reference.name, pod.metadata.namespace);
    return set?.metadata.uid === reference.uid ? set : undefined;
  }

  private podAdded(pod: Live<Pod>): void {
    if (pod.metadata.deletionTimestamp) return this.podGone(pod);
    const owner = this.ownerOf(pod);
    if (owner) {
      this.expectations.created(keyOf(owner));
      this.queue.add(keyOf(owner));
    } else if (!controllerOf(pod)) this.enqueueMatching(pod);
  }

  private podUpdated(pod: Live<Pod>, previous: Live<Pod>): void {
    if (pod.metadata.deletionTimestamp) {
      this.podGone(pod);
      if (!semanticEqual(pod.metadata.labels, previous.metadata.labels)) this.podGone(previous);
      return;
    }
    const before = this.ownerOf(previous);
    const owner = this.ownerOf(pod);
    if (before && before !== owner) this.queue.add(keyOf(before));
    if (owner) this.queue.add(keyOf(owner));
    else if (!controllerOf(pod)) this.enqueueMatching(pod);
  }

  private podGone(pod: Live<Pod>): void {
    const owner = this.ownerOf(pod);
    if (!owner) return;
    this.expectations.deleted(keyOf(owner), pod.metadata.uid);
    this.queue.add(keyOf(owner));
  }

  private enqueueMatching(pod: Live<Pod>): void {
    for (const set of this.sets.list(pod.metadata.namespace)) {
      if (this.variant.selector(set)?.matches(pod.metadata.labels ?? {})) this.queue.add(keyOf(set));
    }
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const set = this.sets.get(name, namespace);
    if (!set) return this.expectations.forget(key);
    const selector = this.variant.selector(set);
    if (!selector) return;
    // Read before the pods: an event that comes in between makes the pods newer, never the expectation.
    const synced = this.expectations.satisfied(key);
    const pods = await claim({
      owner: set, kind: this.variant.kind, selector, informer: this.pods, client: this.podClient, owners: this.client,
    });
    const active = pods.filter(isActive);
    const failure = synced && !set.metadata.deletionTimestamp ? await this.manage(key, set, active) : undefined;
    const now = this.context.clock.now();
    await this.updateStatus(set, replicaStatus({
      pods, now, failure, template: set.spec?.template, minReadySeconds: set.spec?.minReadySeconds ?? 0,
      generation: set.metadata.generation, timestamp: timestamp(this.context.clock), previous: set.status,
      countTerminating: this.variant.countTerminating,
    }));
    if (failure) throw failure.error;
    return untilAvailable(active, set.spec?.minReadySeconds ?? 0, now);
  }

  private async manage(key: string, set: Live<T>, active: Live<Pod>[]): Promise<{ creating: boolean; error: unknown } | undefined> {
    const wanted = set.spec?.replicas ?? 1;
    const related = active.length > wanted ? this.relatedPods(set, active) : [];
    const plan = planReplicas(wanted, active, related, this.context.clock.now());
    if (plan.create > 0) return this.create(key, set, plan.create);
    return plan.remove.length > 0 ? this.remove(key, set, plan.remove) : undefined;
  }

  private async create(key: string, set: Live<T>, count: number) {
    this.expectations.expectCreations(key, count);
    const template: PodTemplateSpec = set.spec?.template ?? {};
    let terminating = false;
    const { successes, error } = await slowStart(count, async () => {
      try {
        await this.podControl.create(podFromTemplate(template, set, this.variant.kind), set);
      } catch (cause) {
        if (!isNamespaceTerminating(cause)) throw cause;
        terminating = true;
      }
    });
    if (successes < count) this.expectations.created(key, count - successes);
    return error === undefined || terminating ? undefined : { creating: true, error };
  }

  private async remove(key: string, set: Live<T>, pods: readonly Live<Pod>[]) {
    this.expectations.expectDeletions(key, pods.map((pod) => pod.metadata.uid));
    let failure: { creating: boolean; error: unknown } | undefined;
    await Promise.all(pods.map(async (pod) => {
      try {
        await this.podControl.delete(pod, set);
      } catch (error) {
        this.expectations.deleted(key, pod.metadata.uid);
        if (!isStatusError(error, 'NotFound')) failure ??= { creating: false, error };
      }
    }));
    return failure;
  }

  /** Pods of every set of the same deployment: a node that already has one of those is doubled up. */
  private relatedPods(set: Live<T>, own: Live<Pod>[]): Live<Pod>[] {
    const controller = controllerOf(set);
    if (!controller) return own;
    return ownedBy(this.sets, controller.uid).flatMap((other) => ownedBy(this.pods, other.metadata.uid));
  }

  private async updateStatus(set: Live<T>, status: ReplicaSetStatus): Promise<void> {
    if (semanticEqual(set.status, status)) return;
    try {
      await this.client.updateStatus({ ...set, status });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}

export const startReplicaSets: StartController = (context) =>
  new ReplicatedController<ReplicaSet>(context, {
    name: 'replicaset-controller',
    resource: resources.replicaSets,
    kind: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
    countTerminating: true,
    selector: ({ spec }) => spec && selectorFromLabelSelector(spec.selector),
  }).start();

export const startReplicationControllers: StartController = (context) =>
  new ReplicatedController<ReplicationController>(context, {
    name: 'replication-controller',
    resource: resources.replicationControllers,
    kind: { apiVersion: 'v1', kind: 'ReplicationController' },
    countTerminating: false,
    selector: ({ spec }) => (spec?.selector && Object.keys(spec.selector).length > 0 ? selectorFromMap(spec.selector) : undefined),
  }).start();
