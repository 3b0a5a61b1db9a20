import * as z from 'zod';

const use = z.object({
  name: z.string(),
  startTime: z.string(),
  cpu: z.object({ time: z.string(), usageCoreNanoSeconds: z.number() }),
  memory: z.object({ workingSetBytes: z.number() }),
});

/** What is read of a kubelet's `/stats/summary` (k8s.io/kubelet/pkg/apis/stats/v1alpha1). */
const summary = z.object({
  node: z.object({ cpu: z.object({ time: z.string() }), systemContainers: z.array(use).default([]) }),
  pods: z.array(
    z.object({ podRef: z.object({ uid: z.string() }), containers: z.array(use) }),
  ),
});

/** Cumulative use by one container since it started. */
export interface ContainerSample {
  readonly time: number;
  readonly startedAt: number;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

/** What a node's kubelet said at one time. Containers by name, of pods by uid. */
export interface NodeSample {
  readonly time: number;
  readonly system: ReadonlyMap<string, ContainerSample>;
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, ContainerSample>>;
}

/** Throws for a text that is no summary. */
export function parseSummary(text: string): NodeSample {
  const { node, pods } = summary.parse(JSON.parse(text));
  return {
    time: Date.parse(node.cpu.time),
    system: containersOf(node.systemContainers),
    pods: new Map(pods.map(({ podRef, containers }) => [podRef.uid, containersOf(containers)])),
  };
}

function containersOf(containers: readonly z.infer<typeof use>[]): Map<string, ContainerSample> {
  return new Map(
    containers.map(({ name, startTime, cpu, memory }) => [
      name,
      {
        time: Date.parse(cpu.time), startedAt: Date.parse(startTime), cpuNanoseconds: cpu.usageCoreNanoSeconds, memoryBytes: memory.workingSetBytes,
      },
    ]),
  );
}
