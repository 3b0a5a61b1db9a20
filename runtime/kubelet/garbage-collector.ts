import type { ContainerRuntime, RuntimePod } from './container-runtime';
import { removeRuntimePod } from './pods/runtime-pod';
import type { VolumeManager } from './volumes/volume-manager';

export interface GarbageCollectorOptions {
  runtime: ContainerRuntime;
  volumes: VolumeManager;
  /** The kubelet knows this pod, or can't tell yet. */
  isKnown(uid: string): boolean;
}

const orphanGraceSeconds = 30;

/** What can go of one pod: dead containers but the newest of each name, sandboxes that were replaced and are empty. */
export function garbageOf(pod: RuntimePod): { containers: string[]; sandboxes: string[] } {
  const dead = pod.containers.filter(({ state }) => state === 'exited' || state === 'created');
  const kept = new Set([...new Map([...dead].reverse().map((status) => [status.name, status.id])).values()]);
  const containers = dead.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
  const inUse = new Set(pod.containers.filter(({ id }) => !containers.includes(id)).map(({ sandboxId }) => sandboxId));
  const sandboxes = pod.sandboxes
    .slice(1)
    .filter(({ id, state }) => state === 'notready' && !inUse.has(id))
    .map(({ id }) => id);
  return { containers, sandboxes };
}

/**
 * Removes what no pod needs: dead containers, replaced sandboxes, and all of pods that were deleted while nobody
 * looked.
 */
export async function collectGarbage({ runtime, volumes, isKnown }: GarbageCollectorOptions): Promise<void> {
  const pods = await runtime.pods();
  for (const pod of pods) {
    if (!isKnown(pod.uid)) {
      await removeOrphan(runtime, pod);
      continue;
    }
    const { containers, sandboxes } = garbageOf(pod);
    await Promise.all(containers.map((id) => runtime.removeContainer(id)));
    await Promise.all(sandboxes.map((id) => runtime.removeSandbox(id)));
  }
  for (const uid of await volumes.leftovers()) if (!isKnown(uid)) await volumes.tearDown(uid);
}

async function removeOrphan(runtime: ContainerRuntime, pod: RuntimePod): Promise<void> {
  const running = pod.containers.filter(({ state }) => state === 'running');
  await Promise.all(running.map(({ id }) => runtime.stopContainer(id, orphanGraceSeconds)));
  await removeRuntimePod(runtime, pod);
}
