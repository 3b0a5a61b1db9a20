import type { Live, Pod } from '../../runtime/api/kinds';
import type { ObjectRef } from '../../runtime/client/operations';
import { defaultContainer, type PodRef } from '../../runtime/client/pods/streams';
import { parseTarget, podSourceOf, refOf, runningPods, type Target } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';
import { RefusedError } from '../errors';
import { askOne } from '../objects/ask';
import { t } from '../words';

export interface ContainerRef {
  pod: PodRef;
  container: string;
}

export function targetOf({ kind, namespace, name }: ObjectRef): Target {
  return parseTarget(`${kind}/${name}`, namespace);
}

/** The container that a tree's item stands for, if it is one; another extension may name it as well. */
export function givenContainer(given: unknown): string | undefined {
  const { containerName } = (given ?? {}) as { containerName?: unknown };
  return typeof containerName === 'string' ? containerName : undefined;
}

/** A running pod of an object; of several the best, or the one that is chosen. Throws RefusedError when none runs. */
export async function podOf(
  { client }: Session,
  ref: ObjectRef,
  { ask, title }: { ask: boolean; title: string },
): Promise<Live<Pod>> {
  const pods = await runningPods(client, await podSourceOf(client, targetOf(ref)));
  const [first] = pods;
  if (!first) throw new RefusedError(t`No pod of ${ref.kind} ${ref.name} runs.`);
  if (!ask) return first;
  return askOne(
    pods.map((pod) => ({ label: pod.metadata.name, description: pod.spec?.nodeName ?? '', value: pod })),
    title,
    'Pod',
  );
}

/** One of a pod's containers: the one given, the only one, kubectl's default first in the question. */
export async function containerOf(pod: Live<Pod>, given: string | undefined, title: string): Promise<ContainerRef> {
  const first = defaultContainer(pod);
  const ephemeral = pod.spec?.ephemeralContainers ?? [];
  const names = [...(pod.spec?.containers ?? []), ...ephemeral].map(({ name }) => name);
  const sorted = [first, ...names.filter((name) => name !== first)];
  const container =
    given ??
    (await askOne(
      sorted.map((name) => ({ label: name, value: name })),
      title,
      t`Container`,
    ));
  return { pod: refOf(pod), container };
}
