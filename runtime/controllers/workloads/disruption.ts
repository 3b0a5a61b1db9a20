import { selectorFromLabelSelector } from '../../api/labels';
import type {
  Condition, Deployment, Live, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus, ReplicaSet, ReplicationController, StatefulSet,
} from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { scaledValue, withCondition } from '../kit/batches';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey, timestamp } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { controllerOf, isReady, isTerminal } from '../kit/pods';
import { resources } from '../kit/resources';

/** An eviction that was allowed and whose pod is still there after so long counts no more. */
const DELETION_TIMEOUT = 120_000;

export interface BudgetInput {
  readonly budget: Live<PodDisruptionBudget>;
  readonly pods: readonly Live<Pod>[];
  /** Replicas that the pods' controllers want, each controller once; throws when one has no scale. */
  readonly expectedScale: () => number;
  readonly now: number;
}

type Counts = Pick<PodDisruptionBudgetStatus, 'currentHealthy' | 'desiredHealthy' | 'expectedPods' | 'disruptionsAllowed' | 'disruptedPods'>;

export function countBudget({ budget, pods, expectedScale, now }: BudgetInput): Counts {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  let expected = pods.length;
  let desired: number;
  if (maxUnavailable !== undefined) {
    expected = expectedScale();
    desired = Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up'));
  } else if (typeof minAvailable === 'string') {
    expected = expectedScale();
    desired = scaledValue(minAvailable, expected, 'up');
  } else desired = minAvailable ?? 0;
  const disruptedPods: Record<string, string> = {};
  for (const pod of pods) {
    const since = budget.status?.disruptedPods?.[pod.metadata.name];
    if (since && !pod.metadata.deletionTimestamp && now - Date.parse(since) < DELETION_TIMEOUT) disruptedPods[pod.metadata.name] = since;
  }
  const healthy = pods.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp && !disruptedPods[pod.metadata.name]).length;
  return {
    currentHealthy: healthy, desiredHealthy: desired, expectedPods: expected,
    disruptionsAllowed: expected > 0 ? Math.max(0, healthy - desired) : 0,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
  };
}

class DisruptionController extends ControllerBase {
  private readonly budgets: Informer<PodDisruptionBudget>;
  private readonly pods: Informer<Pod>;
  private readonly sets: Informer<ReplicaSet>;
  private readonly deployments: Informer<Deployment>;
  private readonly controllers: Informer<ReplicationController>;
  private readonly statefulSets: Informer<StatefulSet>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<PodDisruptionBudget>;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<PodDisruptionBudget>(resources.podDisruptionBudgets);
    this.events = eventsOf(context.events('controllermanager'), { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' });
    this.queue = this.loop({ name: 'disruption-controller', reconcile: (key) => this.reconcile(key) });
    this.sets = this.read<ReplicaSet>(resources.replicaSets);
    this.deployments = this.read<Deployment>(resources.deployments);
    this.controllers = this.read<ReplicationController>(resources.replicationControllers);
    this.statefulSets = this.read<StatefulSet>(resources.statefulSets);
    this.budgets = this.watchAll<PodDisruptionBudget>(resources.podDisruptionBudgets, (budget) => this.queue.add(keyOf(budget)));
    this.pods = this.watchAll<Pod>(resources.pods, (pod) => {
      for (const budget of this.budgets.list(pod.metadata.namespace)) if (covers(budget, pod)) this.queue.add(keyOf(budget));
    });
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const budget = this.budgets.get(name, namespace);
    if (!budget) return;
    const pods = this.pods.list(namespace).filter((pod) => !isTerminal(pod) && covers(budget, pod));
    if (pods.length === 0) this.events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const counts = this.count(budget, pods);
    const allowed = (counts.disruptionsAllowed ?? 0) > 0;
    const condition: Condition = {
      type: 'DisruptionAllowed', status: allowed ? 'True' : 'False', reason: allowed ? 'SufficientPods' : 'InsufficientPods', message: '',
      lastTransitionTime: timestamp(this.context.clock), observedGeneration: budget.metadata.generation ?? 0,
    };
    const status = { ...counts, observedGeneration: budget.metadata.generation ?? 0, conditions: withCondition(budget.status?.conditions, condition) };
    if (!semanticEqual(status, budget.status)) await this.write(budget, status);
    return Object.keys(counts.disruptedPods ?? {}).length > 0 ? DELETION_TIMEOUT : undefined;
  }

  private count(budget: Live<PodDisruptionBudget>, pods: readonly Live<Pod>[]): Counts {
    try {
      return countBudget({ budget, pods, expectedScale: () => this.expectedScale(pods), now: this.context.clock.now() });
    } catch (error) {
      this.events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${messageOf(error)}`);
      // Fail safe: nothing may be disrupted.
      return { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 };
    }
  }

  private async write(budget: Live<PodDisruptionBudget>, status: PodDisruptionBudgetStatus): Promise<void> {
    await this.client.updateStatus({ ...budget, status }).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }

  private expectedScale(pods: readonly Live<Pod>[]): number {
    const scales = new Map<string, number>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (!owner) continue;
      const scale = this.scaleOf(owner.kind, owner.name, pod.metadata.namespace);
      if (!scale) throw new Error(`found no controller ref for pod ${JSON.stringify(pod.metadata.name)}`);
      scales.set(scale.uid, scale.replicas);
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  }

  private scaleOf(kind: string, name: string, namespace: string | undefined): { uid: string; replicas: number } | undefined {
    if (kind === 'ReplicaSet') {
      const set = this.sets.get(name, namespace);
      const owner = set && controllerOf(set);
      const deployment = owner?.kind === 'Deployment' ? this.deployments.get(owner.name, namespace) : undefined;
      return scale(deployment ?? set);
    }
    if (kind === 'ReplicationController') return scale(this.controllers.get(name, namespace));
    return kind === 'StatefulSet' ? scale(this.statefulSets.get(name, namespace)) : undefined;
  }
}

const scale = (owner: Live<Deployment | ReplicaSet | ReplicationController | StatefulSet> | undefined) =>
  owner && { uid: owner.metadata.uid, replicas: owner.spec?.replicas ?? 1 };

function covers(budget: PodDisruptionBudget, pod: Pod): boolean {
  const selector = budget.spec?.selector;
  return selector !== undefined && selectorFromLabelSelector(selector).matches(pod.metadata.labels ?? {});
}

export const startDisruption: StartController = (context) => new DisruptionController(context).start();
