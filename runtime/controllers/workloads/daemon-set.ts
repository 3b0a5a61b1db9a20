import { selectorFromLabelSelector } from '../../api/labels';
import type { ControllerRevision, DaemonSet, DaemonSetStatus, Live, Node, Pod } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { groupBy, slowStart } from '../kit/batches';
import { claim } from '../kit/claim';
import { ControllerBase, eventsOf, keyOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import { Expectations } from '../kit/expectations';
import { Superseded } from '../kit/loop';
import type { Loop } from '../kit/loop';
import { isNamespaceTerminating, PodControl } from '../kit/pod-control';
import { controllerOf, indexByController, isAvailable, isReady, podFromTemplate, refersTo, untilAvailable } from '../kit/pods';
import { resources } from '../kit/resources';
import { daemonPodSpec, planDaemons, planRollingUpdate, suitability } from './daemon-set-plan';
import { HashCollision, REVISION_LABEL, syncHistory, trimHistory } from './history';
import type { History } from './history';

const KIND = { apiVersion: 'apps/v1', kind: 'DaemonSet' };

/** The node that a pod runs on, or that its affinity ties it to while it waits for the scheduler. */
function nodeOf({ spec }: Pod): string {
  if (spec?.nodeName) return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const field = terms.flatMap(({ matchFields }) => matchFields ?? []).find(({ key }) => key === 'metadata.name');
  return field?.values?.[0] ?? '';
}

class DaemonSetController extends ControllerBase {
  private readonly sets: Informer<DaemonSet>;
  private readonly pods: Informer<Pod>;
  private readonly nodes: Informer<Node>;
  private readonly revisions: Informer<ControllerRevision>;
  private readonly queue: Loop;
  private readonly expectations: Expectations;
  private readonly client: ResourceClient<DaemonSet>;
  private readonly podClient: ResourceClient<Pod>;
  private readonly revisionClient: ResourceClient<ControllerRevision>;
  private readonly podControl: PodControl;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<DaemonSet>(resources.daemonSets);
    this.podClient = context.client.resource<Pod>(resources.pods);
    this.revisionClient = context.client.resource<ControllerRevision>(resources.controllerRevisions);
    this.events = eventsOf(context.events('daemonset-controller'), KIND);
    this.podControl = new PodControl(this.podClient, this.events);
    this.expectations = new Expectations(context.clock);
    this.queue = this.loop({ name: 'daemonset-controller', reconcile: (key) => this.reconcile(key) });
    this.sets = this.watchAll<DaemonSet>(resources.daemonSets, (set) => this.queue.add(keyOf(set)));
    indexByController(this.read<Pod>(resources.pods));
    indexByController(this.read<ControllerRevision>(resources.controllerRevisions));
    this.revisions = this.read<ControllerRevision>(resources.controllerRevisions);
    this.pods = this.watch<Pod>(resources.pods, {
      added: (pod) => this.podChanged(pod, (key) => this.expectations.created(key)),
      updated: (pod) => this.podChanged(pod, (key) => pod.metadata.deletionTimestamp && this.expectations.deleted(key, pod.metadata.uid)),
      deleted: (pod) => this.podChanged(pod, (key) => this.expectations.deleted(key, pod.metadata.uid)),
    });
    this.nodes = this.watch<Node>(resources.nodes, {
      added: () => this.allSets(),
      updated: (node, previous) => {
        const relevant = ({ metadata, spec }: Live<Node>) => JSON.stringify([metadata.labels, spec?.taints, spec?.unschedulable]);
        if (relevant(node) !== relevant(previous)) this.allSets();
      },
      deleted: () => this.allSets(),
    });
  }

  private allSets(): void {
    for (const set of this.sets.list()) this.queue.add(keyOf(set));
  }

  private podChanged(pod: Live<Pod>, observe: (key: string) => void): void {
    const owner = controllerOf(pod);
    if (!owner || !refersTo(owner, KIND)) return;
    const key = `${pod.metadata.namespace}/${owner.name}`;
    observe(key);
    this.queue.add(key);
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const set = this.sets.get(name, namespace);
    if (!set?.spec) return this.expectations.forget(key);
    const synced = this.expectations.satisfied(key);
    const pods = await claim({
      owner: set, kind: KIND, selector: selectorFromLabelSelector(set.spec.selector), informer: this.pods, client: this.podClient, owners: this.client,
    });
    if (set.metadata.deletionTimestamp) return;
    const history = await this.history(set);
    const hash = history.update.metadata.labels?.[REVISION_LABEL] ?? '';
    const byNode = groupBy(pods, nodeOf);
    const now = this.context.clock.now();
    if (synced) await this.act(key, set, byNode, hash, now);
    const used = new Set([history.update.metadata.name, ...history.all.filter(({ metadata }) =>
      pods.some((pod) => pod.metadata.labels?.[REVISION_LABEL] === metadata.labels?.[REVISION_LABEL])).map(({ metadata }) => metadata.name)]);
    await trimHistory(history, used, set.spec.revisionHistoryLimit ?? 10, this.revisionClient);
    await this.writeStatus(set, byNode, hash, now);
    return untilAvailable(pods, set.spec.minReadySeconds ?? 0, now);
  }

  private async history(set: Live<DaemonSet>): Promise<History> {
    try {
      return await syncHistory({
        owner: set, kind: KIND, template: set.spec?.template ?? {}, collisionCount: set.status?.collisionCount, informer: this.revisions, client: this.revisionClient,
      });
    } catch (error) {
      if (!(error instanceof HashCollision)) throw error;
      const status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0, ...set.status };
      await this.client.updateStatus({ ...set, status: { ...status, collisionCount: (status.collisionCount ?? 0) + 1 } });
      throw new Superseded();
    }
  }

  private async act(key: string, set: Live<DaemonSet>, byNode: Map<string, Live<Pod>[]>, hash: string, now: number): Promise<void> {
    const nodes = this.nodes.list();
    const plan = planDaemons(set, nodes, byNode);
    const rolling = set.spec?.updateStrategy?.type !== 'OnDelete';
    for (const pod of plan.failed) {
      const { namespace, name } = pod.metadata;
      this.events.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${namespace}/${name} on node ${nodeOf(pod)}, will try to kill it`);
    }
    if (plan.create.length > 0 || plan.remove.length > 0) return this.manage(key, set, plan.create, plan.remove, hash);
    if (rolling) await this.manage(key, set, [], planRollingUpdate(set, nodes, byNode, hash, now), hash);
  }

  private async manage(key: string, set: Live<DaemonSet>, create: readonly string[], remove: readonly Live<Pod>[], hash: string): Promise<void> {
    if (remove.length > 0) this.expectations.expectDeletions(key, remove.map(({ metadata }) => metadata.uid));
    await Promise.all(remove.map(async (pod) => {
      try {
        await this.podControl.delete(pod, set);
      } catch (error) {
        this.expectations.deleted(key, pod.metadata.uid);
        if (!isStatusError(error, 'NotFound')) throw error;
      }
    }));
    // One expectation at a time: what was deleted is seen before anything is created in its place.
    if (create.length === 0 || remove.length > 0) return;
    const waiting = [...create];
    this.expectations.expectCreations(key, create.length);
    const { successes, error } = await slowStart(create.length, async () => {
      const pod = podFromTemplate(set.spec?.template ?? {}, set, KIND);
      pod.metadata.labels = { ...pod.metadata.labels, [REVISION_LABEL]: hash };
      pod.spec = daemonPodSpec(pod.spec ?? { containers: [] }, waiting.shift() ?? '');
      await this.podControl.create(pod, set);
    });
    if (successes < create.length) this.expectations.created(key, create.length - successes);
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
  }

  private async writeStatus(set: Live<DaemonSet>, byNode: Map<string, Live<Pod>[]>, hash: string, now: number): Promise<void> {
    const status: DaemonSetStatus = {
      desiredNumberScheduled: 0, currentNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0, updatedNumberScheduled: 0, numberAvailable: 0,
      ...(set.status?.collisionCount !== undefined && { collisionCount: set.status.collisionCount }),
      ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    };
    const bump = (field: 'updatedNumberScheduled' | 'numberAvailable') => (status[field] = (status[field] ?? 0) + 1);
    for (const node of this.nodes.list()) {
      const [pod] = (byNode.get(node.metadata.name) ?? []).sort((a, b) => Number(isReady(b)) - Number(isReady(a)));
      if (!suitability(set, node).shouldRun) {
        if (pod) status.numberMisscheduled++;
        continue;
      }
      status.desiredNumberScheduled++;
      if (!pod) continue;
      status.currentNumberScheduled++;
      if (isReady(pod)) status.numberReady++;
      if (isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) bump('numberAvailable');
      if (pod.metadata.labels?.[REVISION_LABEL] === hash) bump('updatedNumberScheduled');
    }
    status.numberUnavailable = status.desiredNumberScheduled - (status.numberAvailable ?? 0);
    if (!semanticEqual(status, set.status)) await this.client.updateStatus({ ...set, status });
  }
}

export const startDaemonSets: StartController = (context) => new DaemonSetController(context).start();
