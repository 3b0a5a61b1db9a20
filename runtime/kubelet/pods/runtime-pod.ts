import type { PodStatus } from '../../api/kinds';
import type { ContainerRuntime, RuntimePod } from '../container-runtime';
import type { TerminationMessages } from '../sync/termination-messages';
import { findContainer, isTerminalPhase, type KubeletPod } from './pod-spec';

/** What the runtime has of a pod now, with the last words of its ended containers. Throws RuntimeError. */
export async function observePod(
  pod: KubeletPod,
  { runtime, messages }: { runtime: ContainerRuntime; messages: TerminationMessages },
): Promise<RuntimePod> {
  const { uid, name, namespace = '' } = pod.metadata;
  const [found] = await runtime.pods(uid);
  const state = found ?? { uid, name, namespace, sandboxes: [], containers: [] };
  const containers = await Promise.all(
    state.containers.map(async (status) => {
      if (status.state !== 'exited') return status;
      const message = await messages.message(pod, findContainer(pod, status.name)?.container, status);
      return message ? { ...status, message } : status;
    }),
  );
  return { ...state, containers };
}

/** A pod isn't told to have ended while any of its containers may still hold on to something; `before` is its phase until now. */
export function unlessRunning(state: RuntimePod, status: PodStatus, before: string): PodStatus {
  const runs = state.containers.some(({ state: now }) => now === 'running' || now === 'unknown');
  if (!runs || !isTerminalPhase(status.phase) || isTerminalPhase(before)) return status;
  const { reason: _reason, message: _message, ...rest } = status;
  return { ...rest, phase: before };
}

/** Removes all that the runtime has of a pod. */
export async function removeRuntimePod(runtime: ContainerRuntime, state: RuntimePod): Promise<void> {
  await Promise.all(state.containers.map(({ id }) => runtime.removeContainer(id)));
  for (const { id, state: now } of state.sandboxes) {
    if (now === 'ready') await runtime.stopSandbox(id);
    await runtime.removeSandbox(id);
  }
}
