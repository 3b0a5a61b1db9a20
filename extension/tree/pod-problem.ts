import type { Live, Pod } from '../../runtime/api/kinds';
import { t } from '../words';

const starting = ['ContainerCreating', 'PodInitializing'];

/** What is wrong with a pod, in the cluster's words; undefined when nothing is. */
export function podProblem({ status }: Live<Pod>): string | undefined {
  const unscheduled = status?.conditions?.find(
    ({ type, status: state }) => type === 'PodScheduled' && state === 'False',
  );
  if (unscheduled && unscheduled.reason !== 'SchedulingGated') return unscheduled.message ?? unscheduled.reason;
  for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = state ?? {};
    if (waiting?.reason && !starting.includes(waiting.reason))
      return [name, waiting.reason, waiting.message].filter(Boolean).join(': ');
    if (terminated && terminated.exitCode !== 0)
      return t`${name}: ${terminated.reason ?? 'Error'} (exit code ${terminated.exitCode})`;
  }
  return status?.phase === 'Failed' ? (status.message ?? status.reason ?? 'Failed') : undefined;
}
