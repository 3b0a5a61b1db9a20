import { parseSelector, SelectorError } from '../../../api/labels';
import type { Live, Pod, Scale, V2HorizontalPodAutoscaler, V2MetricStatus } from '../../../api/kinds';
import { isStatusError } from '../../../api/status';
import type { Informer, ResourceClient } from '../../../client/client';
import { Discovery } from '../../cluster/discovery';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey, timestamp } from '../../kit/context';
import type { Context, EventSink, StartController } from '../../kit/context';
import { semanticEqual } from '../../kit/equality';
import type { Loop } from '../../kit/loop';
import { resources } from '../../kit/resources';
import type { Resource } from '../../kit/resources';
import { Conditions } from './conditions';
import { emptyHistory, normalize, rememberScale, type ScalingHistory } from './limits';
import { MetricError, proposalFor, type Proposal, type Target } from './metrics';
import { resourceMetrics } from './source';

type Autoscaler = Live<V2HorizontalPodAutoscaler>;

/** This round ends here; what there is to say about it has been said in a condition and an event. */
class Unscalable extends Error {
  override readonly name = 'Unscalable';
}

/** One look at one autoscaler: what it has found out so far, and is going to write. */
interface Round {
  readonly autoscaler: Autoscaler;
  readonly history: ScalingHistory;
  readonly conditions: Conditions;
  readonly now: number;
  metrics: V2MetricStatus[];
  current: number;
  desired: number;
  scaledAt?: string;
}

interface Decision {
  readonly replicas: number;
  readonly reason: string;
}

/** Sets the number of replicas of whatever has a scale by what its pods use. */
class HorizontalPodAutoscalers extends ControllerBase {
  private readonly autoscalers: Informer<V2HorizontalPodAutoscaler>;
  private readonly pods: Informer<Pod>;
  private readonly client: ResourceClient<V2HorizontalPodAutoscaler>;
  private readonly discovery: Discovery;
  private readonly histories = new Map<string, ScalingHistory>();
  /** The selector of each autoscaler's target. */
  private readonly selectors = new Map<string, string>();
  private readonly queue: Loop;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    const { autoscalerSync } = context.timings;
    this.client = context.client.resource<V2HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers);
    this.discovery = new Discovery(context.client, context.clock);
    this.events = eventsOf(context.events('horizontal-pod-autoscaler'), {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler',
    });
    this.queue = this.loop({ name: 'horizontal-pod-autoscaler-controller', reconcile: (key) => this.reconcile(key) });
    this.autoscalers = this.watch<V2HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers, {
      added: (autoscaler) => this.queue.add(keyOf(autoscaler)),
      // Its own writes come back too: what has changed is looked at in the next round.
      updated: (autoscaler) => this.queue.addAfter(keyOf(autoscaler), autoscalerSync),
      deleted: (autoscaler) => this.forget(keyOf(autoscaler)),
    });
    this.pods = this.read<Pod>(resources.pods);
  }

  private forget(key: string): void {
    this.histories.delete(key);
    this.selectors.delete(key);
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const autoscaler = this.autoscalers.get(name, namespace);
    if (!autoscaler) return this.forget(key);
    const round = this.begin(key, autoscaler);
    try {
      await this.scale(round);
    } catch (error) {
      if (!(error instanceof Unscalable)) throw error;
      this.context.logger.debug({ key, error: error.message }, 'no replica count was computed');
    }
    await this.report(round);
    return this.context.timings.autoscalerSync;
  }

  private begin(key: string, autoscaler: Autoscaler): Round {
    const history = this.histories.get(key) ?? emptyHistory();
    this.histories.set(key, history);
    const { clock } = this.context;
    const { status } = autoscaler;
    return {
      autoscaler, history, conditions: new Conditions(status?.conditions, timestamp(clock)), now: clock.now(),
      metrics: [], current: status?.currentReplicas ?? 0, desired: status?.desiredReplicas ?? 0,
    };
  }

  private async scale(round: Round): Promise<void> {
    const { autoscaler, conditions, history, now } = round;
    const { resource, scale } = await this.target(round);
    conditions.set('AbleToScale', true, 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    const current = scale.spec?.replicas ?? 0;
    if (history.recommendations.length === 0) history.recommendations.push({ at: now, replicas: current });
    round.current = current;
    const decision = await this.decide(round, scale);
    if (decision.replicas !== current) await this.rescale(round, resource, scale, decision);
    round.desired = decision.replicas;
    if (round.scaledAt !== undefined) rememberScale(history, autoscaler.spec.behavior, current, decision.replicas, now);
  }

  private async target(round: Round): Promise<{ resource: Resource; scale: Scale }> {
    const { kind, name, apiVersion = '' } = round.autoscaler.spec.scaleTargetRef;
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    try {
      const { resources: served } = await this.discovery.resources();
      const resource = served.find((candidate) => candidate.group === group && candidate.kind === kind);
      if (!resource) {
        throw new Unscalable(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
      }
      const client = this.context.client.resource(resource);
      return { resource, scale: await client.subresource<Scale>('GET', name, round.autoscaler.metadata.namespace, 'scale') };
    } catch (error) {
      const message = messageOf(error);
      this.events.event(round.autoscaler, 'Warning', 'FailedGetScale', message);
      round.conditions.set('AbleToScale', false, 'FailedGetScale',
        `the HPA controller was unable to get the target's current scale: ${message}`);
      throw new Unscalable(message);
    }
  }

  private async decide(round: Round, scale: Scale): Promise<Decision> {
    const { spec } = round.autoscaler;
    const { minReplicas: min = 1, maxReplicas: max } = spec;
    const { current } = round;
    if (current === 0 && min !== 0) {
      round.conditions.set('ScalingActive', false, 'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero');
      return { replicas: 0, reason: '' };
    }
    if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' };
    if (current < min) return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' };
    const { replicas: wanted, metric } = await this.byMetrics(round, scale);
    const reason = wanted > current ? `${metric} above target` : wanted < current ? 'All metrics below target' : '';
    return { replicas: this.bounded(round, wanted, min, max), reason };
  }

  private bounded(round: Round, desired: number, min: number, max: number): number {
    const { autoscaler, conditions, current, history, now } = round;
    const found = normalize(history, { current, desired, min, max, behavior: autoscaler.spec.behavior, now });
    const { reason, message } = found.stabilized ?? {
      reason: 'ReadyForNewScale', message: 'recommended size matches current size',
    };
    conditions.set('AbleToScale', true, reason, message);
    conditions.set('ScalingLimited', found.limited, found.limit.reason, found.limit.message);
    return found.replicas;
  }

  /** The most that any metric asks for. While one is unknown the others may ask for more replicas, and not for fewer. */
  private async byMetrics(round: Round, scale: Scale): Promise<Pick<Proposal, 'replicas' | 'metric'>> {
    const { autoscaler, conditions, current } = round;
    const { target, selector } = this.podsOf(round, scale);
    const source = resourceMetrics(this.context.client, autoscaler.metadata.namespace ?? '', selector);
    const specs = autoscaler.spec.metrics ?? [];
    const failures: MetricError[] = [];
    let best: Proposal | undefined;
    for (const spec of specs) {
      try {
        const proposal = await proposalFor(spec, target, source);
        round.metrics.push(proposal.status);
        if (!best || proposal.replicas > best.replicas) best = proposal;
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        this.events.event(autoscaler, 'Warning', error.reason, error.cause.message);
        failures.push(error);
      }
    }
    const [first] = failures;
    if (first && (!best || best.replicas < current)) throw this.invalid(round, first, failures.length, specs.length);
    if (!best) throw new Unscalable('there is no metric');
    conditions.set('ScalingActive', true, 'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${best.metric}`);
    return best;
  }

  private invalid({ autoscaler, conditions }: Round, first: MetricError, count: number, all: number): Unscalable {
    conditions.set('ScalingActive', false, first.reason,
      `the HPA was unable to compute the replica count: ${first.cause.message}`);
    const message = `invalid metrics (${count} invalid out of ${all}), first error is: ${first.message}`;
    this.events.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message);
    return new Unscalable(message);
  }

  private podsOf(round: Round, scale: Scale): { target: Target; selector: string } {
    const { autoscaler, current, now } = round;
    const text = scale.status?.selector ?? '';
    if (text === '') throw this.badSelector(round, 'SelectorRequired', 'InvalidSelector', 'selector is required');
    try {
      const selector = parseSelector(text);
      const all = this.pods.list(autoscaler.metadata.namespace);
      const pods = all.filter(({ metadata }) => selector.matches(metadata.labels ?? {}));
      this.requireSole(round, text, pods);
      return { target: { autoscaler, currentReplicas: current, pods, now }, selector: text };
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const message = `couldn't convert selector into a corresponding internal selector object: ${error.message}`;
      throw this.badSelector(round, 'InvalidSelector', 'InvalidSelector', message);
    }
  }

  private badSelector({ autoscaler, conditions }: Round, event: string, reason: string, message: string): Unscalable {
    this.events.event(autoscaler, 'Warning', event, message);
    const missing = event === 'SelectorRequired' ? "the HPA target's scale is missing a selector" : message;
    conditions.set('ScalingActive', false, reason, missing);
    this.events.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message);
    return new Unscalable(message);
  }

  /** Two autoscalers over the same pods would pull at each other. */
  private requireSole(round: Round, selector: string, pods: readonly Live<Pod>[]): void {
    const key = keyOf(round.autoscaler);
    this.selectors.set(key, selector);
    const others = [...this.selectors].filter(([other, text]) => {
      if (other === key || splitKey(other).namespace !== round.autoscaler.metadata.namespace) return false;
      const theirs = parseSelector(text);
      return pods.some(({ metadata }) => theirs.matches(metadata.labels ?? {}));
    });
    if (others.length === 0) return;
    const names = [key, ...others.map(([other]) => other)].sort().join(' ');
    const message = `pods by selector ${selector} are controlled by multiple HPAs: [${names}]`;
    throw this.badSelector(round, 'AmbiguousSelector', 'AmbiguousSelector', message);
  }

  private async rescale(round: Round, resource: Resource, scale: Scale, { replicas, reason }: Decision): Promise<void> {
    const { autoscaler, conditions } = round;
    const { name } = autoscaler.spec.scaleTargetRef;
    const body = { ...scale, spec: { ...scale.spec, replicas } };
    try {
      const client = this.context.client.resource(resource);
      await client.subresource('PUT', name, autoscaler.metadata.namespace, 'scale', body);
    } catch (error) {
      if (!isStatusError(error)) throw error;
      const { message } = error;
      this.events.event(autoscaler, 'Warning', 'FailedRescale',
        `New size: ${replicas}; reason: ${reason}; error: ${message}`);
      conditions.set('AbleToScale', false, 'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${message}`);
      throw new Unscalable(message);
    }
    conditions.set('AbleToScale', true, 'SucceededRescale',
      `the HPA controller was able to update the target scale to ${replicas}`);
    this.events.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    round.scaledAt = timestamp(this.context.clock);
  }

  private async report({ autoscaler, conditions, metrics, current, desired, scaledAt }: Round): Promise<void> {
    const { observedGeneration, lastScaleTime } = autoscaler.status ?? {};
    const scaled = scaledAt ?? lastScaleTime;
    const status = {
      ...(observedGeneration !== undefined && { observedGeneration }),
      ...(scaled !== undefined && { lastScaleTime: scaled }),
      currentReplicas: current,
      desiredReplicas: desired,
      ...(metrics.length > 0 && { currentMetrics: metrics }),
      conditions: conditions.list,
    };
    if (!semanticEqual(status, autoscaler.status)) await this.client.updateStatus({ ...autoscaler, status });
  }
}

export const startHorizontalPodAutoscalers: StartController = (context) => new HorizontalPodAutoscalers(context).start();
