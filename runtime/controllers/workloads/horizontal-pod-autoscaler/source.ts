import { parseQuantity } from '../../../api/quantity';
import type { ClusterClient } from '../../kit/context';
import { messageOf } from '../../kit/context';
import type { MetricsSource } from './metrics';
import { ReplicasError, type PodMetric, type PodMetrics } from './replicas';

interface Metrics {
  metadata: { name: string; namespace: string };
  timestamp: string;
  window: string;
  containers: { name: string; usage: Record<string, string> }[];
}

const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 1e-3, us: 1e-3, ns: 1e-6 };

/** A duration as Go prints it, in milliseconds: `1m30.5s`. */
export function durationMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|µs|us|ns|m|s)/g)) total += Number(amount) * units[unit!]!;
  return total;
}

/** What the pods of a selector use, out of `metrics.k8s.io`. */
export function resourceMetrics(client: ClusterClient, namespace: string, selector: string): MetricsSource {
  return {
    async resource(resource, container) {
      const items = await list(client, namespace, selector);
      if (items.length === 0) throw new ReplicasError('no metrics returned from resource metrics API');
      return container === undefined ? ofPods(items, resource) : ofContainer(items, resource, container);
    },
  };
}

async function list(client: ClusterClient, namespace: string, labelSelector: string): Promise<readonly Metrics[]> {
  try {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    return (await client.request<{ items: Metrics[] }>({ method: 'GET', path, query: { labelSelector } })).items;
  } catch (error) {
    throw new ReplicasError(`unable to fetch metrics from resource metrics API: ${messageOf(error)}`);
  }
}

const amount = (usage: Record<string, string>, resource: string): number | undefined =>
  usage[resource] === undefined ? undefined : Number(parseQuantity(usage[resource]).milliValue());

const metricOf = ({ timestamp, window }: Metrics, value: number): PodMetric => ({
  value, timestamp: Date.parse(timestamp), windowMs: durationMs(window),
});

/** A pod of which any container lacks the resource isn't counted. */
function ofPods(items: readonly Metrics[], resource: string): PodMetrics {
  const metrics = new Map<string, PodMetric>();
  for (const item of items) {
    const amounts = item.containers.map(({ usage }) => amount(usage, resource));
    if (amounts.length === 0 || amounts.includes(undefined)) continue;
    metrics.set(item.metadata.name, metricOf(item, amounts.reduce<number>((total, value) => total + value!, 0)));
  }
  return metrics;
}

function ofContainer(items: readonly Metrics[], resource: string, container: string): PodMetrics {
  return new Map(
    items.map((item) => {
      const { namespace, name } = item.metadata;
      const found = item.containers.find((candidate) => candidate.name === container);
      if (!found) {
        const message = `container ${container} not present in metrics for pod ${namespace}/${name}`;
        throw new ReplicasError(`failed to get container metrics: ${message}`);
      }
      return [name, metricOf(item, amount(found.usage, resource) ?? 0)];
    }),
  );
}
