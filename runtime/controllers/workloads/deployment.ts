import { selectorFromLabelSelector } from '../../api/labels';
import type { Deployment, DeploymentStatus, Live, Pod, ReplicaSet } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { claim } from '../kit/claim';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey, timestamp } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import { hashOf } from '../kit/hash';
import { Superseded } from '../kit/loop';
import type { Loop } from '../kit/loop';
import { controllerOf, controllerRef, indexByController, isTerminal, ownedBy, refersTo } from '../kit/pods';
import { resources } from '../kit/resources';
import {
  actual, byRevision, DESIRED, fenceposts, findNewSet, HASH_LABEL, isRolling, MAX, newSetReplicas, nextRevision, REVISION,
  REVISION_HISTORY, revisionOf, sameTemplate, scaleDownOld, scaleProportionally, setsToForget, wantedReplicas,
} from './deployment-math';
import { conditionOf, countStatus, deadlineOf, hasDeadline, isComplete, rolloutStatus, setCondition } from './deployment-status';
import type { Times } from './deployment-status';

const KIND = { apiVersion: 'apps/v1', kind: 'Deployment' };
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration', REVISION, REVISION_HISTORY, DESIRED, MAX, 'deprecated.deployment.rollback.to',
]);

interface Sets {
  readonly newSet: Live<ReplicaSet> | undefined;
  readonly old: readonly Live<ReplicaSet>[];
}

const allOf = ({ newSet, old }: Sets): Live<ReplicaSet>[] => (newSet ? [...old, newSet] : [...old]);
const isActiveSet = (set: ReplicaSet) => wantedReplicas(set) > 0;

class DeploymentController extends ControllerBase {
  private readonly deployments: Informer<Deployment>;
  private readonly sets: Informer<ReplicaSet>;
  private readonly pods: Informer<Pod>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<Deployment>;
  private readonly setClient: ResourceClient<ReplicaSet>;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Deployment>(resources.deployments);
    this.setClient = context.client.resource<ReplicaSet>(resources.replicaSets);
    this.events = eventsOf(context.events('deployment-controller'), KIND);
    this.queue = this.loop({ name: 'deployment-controller', reconcile: (key) => this.reconcile(key) });
    this.deployments = this.watchAll<Deployment>(resources.deployments, (deployment) => this.queue.add(keyOf(deployment)));
    indexByController(this.read<ReplicaSet>(resources.replicaSets));
    this.sets = this.watch<ReplicaSet>(resources.replicaSets, {
      added: (set) => this.setChanged(set),
      updated: (set, previous) => {
        if (controllerOf(previous)?.uid !== controllerOf(set)?.uid) this.setChanged(previous);
        this.setChanged(set);
      },
      deleted: (set) => this.setChanged(set),
    });
    indexByController(this.read<Pod>(resources.pods));
    // Recreate waits until the last old pod is gone.
    this.pods = this.watch<Pod>(resources.pods, { deleted: (pod) => this.podGone(pod) });
  }

  private setChanged(set: Live<ReplicaSet>): void {
    const reference = controllerOf(set);
    if (reference) {
      if (refersTo(reference, KIND)) this.queue.add(`${set.metadata.namespace}/${reference.name}`);
      return;
    }
    for (const deployment of this.deployments.list(set.metadata.namespace)) {
      const selector = deployment.spec?.selector;
      if (selector && selectorFromLabelSelector(selector).matches(set.metadata.labels ?? {})) this.queue.add(keyOf(deployment));
    }
  }

  private podGone(pod: Live<Pod>): void {
    const set = controllerOf(pod);
    const owner = set && this.sets.get(set.name, pod.metadata.namespace);
    if (owner) this.setChanged(owner);
  }

  private times(): Times {
    return { now: this.context.clock.now(), timestamp: timestamp(this.context.clock) };
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const deployment = this.deployments.get(name, namespace);
    if (!deployment?.spec) return;
    const selector = deployment.spec.selector;
    if (Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length) {
      this.events.event(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return;
    }
    const sets = await claim({
      owner: deployment, kind: KIND, selector: selectorFromLabelSelector(selector), informer: this.sets,
      client: this.setClient, owners: this.client,
    });
    if (deployment.metadata.deletionTimestamp) return this.writeStatus(deployment, this.counted(deployment, this.split(deployment, sets)));
    if (await this.notePause(deployment)) return;
    if (deployment.spec.paused || isScaling(deployment, sets)) return this.scaleOnly(deployment, sets);
    if (isRolling(deployment)) await this.roll(deployment, sets);
    else await this.recreate(deployment, sets);
    return this.untilDeadline(key);
  }

  private split(deployment: Live<Deployment>, sets: readonly Live<ReplicaSet>[]): Sets {
    const newSet = findNewSet(deployment, sets);
    return { newSet, old: sets.filter((set) => set !== newSet) };
  }

  private counted(deployment: Live<Deployment>, sets: Sets): DeploymentStatus {
    return countStatus(deployment, allOf(sets), sets.newSet, this.times());
  }

  /** Progress isn't measured while paused. True when the status was written: the watch brings the deployment again. */
  private async notePause(deployment: Live<Deployment>): Promise<boolean> {
    if (!hasDeadline(deployment)) return false;
    const condition = conditionOf(deployment.status, 'Progressing');
    if (condition?.reason === 'ProgressDeadlineExceeded') return false;
    const noted = condition?.reason === 'DeploymentPaused';
    const paused = deployment.spec?.paused ?? false;
    if (paused === noted) return false;
    const status: DeploymentStatus = { ...deployment.status, conditions: [...(deployment.status?.conditions ?? [])] };
    setCondition(status, paused
      ? { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
      : { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' }, this.times());
    await this.writeStatus(deployment, status);
    return true;
  }

  private async scaleOnly(deployment: Live<Deployment>, list: readonly Live<ReplicaSet>[]): Promise<void> {
    const sets = await this.withRevision(deployment, list, false);
    await this.scale(deployment, sets);
    if (deployment.spec?.paused) await this.forgetOld(deployment, sets.old);
    await this.writeStatus(deployment, this.counted(deployment, sets));
  }

  private async scale(deployment: Live<Deployment>, sets: Sets): Promise<void> {
    const wanted = wantedReplicas(deployment);
    const active = allOf(sets).filter(isActiveSet);
    if (active.length <= 1) {
      const only = active[0] ?? sets.newSet ?? latest(sets.old);
      if (only && wantedReplicas(only) !== wanted) await this.scaleSet(deployment, only, wanted);
      else if (only && only.metadata.annotations?.[DESIRED] !== String(wanted)) await this.scaleSet(deployment, only, wanted);
      return;
    }
    const { newSet } = sets;
    const saturated = newSet && wantedReplicas(newSet) === wanted && newSet.metadata.annotations?.[DESIRED] === String(wanted) &&
      (newSet.status?.availableReplicas ?? 0) === wanted;
    if (saturated) {
      for (const set of sets.old.filter(isActiveSet)) await this.scaleSet(deployment, set, 0);
    } else if (isRolling(deployment)) {
      for (const { set, replicas } of scaleProportionally(deployment, active)) await this.scaleSet(deployment, set, replicas);
    }
  }

  private async roll(deployment: Live<Deployment>, list: readonly Live<ReplicaSet>[]): Promise<void> {
    const sets = await this.withRevision(deployment, list, true);
    const { newSet, old } = sets;
    if (!newSet) return;
    const replicas = wantedReplicas(newSet) > wantedReplicas(deployment)
      ? wantedReplicas(deployment) : newSetReplicas(deployment, allOf(sets), wantedReplicas(newSet));
    if (replicas !== wantedReplicas(newSet)) {
      await this.scaleSet(deployment, newSet, replicas);
      return this.writeRollout(deployment, sets);
    }
    for (const { set, replicas: fewer } of scaleDownOld(deployment, newSet, old)) await this.scaleSet(deployment, set, fewer);
    await this.finish(deployment, sets);
  }

  private async recreate(deployment: Live<Deployment>, list: readonly Live<ReplicaSet>[]): Promise<void> {
    const found = await this.withRevision(deployment, list, false);
    const active = found.old.filter(isActiveSet);
    for (const set of active) await this.scaleSet(deployment, set, 0);
    if (active.length > 0 || this.oldPodsRun(found)) return this.writeRollout(deployment, found);
    const sets = found.newSet ? found : await this.withRevision(deployment, list, true);
    if (sets.newSet && wantedReplicas(sets.newSet) !== wantedReplicas(deployment)) {
      await this.scaleSet(deployment, sets.newSet, wantedReplicas(deployment));
    }
    await this.finish(deployment, sets);
  }

  private oldPodsRun({ old }: Sets): boolean {
    return actual(old) > 0 || old.some((set) => ownedBy(this.pods, set.metadata.uid).some((pod) => !isTerminal(pod)));
  }

  private async finish(deployment: Live<Deployment>, sets: Sets): Promise<void> {
    if (deployment.status && isComplete(deployment, deployment.status)) await this.forgetOld(deployment, sets.old);
    await this.writeRollout(deployment, sets);
  }

  private writeRollout(deployment: Live<Deployment>, sets: Sets): Promise<void> {
    return this.writeStatus(deployment, rolloutStatus(deployment, allOf(sets), sets.newSet, this.times()));
  }

  /** The new set (made when missing and asked for), with revisions and annotations of both brought in line. */
  private async withRevision(deployment: Live<Deployment>, list: readonly Live<ReplicaSet>[], create: boolean): Promise<Sets> {
    const sets = this.split(deployment, list);
    const revision = nextRevision(sets.old);
    if (sets.newSet) return { ...sets, newSet: await this.refresh(deployment, sets.newSet, revision) };
    return create ? { ...sets, newSet: await this.createSet(deployment, sets.old, revision) } : sets;
  }

  private async refresh(deployment: Live<Deployment>, set: Live<ReplicaSet>, revision: string): Promise<Live<ReplicaSet>> {
    const annotations = revisedAnnotations(deployment, set, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    if (!semanticEqual(annotations, set.metadata.annotations) || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      const spec = { ...set.spec, selector: set.spec?.selector ?? {}, minReadySeconds };
      return this.setClient.update({ ...set, metadata: { ...set.metadata, annotations }, spec });
    }
    await this.noteRevision(deployment, annotations[REVISION] ?? revision);
    if (conditionOf(deployment.status, 'Progressing') || !hasDeadline(deployment)) return set;
    await this.noteProgress(deployment, 'True', 'FoundNewReplicaSet', `Found new replica set ${JSON.stringify(set.metadata.name)}`);
    return set;
  }

  private async noteRevision(deployment: Live<Deployment>, revision: string): Promise<void> {
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
    // The update makes a new version of the deployment; this run is over and the watch starts the next one.
    await this.client.update({ ...deployment, metadata: { ...deployment.metadata, annotations } });
    throw new Superseded();
  }

  private async noteProgress(deployment: Live<Deployment>, status: string, reason: string, message: string): Promise<void> {
    const next: DeploymentStatus = { ...deployment.status, conditions: [...(deployment.status?.conditions ?? [])] };
    setCondition(next, { type: 'Progressing', status, reason, message }, this.times());
    await this.writeStatus(deployment, next);
    throw new Superseded();
  }

  private async createSet(deployment: Live<Deployment>, old: readonly Live<ReplicaSet>[], revision: string): Promise<Live<ReplicaSet>> {
    const draft = newSetFor(deployment, old, revision);
    let created: Live<ReplicaSet>;
    try {
      created = await this.setClient.create(draft);
    } catch (error) {
      created = await this.createFailed(deployment, draft, error);
    }
    const replicas = wantedReplicas(created);
    if (replicas > 0) {
      this.events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`);
    }
    await this.noteCreated(deployment, created, revision);
    return created;
  }

  private async noteCreated(deployment: Live<Deployment>, created: Live<ReplicaSet>, revision: string): Promise<void> {
    let current = deployment;
    if (deployment.metadata.annotations?.[REVISION] !== revision) {
      const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
      current = await this.client.update({ ...deployment, metadata: { ...deployment.metadata, annotations } });
    }
    if (hasDeadline(deployment)) {
      const message = `Created new replica set ${JSON.stringify(created.metadata.name)}`;
      await this.noteProgress(current, 'True', 'NewReplicaSetCreated', message);
    }
    throw new Superseded();
  }

  /** A set of that name may be this one (a lost answer), or another template's with the same hash. */
  private async createFailed(deployment: Live<Deployment>, draft: ReplicaSet, error: unknown): Promise<Live<ReplicaSet>> {
    const name = draft.metadata.name ?? '';
    if (isStatusError(error, 'AlreadyExists')) {
      const existing = await this.setClient.get(name, deployment.metadata.namespace);
      const ours = controllerOf(existing)?.uid === deployment.metadata.uid;
      if (ours && sameTemplate(existing.spec?.template, deployment.spec?.template)) return existing;
      await this.client.updateStatus({ ...deployment, status: { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 } });
      throw new Superseded();
    }
    if (!isStatusError(error, 'Forbidden') || !error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) {
      const message = `Failed to create new replica set ${JSON.stringify(name)}: ${messageOf(error)}`;
      this.events.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
      if (hasDeadline(deployment)) {
        const status: DeploymentStatus = { ...deployment.status, conditions: [...(deployment.status?.conditions ?? [])] };
        setCondition(status, { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message }, this.times());
        await this.writeStatus(deployment, status);
      }
    }
    throw error;
  }

  private async scaleSet(deployment: Live<Deployment>, set: Live<ReplicaSet>, replicas: number): Promise<void> {
    const before = wantedReplicas(set);
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
    if (before === replicas && semanticEqual(annotations, set.metadata.annotations)) return;
    const spec = { ...set.spec, selector: set.spec?.selector ?? {}, replicas };
    await this.setClient.update({ ...set, metadata: { ...set.metadata, annotations }, spec });
    if (before === replicas) return;
    const direction = before < replicas ? 'up' : 'down';
    this.events.event(deployment, 'Normal', 'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`);
  }

  private async forgetOld(deployment: Live<Deployment>, old: readonly Live<ReplicaSet>[]): Promise<void> {
    for (const { metadata: { name, namespace } } of setsToForget(deployment, old)) {
      await this.setClient.delete(name, namespace).catch((error: unknown) => {
        if (!isStatusError(error, 'NotFound')) throw error;
      });
    }
  }

  private async writeStatus(deployment: Live<Deployment>, status: DeploymentStatus): Promise<void> {
    if (!semanticEqual(deployment.status, status)) await this.client.updateStatus({ ...deployment, status });
  }

  /** Nothing happens when a rollout hangs, so look again when its deadline is over. */
  private untilDeadline(key: string): number | void {
    const { namespace, name } = splitKey(key);
    const deployment = this.deployments.get(name, namespace);
    const condition = conditionOf(deployment?.status, 'Progressing');
    if (!deployment || !hasDeadline(deployment) || condition?.reason === 'NewReplicaSetAvailable') return;
    const deadline = deadlineOf(deployment, condition);
    if (deadline === undefined || condition?.reason === 'ProgressDeadlineExceeded') return;
    return Math.max(1000, deadline - this.context.clock.now() + 1000);
  }
}

const latest = (sets: readonly Live<ReplicaSet>[]) => [...sets].sort((a, b) => byRevision(b, a))[0];

const isScaling = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED];
    return isActiveSet(set) && desired !== undefined && Number(desired) !== wantedReplicas(deployment);
  });

const sizeAnnotations = (deployment: Deployment): Record<string, string> => ({
  [DESIRED]: String(wantedReplicas(deployment)),
  [MAX]: String(wantedReplicas(deployment) + fenceposts(deployment).maxSurge),
});

const copiedAnnotations = ({ metadata }: Deployment) =>
  Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key)));

/** A set that becomes the newest again (rollback) gets the next revision; its former ones stay in its history. */
function revisedAnnotations(deployment: Deployment, set: Live<ReplicaSet>, revision: string): Record<string, string> {
  const annotations = { ...set.metadata.annotations, ...copiedAnnotations(deployment) };
  const before = set.metadata.annotations?.[REVISION];
  if (revisionOf(set) < BigInt(revision)) {
    annotations[REVISION] = revision;
    const history = set.metadata.annotations?.[REVISION_HISTORY];
    if (before) annotations[REVISION_HISTORY] = history ? `${history},${before}` : before;
  }
  return annotations;
}

function newSetFor(deployment: Live<Deployment>, old: readonly Live<ReplicaSet>[], revision: string): ReplicaSet {
  const template = structuredClone(deployment.spec?.template ?? {});
  const hash = hashOf(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { ...copiedAnnotations(deployment), [REVISION]: revision, ...sizeAnnotations(deployment) },
      ownerReferences: [controllerRef(deployment, KIND)],
    },
    spec: {
      replicas: newSetReplicas(deployment, old, 0),
      minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

export const startDeployments: StartController = (context) => new DeploymentController(context).start();
