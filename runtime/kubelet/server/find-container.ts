import type { ContainerRuntime, ContainerStatus, RuntimePod, Sandbox } from '../container-runtime';
import { findContainer, type KubeletPod } from '../pods/pod-spec';

/** An answer that isn't 200, as plain text. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** The pod of `/NAMESPACE/POD[/UID]/CONTAINER`. */
export function findPod(pods: readonly KubeletPod[], parts: readonly string[]): KubeletPod {
  const [namespace = '', name = ''] = parts;
  const uid = parts.length === 4 ? parts[2] : undefined;
  const pod = pods.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name && (!uid || metadata.uid === uid),
  );
  if (!pod) throw new HttpError(404, `pod does not exist: pod not found ("${name}_${namespace}")`);
  return pod;
}

async function runtimePod(runtime: ContainerRuntime, pod: KubeletPod): Promise<RuntimePod | undefined> {
  return (await runtime.pods(pod.metadata.uid))[0];
}

export async function runningContainer(
  runtime: ContainerRuntime,
  pod: KubeletPod,
  name: string,
): Promise<ContainerStatus> {
  const found = (await runtimePod(runtime, pod))?.containers.find(
    (status) => status.name === name && status.state === 'running',
  );
  if (!found) throw new HttpError(500, `container not found ("${name}")`);
  return found;
}

export async function runningSandbox(runtime: ContainerRuntime, pod: KubeletPod): Promise<Sandbox> {
  const found = (await runtimePod(runtime, pod))?.sandboxes.find(({ state }) => state === 'ready');
  if (!found) throw new HttpError(500, `pod not found ("${pod.metadata.name}_${pod.metadata.namespace}")`);
  return found;
}

/** Id of the container whose log is asked for, by the pod's status (kubelet's validateContainerLogStatus). */
export function loggedContainer(pod: KubeletPod, name: string, previous: boolean): string {
  const where = `container "${name}" in pod "${pod.metadata.name}"`;
  if (!findContainer(pod, name))
    throw new HttpError(404, `container "${name}" not found in pod "${pod.metadata.name}"`);
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (candidate) => candidate.name === name,
  );
  if (!status) throw new HttpError(400, `${where} is not available`);
  const last = status.lastState?.terminated?.containerID;
  if (previous && !last) throw new HttpError(400, `previous terminated ${where} not found`);
  const { running, terminated, waiting } = status.state ?? {};
  const id = previous ? last : running ? status.containerID : (terminated?.containerID ?? last);
  if (id) return id.replace(/^.*:\/\//, '');
  if (terminated) throw new HttpError(400, `${where} is terminated`);
  throw new HttpError(400, `${where} is waiting to start: ${waitingText(waiting?.reason)}`);
}

/** Upstream shows these two in words of their own. */
function waitingText(reason: string | undefined): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : (reason ?? '');
}
