import { totalmem } from 'node:os';
import type { ContainerRuntime, ContainerStats, RuntimePod } from '../container-runtime';

interface Sample {
  pod: RuntimePod;
  name: string;
  stats: ContainerStats;
  startedAt: number;
}

async function samples(runtime: ContainerRuntime): Promise<Sample[]> {
  const [pods, stats] = await Promise.all([runtime.pods(), runtime.stats()]);
  const byId = new Map(stats.map((sample) => [sample.containerId, sample]));
  return pods.flatMap((pod) =>
    pod.containers.flatMap(({ id, name, startedAt = 0 }) => {
      const found = byId.get(id);
      return found ? [{ pod, name, stats: found, startedAt }] : [];
    }),
  );
}

const cpu = (time: string, nanoseconds: number): object => ({ time, usageCoreNanoSeconds: nanoseconds });
const memory = (time: string, bytes: number): object => ({ time, workingSetBytes: bytes, usageBytes: bytes });

interface Own {
  cpuNanoseconds: number;
  memoryWorkingSetBytes: number;
  startedAt: number;
}

/** What this process itself uses; nothing where simulated nodes share one. */
function ownUse(runtime: ContainerRuntime): Own[] {
  if (runtime.simulateProbe) return [];
  const { user, system } = process.cpuUsage();
  const startedAt = Math.round(performance.timeOrigin);
  return [{ cpuNanoseconds: (user + system) * 1000, memoryWorkingSetBytes: process.memoryUsage.rss(), startedAt }];
}

/** `/stats/summary`: what the pods of the node use. */
export async function statsSummary(runtime: ContainerRuntime, nodeName: string, now: number): Promise<object> {
  const own = ownUse(runtime);
  const time = new Date(now).toISOString();
  const timeOf = ({ sampledAt }: ContainerStats): string => (sampledAt ? new Date(sampledAt).toISOString() : time);
  const all = await samples(runtime);
  const sum = (list: readonly Sample[], of: (stats: ContainerStats) => number): number =>
    list.reduce((total, { stats }) => total + of(stats), 0);
  const cpuOf = ({ cpuNanoseconds }: ContainerStats): number => cpuNanoseconds;
  const memoryOf = ({ memoryWorkingSetBytes }: ContainerStats): number => memoryWorkingSetBytes;
  const pods = [...new Set(all.map(({ pod }) => pod))].map((pod) => {
    const own = all.filter((sample) => sample.pod === pod);
    return {
      podRef: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      startTime: new Date(Math.min(...own.map(({ startedAt }) => startedAt))).toISOString(),
      containers: own.map(({ name, stats, startedAt }) => ({
        name,
        startTime: new Date(startedAt).toISOString(),
        cpu: cpu(timeOf(stats), stats.cpuNanoseconds),
        memory: memory(timeOf(stats), stats.memoryWorkingSetBytes),
      })),
      cpu: cpu(time, sum(own, cpuOf)),
      memory: memory(time, sum(own, memoryOf)),
    };
  });
  return {
    node: {
      nodeName,
      systemContainers: own.map((use) => ({
        name: 'kubelet',
        startTime: new Date(use.startedAt).toISOString(),
        cpu: cpu(time, use.cpuNanoseconds),
        memory: memory(time, use.memoryWorkingSetBytes),
      })),
      startTime: time,
      cpu: cpu(time, sum(all, cpuOf)),
      memory: { ...memory(time, sum(all, memoryOf)), availableBytes: totalmem() - sum(all, memoryOf) },
    },
    pods,
  };
}

/** `/metrics/resource`, which metrics-server reads. */
export async function resourceMetrics(runtime: ContainerRuntime, now: number): Promise<string> {
  const all = await samples(runtime);
  const labels = ({ pod, name }: Sample): string =>
    `{container="${name}",namespace="${pod.namespace}",pod="${pod.name}"}`;
  const block = (name: string, type: string, help: string, value: (sample: Sample) => number): string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...all.map((sample) => `${name}${labels(sample)} ${value(sample)} ${now}`),
  ];
  return [
    ...block(
      'container_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      ({ stats }) => stats.cpuNanoseconds / 1e9,
    ),
    ...block(
      'container_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the container in bytes',
      ({ stats }) => stats.memoryWorkingSetBytes,
    ),
    ...block(
      'container_start_time_seconds',
      'gauge',
      '[STABLE] Start time of the container since unix epoch in seconds',
      ({ startedAt }) => startedAt / 1000,
    ),
    '# HELP scrape_error [ALPHA] 1 if there was an error while getting container metrics, 0 otherwise',
    '# TYPE scrape_error gauge',
    'scrape_error 0',
    '',
  ].join('\n');
}

/** `/metrics`: the kubelet's own figures. */
export async function metrics(runtime: ContainerRuntime): Promise<string> {
  const pods = await runtime.pods();
  const ready = pods.filter(({ sandboxes }) => sandboxes.some(({ state }) => state === 'ready')).length;
  const states = new Map<string, number>();
  for (const { state } of pods.flatMap(({ containers }) => containers)) states.set(state, (states.get(state) ?? 0) + 1);
  return [
    '# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox',
    '# TYPE kubelet_running_pods gauge',
    `kubelet_running_pods ${ready}`,
    '# HELP kubelet_running_containers [ALPHA] Number of containers currently running',
    '# TYPE kubelet_running_containers gauge',
    ...[...states].map(([state, count]) => `kubelet_running_containers{container_state="${state}"} ${count}`),
    '',
  ].join('\n');
}
