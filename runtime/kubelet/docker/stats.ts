import type Docker from 'dockerode';
import type { ContainerStats } from '../container-runtime';
import { unlessGone } from './errors';

/** Use of cpu and memory by running containers, one sample each. */
export async function containerStats(docker: Docker, selector: string[]): Promise<ContainerStats[]> {
  const running = await docker.listContainers({ filters: { label: selector } });
  const samples = await Promise.all(
    running.map(async ({ Id }) => {
      const sample = await unlessGone(
        docker.getContainer(Id).stats({ stream: false, 'one-shot': true } as { stream: false }),
        409,
      );
      return sample
        ? [
            {
              containerId: Id,
              sampledAt: Date.parse(sample.read),
              cpuNanoseconds: sample.cpu_stats.cpu_usage.total_usage,
              memoryWorkingSetBytes: workingSet(sample.memory_stats),
            },
          ]
        : [];
    }),
  );
  return samples.flat();
}

/** What can't be taken back: usage less the page cache that nobody has touched lately (as cAdvisor has it). */
function workingSet({ usage = 0, stats }: Docker.MemoryStats): number {
  const details = stats as unknown as Record<string, number> | undefined;
  const inactive = details?.total_inactive_file ?? details?.inactive_file ?? 0;
  return Math.max(0, usage - inactive);
}
