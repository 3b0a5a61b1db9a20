import { parseQuantity, Quantity } from '../../../api/quantity';
import type {
  Live, Pod, V2HorizontalPodAutoscaler, V2MetricSpec, V2MetricStatus, V2MetricTarget, V2MetricValueStatus,
} from '../../../api/kinds';
import {
  defaultTolerance, ReplicasError, replicasForUtilization, replicasForValue, type PodMetrics,
} from './replicas';

/** Where use of pods is read. Rejects with the words for the condition. */
export interface MetricsSource {
  resource(resource: string, container: string | undefined): Promise<PodMetrics>;
}

export interface Target {
  readonly autoscaler: V2HorizontalPodAutoscaler;
  readonly currentReplicas: number;
  readonly pods: readonly Live<Pod>[];
  readonly now: number;
}

/** One metric can't be had; reported as an event and in the condition ScalingActive. */
export class MetricError extends Error {
  override readonly name = 'MetricError';

  constructor(
    /** `FailedGetResourceMetric`. */
    readonly reason: string,
    /** What went wrong, as the event has it. */
    override readonly cause: Error,
    message: string,
  ) {
    super(message);
  }
}

export interface Proposal {
  readonly replicas: number;
  /** `cpu resource utilization (percentage of request)`. */
  readonly metric: string;
  readonly status: V2MetricStatus;
}

/** Throws MetricError. */
export async function proposalFor(spec: V2MetricSpec, target: Target, source: MetricsSource): Promise<Proposal> {
  switch (spec.type) {
    case 'Resource': {
      const { name, target: wanted } = spec.resource!;
      const found = await attempt('FailedGetResourceMetric', `failed to get ${name} resource metric value`, () =>
        resourceProposal(target, source, { name, wanted, label: 'resource' }));
      return { ...found, status: { type: 'Resource', resource: { name, current: found.current } } };
    }
    case 'ContainerResource': {
      const { name, container, target: wanted } = spec.containerResource!;
      const what = `failed to get ${name} container metric value`;
      const found = await attempt('FailedGetContainerResourceMetric', what, () =>
        resourceProposal(target, source, { name, container, wanted, label: 'container resource' }));
      const status = { type: 'ContainerResource', containerResource: { name, container, current: found.current } };
      return { ...found, status };
    }
    default:
      return unavailable(spec);
  }
}

async function attempt<T>(reason: string, what: string, compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    throw new MetricError(reason, error as Error, `${what}: ${(error as Error).message}`);
  }
}

interface Wanted {
  name: string;
  container?: string;
  wanted: V2MetricTarget;
  label: string;
}

type ResourceProposal = Pick<Proposal, 'replicas' | 'metric'> & { current: V2MetricValueStatus };

async function resourceProposal(
  target: Target, source: MetricsSource, { name, container, wanted, label }: Wanted,
): Promise<ResourceProposal> {
  const { averageValue, averageUtilization } = wanted;
  if (averageValue === undefined && averageUtilization === undefined) {
    throw new ReplicasError(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  }
  const kind = averageValue === undefined ? 'utilization' : 'usage';
  const observed = async () => ({
    ...target, resource: name, tolerances: tolerancesOf(target.autoscaler), ...(container !== undefined && { container }),
    metrics: await read(source, name, container),
  });
  try {
    if (averageValue !== undefined) {
      const found = replicasForValue(await observed(), Number(parseQuantity(averageValue).milliValue()));
      return { replicas: found.replicas, metric: `${name} ${label}`, current: { averageValue: milli(found.averageValue) } };
    }
    const found = replicasForUtilization(await observed(), averageUtilization!);
    const current = { averageUtilization: found.utilization, averageValue: milli(found.averageValue) };
    return { replicas: found.replicas, metric: `${name} ${label} utilization (percentage of request)`, current };
  } catch (error) {
    throw new ReplicasError(`failed to get ${name} ${kind}: ${(error as Error).message}`);
  }
}

async function read(source: MetricsSource, name: string, container: string | undefined): Promise<PodMetrics> {
  try {
    return await source.resource(name, container);
  } catch (error) {
    throw new ReplicasError(`unable to get metrics for resource ${name}: ${(error as Error).message}`);
  }
}

const milli = (value: number): string => Quantity.ofMilli(BigInt(Math.trunc(value))).toString();

function tolerancesOf({ spec }: V2HorizontalPodAutoscaler) {
  const of = (tolerance: string | undefined) => (tolerance === undefined ? defaultTolerance : parseQuantity(tolerance).toNumber());
  return { scaleUp: of(spec.behavior?.scaleUp?.tolerance), scaleDown: of(spec.behavior?.scaleDown?.tolerance) };
}

const noCustomMetrics =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';

/** Metrics that come from adapters, of which this cluster has none. */
function unavailable(spec: V2MetricSpec): never {
  const fail = (reason: string, prefix: string, message: string): never => {
    throw new MetricError(reason, new ReplicasError(message), `${prefix}: ${message}`);
  };
  switch (spec.type) {
    case 'Pods': {
      const message = `unable to get metric ${spec.pods!.metric.name}: ${noCustomMetrics}`;
      return fail('FailedGetPodsMetric', 'failed to get pods metric value', message);
    }
    case 'Object': {
      const { describedObject, metric } = spec.object!;
      const where = `${describedObject.kind} on ${describedObject.name}`;
      const message = `unable to get metric ${metric.name}: ${where} ${noCustomMetrics}`;
      return fail('FailedGetObjectMetric', 'failed to get object metric value', message);
    }
    case 'External': {
      const { name } = spec.external!.metric;
      const message = `unable to get external metric ${name}: unable to fetch metrics from external metrics API: ` +
        `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`;
      return fail('FailedGetExternalMetric', `failed to get ${name} external metric value`, message);
    }
    default: {
      const message = `unknown metric source type ${JSON.stringify(spec.type)}`;
      throw new MetricError('InvalidMetricSourceType', new ReplicasError(message), message);
    }
  }
}
