import { selectorFromLabelSelector } from '../../api/labels';
import type { ControllerRevision, Live, PersistentVolumeClaim, Pod, StatefulSet, StatefulSetStatus } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { claim } from '../kit/claim';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import { Superseded } from '../kit/loop';
import type { Loop } from '../kit/loop';
import { controllerOf, indexByController, isAvailable, isReady, isTerminal, podFromTemplate, refersTo, untilAvailable } from '../kit/pods';
import { resources } from '../kit/resources';
import { HashCollision, REVISION_LABEL, syncHistory, templateOf, trimHistory } from './history';
import type { History } from './history';

const KIND = { apiVersion: 'apps/v1', kind: 'StatefulSet' };

const ordinalOf = (set: StatefulSet, { metadata }: Pod): number => {
  const match = /^(.*)-(\d+)$/.exec(metadata.name ?? '');
  return match && match[1] === set.metadata.name ? Number(match[2]) : -1;
};
const revisionName = ({ metadata }: Pod) => metadata.labels?.[REVISION_LABEL] ?? '';
const isHealthy = (pod: Pod) => isReady(pod) && !pod.metadata.deletionTimestamp;

export interface StatefulView {
  readonly set: StatefulSet;
  readonly pods: readonly Live<Pod>[];
  readonly updateRevision: string;
  readonly currentRevision: string;
  readonly now: number;
}

export type StatefulAction = { readonly create: number; readonly revision: string } | { readonly remove: Live<Pod> };

/** A new pod below the partition, or before any update, has the current revision (stateful_set_utils.go, newVersionedStatefulSetPod). */
function revisionFor({ set, currentRevision, updateRevision }: StatefulView, ordinal: number, started: number): string {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return updateRevision;
  const partition = rollingUpdate?.partition;
  if (partition === undefined) return ordinal < started + (set.status?.currentReplicas ?? 0) ? currentRevision : updateRevision;
  return ordinal < started + partition ? currentRevision : updateRevision;
}

/** What to do next: one step at a time when ordered, everything at once when parallel. */
export function planStateful(view: StatefulView): StatefulAction[] {
  const { set, pods, now } = view;
  const start = set.spec?.ordinals?.start ?? 0;
  const end = start + (set.spec?.replicas ?? 1);
  const parallel = set.spec?.podManagementPolicy === 'Parallel';
  const minReady = set.spec?.minReadySeconds ?? 0;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const actions: StatefulAction[] = [];
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod && isTerminal(pod) && !pod.metadata.deletionTimestamp) actions.push({ remove: pod });
    else if (!pod) actions.push({ create: ordinal, revision: revisionFor(view, ordinal, start) });
    else if (parallel || (isHealthy(pod) && isAvailable(pod, minReady, now))) continue;
    // Ordered: nothing happens past one that isn't up (or is on its way out).
    if (!parallel) return actions;
  }
  const condemned = pods.filter((pod) => ordinalOf(set, pod) >= end || ordinalOf(set, pod) < start).sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const remove = condemned.filter(({ metadata }) => !metadata.deletionTimestamp).map((pod) => ({ remove: pod }));
  if (condemned.length > 0 && !parallel) return mayGo(condemned, minReady, now) ? remove.slice(0, 1) : [];
  actions.push(...remove);
  return actions.length > 0 ? actions : planUpdate(view, start, end);
}

/** Ordered: the highest goes when none is on its way out, and while it is up or nothing below it is unwell too. */
function mayGo(condemned: readonly Live<Pod>[], minReady: number, now: number): boolean {
  const [highest] = condemned;
  if (!highest || highest.metadata.deletionTimestamp) return false;
  return isAvailable(highest, minReady, now) || condemned.filter((pod) => !isHealthy(pod)).at(-1) === highest;
}

function planUpdate({ set, pods, updateRevision }: StatefulView, start: number, end: number): StatefulAction[] {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const partition = start + (rollingUpdate?.partition ?? 0);
  const ordered = pods.filter((pod) => ordinalOf(set, pod) >= partition && ordinalOf(set, pod) < end).sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  for (const pod of ordered) {
    if (revisionName(pod) !== updateRevision && !pod.metadata.deletionTimestamp) return [{ remove: pod }];
    if (!isHealthy(pod)) return [];
  }
  return [];
}

/** A pod of the set with the identity of its ordinal: name, host name, claims. */
export function statefulPod(set: Live<StatefulSet>, revision: ControllerRevision, ordinal: number): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(templateOf(revision), set, KIND);
  const { generateName: _, ...metadata } = pod.metadata;
  const labels = {
    ...metadata.labels, 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal), [REVISION_LABEL]: revision.metadata.name ?? '',
  };
  const templates = set.spec?.volumeClaimTemplates ?? [];
  const own = templates.map((template) => ({ name: template.metadata.name ?? '', persistentVolumeClaim: { claimName: claimName(template, name) } }));
  const volumes = [...own, ...(pod.spec?.volumes ?? []).filter((volume) => !own.some((mine) => mine.name === volume.name))];
  const subdomain = set.spec?.serviceName;
  return {
    ...pod, metadata: { ...metadata, name, labels },
    spec: { ...(pod.spec ?? { containers: [] }), hostname: name, ...(subdomain && { subdomain }), ...(volumes.length > 0 && { volumes }) },
  };
}

const claimName = (template: PersistentVolumeClaim, podName: string) => `${template.metadata.name}-${podName}`;

class StatefulSetController extends ControllerBase {
  private readonly sets: Informer<StatefulSet>;
  private readonly pods: Informer<Pod>;
  private readonly claims: Informer<PersistentVolumeClaim>;
  private readonly revisions: Informer<ControllerRevision>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<StatefulSet>;
  private readonly podClient: ResourceClient<Pod>;
  private readonly revisionClient: ResourceClient<ControllerRevision>;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<StatefulSet>(resources.statefulSets);
    this.podClient = context.client.resource<Pod>(resources.pods);
    this.revisionClient = context.client.resource<ControllerRevision>(resources.controllerRevisions);
    this.events = eventsOf(context.events('statefulset-controller'), KIND);
    this.queue = this.loop({ name: 'statefulset-controller', reconcile: (key) => this.reconcile(key) });
    this.sets = this.watchAll<StatefulSet>(resources.statefulSets, (set) => this.queue.add(keyOf(set)));
    this.claims = this.read<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.revisions = this.read<ControllerRevision>(resources.controllerRevisions);
    indexByController(this.revisions);
    indexByController(this.read<Pod>(resources.pods));
    this.pods = this.watchAll<Pod>(resources.pods, (pod) => {
      const owner = controllerOf(pod);
      if (owner && refersTo(owner, KIND)) this.queue.add(`${pod.metadata.namespace}/${owner.name}`);
    });
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const set = this.sets.get(name, namespace);
    if (!set?.spec) return;
    const pods = await claim({
      owner: set, kind: KIND, selector: selectorFromLabelSelector(set.spec.selector), informer: this.pods, client: this.podClient, owners: this.client,
      adoptable: (pod) => ordinalOf(set, pod) >= 0,
    });
    const history = await this.history(set);
    const updateRevision = history.update.metadata.name;
    const current = history.all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? history.update;
    const now = this.context.clock.now();
    const view = { set, pods, updateRevision, currentRevision: current.metadata.name, now };
    if (!set.metadata.deletionTimestamp) {
      for (const action of planStateful(view)) {
        if ('remove' in action) await this.remove(set, action.remove);
        else await this.create(set, action.revision === updateRevision ? history.update : current, action.create);
      }
    }
    await this.writeStatus(view);
    const used = new Set([updateRevision, current.metadata.name, ...pods.map(revisionName)]);
    await trimHistory(history, used, set.spec.revisionHistoryLimit ?? 10, this.revisionClient);
    return untilAvailable(pods, set.spec.minReadySeconds ?? 0, now);
  }

  private async history(set: Live<StatefulSet>): Promise<History> {
    try {
      return await syncHistory({
        owner: set, kind: KIND, template: set.spec?.template ?? {}, collisionCount: set.status?.collisionCount, informer: this.revisions, client: this.revisionClient,
      });
    } catch (error) {
      if (!(error instanceof HashCollision)) throw error;
      const status = { replicas: 0, ...set.status };
      await this.client.updateStatus({ ...set, status: { ...status, collisionCount: (status.collisionCount ?? 0) + 1 } });
      throw new Superseded();
    }
  }

  private async create(set: Live<StatefulSet>, revision: Live<ControllerRevision>, ordinal: number): Promise<void> {
    const pod = statefulPod(set, revision, ordinal);
    const podName = pod.metadata.name ?? '';
    for (const template of set.spec?.volumeClaimTemplates ?? []) await this.createClaim(set, template, podName);
    try {
      await this.podClient.create(pod);
    } catch (error) {
      // The watch is behind: the pod is there already.
      if (isStatusError(error, 'AlreadyExists')) return;
      const why = `create Pod ${podName} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
      this.events.event(set, 'Warning', 'FailedCreate', why);
      throw error;
    }
    this.events.event(set, 'Normal', 'SuccessfulCreate', `create Pod ${podName} in StatefulSet ${set.metadata.name} successful`);
  }

  private async createClaim(set: Live<StatefulSet>, template: PersistentVolumeClaim, podName: string): Promise<void> {
    const name = claimName(template, podName);
    const { namespace } = set.metadata;
    if (this.claims.get(name, namespace)) return;
    const labels = { ...template.metadata.labels, ...set.spec?.selector.matchLabels };
    const { annotations } = template.metadata;
    const metadata = { name, namespace: namespace ?? '', labels, ...(annotations && { annotations }) };
    const what = `create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name}`;
    try {
      const spec = template.spec;
      await this.context.client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims)
        .create({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, ...(spec && { spec }) });
      this.events.event(set, 'Normal', 'SuccessfulCreate', `${what} success`);
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return;
      this.events.event(set, 'Warning', 'FailedCreate', `${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  private async remove(set: Live<StatefulSet>, pod: Live<Pod>): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    if (isTerminal(pod)) {
      const [reason, how] = pod.status?.phase === 'Failed' ? ['RecreatingFailedPod', 'failed'] : ['RecreatingTerminatedPod', 'completed'];
      this.events.event(set, 'Warning', reason ?? '', `StatefulSet ${namespace}/${set.metadata.name} is recreating ${how} Pod ${name}`);
    }
    try {
      await this.podClient.delete(name, namespace, { preconditions: { uid } });
      this.events.event(set, 'Normal', 'SuccessfulDelete', `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`);
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
  }

  private async writeStatus({ set, pods, updateRevision, currentRevision, now }: StatefulView): Promise<void> {
    const count = (holds: (pod: Live<Pod>) => boolean) => pods.filter(holds).length;
    const status: StatefulSetStatus = {
      replicas: pods.length,
      readyReplicas: count(isReady),
      availableReplicas: count((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)),
      currentReplicas: count((pod) => revisionName(pod) === currentRevision && !pod.metadata.deletionTimestamp),
      updatedReplicas: count((pod) => revisionName(pod) === updateRevision && !pod.metadata.deletionTimestamp),
      currentRevision, updateRevision,
      collisionCount: set.status?.collisionCount ?? 0,
      ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
      ...(set.status?.conditions && { conditions: set.status.conditions }),
    };
    const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    const done = set.spec?.updateStrategy?.type !== 'OnDelete' && partition === 0 && status.updatedReplicas === status.replicas && status.readyReplicas === status.replicas;
    if (done) Object.assign(status, { currentReplicas: status.updatedReplicas, currentRevision: updateRevision });
    if (!semanticEqual(status, set.status)) await this.client.updateStatus({ ...(set as Live<StatefulSet>), status });
  }
}

export const startStatefulSets: StartController = (context) => new StatefulSetController(context).start();
