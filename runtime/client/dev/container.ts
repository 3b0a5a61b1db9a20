import type { Live, Pod } from '../../api/kinds';
import { CopyError } from '../pods/copy';
import { defaultContainer, execInPod, type PodRef } from '../pods/streams';
import { refOf } from '../pods/target';
import type { Client } from '../resource-client';

/** A container that runs; its `id` is another one after each start. */
export interface RunningContainer {
  pod: PodRef;
  uid: string;
  name: string;
  id: string;
}

/** The container of a pod that is changed, if it runs. */
export function runningContainer(pod: Live<Pod>, asked: string | undefined): RunningContainer | undefined {
  const name = asked ?? defaultContainer(pod);
  const status = pod.status?.containerStatuses?.find((each) => each.name === name);
  if (!status?.state?.running || !status.containerID) return undefined;
  return { pod: refOf(pod), uid: pod.metadata.uid, name, id: status.containerID };
}

/** Runs a shell command in a container. Throws CopyError with what it wrote when it fails. */
export async function runIn(client: Client, { pod, name }: RunningContainer, command: string, signal: AbortSignal): Promise<void> {
  const session = await execInPod(client, pod, { container: name, command: ['sh', '-c', command], signal });
  let said = '';
  const collect = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-2000));
  session.stdout.on('data', collect);
  session.stderr.on('data', collect);
  const result = await session.result;
  if ('exitCode' in result && result.exitCode === 0) return;
  const end = 'error' in result ? result.error : `exit code ${result.exitCode}`;
  throw new CopyError(`"${command}" in ${pod.name}: ${[end, said.trim()].filter(Boolean).join(': ').replaceAll('\n', ' ')}`);
}

const noChild = 'podium: no child';
const endChildren = `kids=$(cat /proc/1/task/1/children 2>/dev/null); [ -n "$kids" ] || { echo "${noChild}"; exit 1; }; kill $kids`;

/**
 * Ends what the container's first process started (a shell's loop, a supervisor), which starts it anew. False when there is
 * nothing: the first process is the program itself, and a container that ends loses its files.
 */
export async function restartIn(client: Client, container: RunningContainer, signal: AbortSignal): Promise<boolean> {
  try {
    await runIn(client, container, endChildren, signal);
    return true;
  } catch (error) {
    if ((error as Error).message.endsWith(noChild)) return false;
    throw error;
  }
}
