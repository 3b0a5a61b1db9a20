import type { Container, PodStatus, ResourceRequirements } from '../../api/kinds';
import { parseQuantity } from '../../api/quantity';
import type { ContainerRuntime, ContainerStatus, RuntimePod } from '../container-runtime';
import { type EventSink, podReference } from '../events';
import type { KubeletPod } from '../pods/pod-spec';
import { linuxResources } from '../pods/resources';
import type { ContainerKiller } from './container-killer';

export interface ResizerOptions {
  runtime: ContainerRuntime;
  events: EventSink;
  killer: ContainerKiller;
  memoryCapacity: bigint;
}

const names = ['cpu', 'memory'] as const;

/** Gives running containers the cpu and memory that their pod asks for now (KEP-1287), in place where they allow it. */
export class Resizer {
  /** What containers have, by pod and name. */
  private readonly actual = new Map<string, Map<string, ResourceRequirements>>();

  constructor(private readonly options: ResizerOptions) {}

  forget(uid: string): void {
    this.actual.delete(uid);
  }

  /**
   * The pod with what its containers have: what it asks for is theirs once `resize` has given it to them. A kubelet that
   * has just started believes what was last reported.
   */
  effective(pod: KubeletPod, runtime: RuntimePod, reported: PodStatus | undefined): KubeletPod {
    const known = this.actual.get(pod.metadata.uid) ?? new Map<string, ResourceRequirements>();
    this.actual.set(pod.metadata.uid, known);
    const containers = pod.spec.containers.map((container) => {
      if (!known.has(container.name) && runtime.containers.some(({ name }) => name === container.name)) {
        const before = reported?.containerStatuses?.find(({ name }) => name === container.name)?.resources;
        known.set(container.name, before ?? container.resources ?? {});
      }
      const has = known.get(container.name);
      return has && differs(has, container.resources) ? { ...container, resources: has } : container;
    });
    return containers.some((container, i) => container !== pod.spec.containers[i])
      ? { ...pod, spec: { ...pod.spec, containers } }
      : pod;
  }

  isPending(pod: KubeletPod): boolean {
    const known = this.actual.get(pod.metadata.uid);
    return pod.spec.containers.some(({ name, resources }) => {
      const has = known?.get(name);
      return has !== undefined && differs(has, resources);
    });
  }

  /** Containers whose policy says so are ended, to start anew. */
  async resize(pod: KubeletPod, runtime: RuntimePod): Promise<void> {
    const known = this.actual.get(pod.metadata.uid);
    for (const container of pod.spec.containers) {
      const has = known?.get(container.name);
      if (!has || !differs(has, container.resources)) continue;
      const running = runtime.containers.find(({ name, state }) => name === container.name && state === 'running');
      if (running) await this.give(pod, container, has, running);
      known?.set(container.name, container.resources ?? {});
    }
    this.options.events.eventAbout(podReference(pod), 'Normal', 'ResizeCompleted', 'Pod resize completed');
  }

  private async give(
    pod: KubeletPod, container: Container, has: ResourceRequirements, status: ContainerStatus,
  ): Promise<void> {
    const { runtime, killer, memoryCapacity } = this.options;
    if (needsRestart(container, has)) {
      await killer.kill(pod, { status, message: `Container ${container.name} resize requires restart`, reason: 'Changed' });
    } else await runtime.updateContainer(status.id, linuxResources(pod, container, memoryCapacity));
  }
}

function differs(has: ResourceRequirements, wanted: ResourceRequirements | undefined): boolean {
  return names.some((name) => changes(has, wanted, name));
}

function changes(has: ResourceRequirements, wanted: ResourceRequirements | undefined, name: string): boolean {
  return (['requests', 'limits'] as const).some((list) => {
    const [a, b] = [has[list]?.[name], wanted?.[list]?.[name]];
    return a === undefined || b === undefined ? a !== b : parseQuantity(a).compare(parseQuantity(b)) !== 0;
  });
}

const needsRestart = ({ resources, resizePolicy = [] }: Container, has: ResourceRequirements): boolean =>
  resizePolicy.some(({ resourceName, restartPolicy }) =>
    restartPolicy === 'RestartContainer' && changes(has, resources, resourceName));
