import type { ContainerStatus, Live, Pod } from '../../runtime/api/kinds';

/** The STATUS word that `kubectl get pods` prints, as upstream's printer derives it. */
export function podStatus({ metadata, spec, status }: Live<Pod>): string {
  const initializing = initStatus(status?.initContainerStatuses ?? [], spec?.initContainers?.length ?? 0);
  if (metadata.deletionTimestamp) return status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  if (initializing) return initializing;
  const containers = status?.containerStatuses ?? [];
  const failing = [...containers].reverse().map(containerReason).find(Boolean);
  if (failing === 'Completed' && containers.some(({ ready, state }) => ready && state?.running)) return 'Running';
  return failing ?? status?.reason ?? status?.phase ?? 'Unknown';
}

/** What is wrong with a pod, in the cluster's words; undefined when nothing is. */
export function podProblem({ status }: Live<Pod>): string | undefined {
  const unscheduled = status?.conditions?.find(
    ({ type, status: state }) => type === 'PodScheduled' && state === 'False',
  );
  if (unscheduled) return unscheduled.message;
  for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = state ?? {};
    if (waiting && !['ContainerCreating', 'PodInitializing'].includes(waiting.reason ?? ''))
      return `${name}: ${waiting.reason}: ${waiting.message ?? ''}`;
    if (terminated && terminated.exitCode !== 0)
      return `${name}: ${terminated.reason ?? 'Error'} (exit code ${terminated.exitCode})`;
  }
  return status?.phase === 'Failed' ? (status.message ?? status.reason ?? 'Failed') : undefined;
}

function initStatus(statuses: readonly ContainerStatus[], total: number): string | undefined {
  for (const [i, { state, started }] of statuses.entries()) {
    if (state?.terminated?.exitCode === 0 || (started && state?.running)) continue;
    if (state?.terminated) return `Init:${state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`}`;
    if (state?.waiting?.reason && state.waiting.reason !== 'PodInitializing') return `Init:${state.waiting.reason}`;
    return `Init:${i}/${total}`;
  }
  return undefined;
}

function containerReason({ state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  if (!state?.terminated) return undefined;
  const { reason, signal, exitCode } = state.terminated;
  return reason ?? (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}
