import type { CoreV1Event as Event, Deployment, Live, ReplicaSet } from '../../runtime/api/kinds';
import { eventLine } from './events';
import type { RolloutModel, RolloutSample, RolloutSet } from './protocol';
import { t } from '../words';

/** Older counts are forgotten. */
const mostSamples = 1000;
const revisionAnnotation = 'deployment.kubernetes.io/revision';

export interface RolloutInput {
  deployment: Live<Deployment> | undefined;
  /** Those that the deployment owns. */
  replicaSets: readonly Live<ReplicaSet>[];
  /** Of the namespace. */
  events: readonly Live<Event>[];
  complete: boolean;
  error?: string;
}

/** Follows a deployment as long as it is looked at: the cluster itself keeps no history of counts. */
export class RolloutHistory {
  private readonly samples: RolloutSample[] = [];

  /** Takes what is known at a time (ms since 1970), and tells all that has been seen. */
  take(now: number, { deployment, replicaSets, events, complete, error }: RolloutInput): RolloutModel {
    const sets = replicaSets.map(setOf).sort((a, b) => b.revision - a.revision);
    this.record(now, sets);
    const uids = new Set([deployment?.metadata.uid, ...replicaSets.map(({ metadata }) => metadata.uid)]);
    const mine = events.filter(({ involvedObject }) => involvedObject?.uid !== undefined && uids.has(involvedObject.uid));
    const told = error ?? (complete && !deployment ? t`The deployment does not exist.` : undefined);
    return {
      desired: deployment?.spec?.replicas ?? 1, sets, samples: [...this.samples], complete,
      events: mine.map(eventLine).sort((a, b) => a.time - b.time),
      ...(told !== undefined && { error: told }),
    };
  }

  private record(time: number, sets: readonly RolloutSet[]): void {
    const counts = Object.fromEntries(sets.map(({ name, replicas, ready }) => [name, { replicas, ready }]));
    if (sets.length === 0 || JSON.stringify(this.samples.at(-1)?.counts) === JSON.stringify(counts)) return;
    this.samples.push({ time, counts });
    if (this.samples.length > mostSamples) this.samples.shift();
  }
}

function setOf({ metadata, spec, status }: Live<ReplicaSet>): RolloutSet {
  const images = spec?.template?.spec?.containers?.map(({ image = '' }) => image) ?? [];
  return {
    name: metadata.name, revision: Number(metadata.annotations?.[revisionAnnotation] ?? 0), images,
    desired: spec?.replicas ?? 0, replicas: status?.replicas ?? 0, ready: status?.readyReplicas ?? 0,
  };
}
