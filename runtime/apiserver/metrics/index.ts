import type { KubeObject, Node, Pod } from '../../api/kinds';
import { errors } from '../../api/status';
import type { Clock } from '../../clock';
import type { VirtualReader } from '../registry/virtual-reader';
import type { ApiLister } from '../request';
import { metricsGroup, metricsVersion, nodeMetricsInfo, podMetricsInfo } from './resource-infos';
import { UsageScraper, type KubeletReader } from './scraper';
import type { NodeUsage, Usage } from './usage';

export type { KubeletReader } from './scraper';

export interface MetricsOptions {
  lister: ApiLister;
  clock: Clock;
  kubelets: KubeletReader;
}

const apiVersion = `${metricsGroup}/${metricsVersion}`;
const nodes = { group: '', resource: 'nodes' };
const pods = { group: '', resource: 'pods' };

/** `metrics.k8s.io`, as metrics-server serves it: what `kubectl top` prints, and what pods are scaled by. */
export function metricsReaders({ lister, clock, kubelets }: MetricsOptions): VirtualReader[] {
  const scraper = new UsageScraper(kubelets, clock);
  const now = (): number => clock.now();
  return [nodeReader(lister, scraper, now), podReader(lister, scraper, now)];
}

function nodeReader(lister: ApiLister, scraper: UsageScraper, now: () => number): VirtualReader {
  const metricsOf = async (node: Node): Promise<KubeObject | undefined> => {
    const usage = isReady(node) ? await scraper.usageOf(node.metadata.name!) : undefined;
    return usage && { kind: 'NodeMetrics', apiVersion, ...described(node, usage, now()), usage: quantities(usage) } as KubeObject;
  };
  return {
    info: nodeMetricsInfo,
    async get(_namespace, name) {
      const node = lister.get<Node>(nodes, undefined, name);
      const metrics = node && (await metricsOf(node));
      if (!metrics) throw errors.notFound({ group: metricsGroup, kind: 'nodes', name });
      return metrics;
    },
    async list() {
      const all = lister.list<Node>(nodes);
      scraper.retain(new Set(all.map(({ metadata }) => metadata.name!)));
      return present(await Promise.all(all.map(metricsOf)));
    },
  };
}

function podReader(lister: ApiLister, scraper: UsageScraper, now: () => number): VirtualReader {
  const metricsOf = async (pod: Pod): Promise<KubeObject | undefined> => {
    const node = lister.get<Node>(nodes, undefined, pod.spec?.nodeName ?? '');
    if (pod.status?.phase !== 'Running' || !node || !isReady(node)) return undefined;
    const found = await scraper.usageOf(node.metadata.name!);
    const used = found?.pods.get(pod.metadata.uid!);
    if (!found || !used) return undefined;
    const containers = [...used].map(([name, usage]) => ({ name, usage: quantities(usage) }));
    return { kind: 'PodMetrics', apiVersion, ...described(pod, found, now()), containers } as KubeObject;
  };
  return {
    info: podMetricsInfo,
    async get(namespace, name) {
      const pod = lister.get<Pod>(pods, namespace, name);
      const metrics = pod && (await metricsOf(pod));
      if (!metrics) throw errors.notFound({ group: metricsGroup, kind: 'pods', name: `${namespace}/${name}` });
      return metrics;
    },
    async list(namespace) {
      return present(await Promise.all(lister.list<Pod>(pods, namespace || undefined).map(metricsOf)));
    },
  };
}

const present = <T>(list: readonly (T | undefined)[]): T[] => list.filter((item) => item !== undefined);

function isReady({ status }: Node): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

const wholeSeconds = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** What the metrics of nodes and pods have in common. */
function described({ metadata: { name, namespace, labels } }: KubeObject, { time, windowMs }: NodeUsage, now: number) {
  return {
    metadata: {
      name: name!,
      ...(namespace && { namespace }),
      creationTimestamp: wholeSeconds(now),
      ...(labels && { labels: { ...labels } }),
    },
    timestamp: wholeSeconds(time),
    window: `${windowMs / 1000}s`,
  };
}

function quantities({ cpuNanocores, memoryBytes }: Usage): Record<string, string> {
  const kibibytes = Math.floor(memoryBytes / 1024);
  return { cpu: cpuNanocores === 0 ? '0' : `${cpuNanocores}n`, memory: kibibytes === 0 ? '0' : `${kibibytes}Ki` };
}
