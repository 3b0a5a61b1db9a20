import { randomBytes } from 'node:crypto';
import type { EphemeralContainer, Pod } from '../../api/kinds';
import { podLogs, type PodRef } from '../pods/streams';
import type { Client } from '../resource-client';
import { type ContainerPlace, DebugError, NoProgramError, runInContainer } from './processes';

const startTimeoutMs = 60_000;
const endTimeoutMs = 60_000;
const pollMs = 150;

/** A container beside the one that is debugged: it sees that one's processes, and has programs of its own. */
export interface Beside {
  pod: PodRef;
  name: string;
}

/**
 * Adds an ephemeral container that shares a container's processes, and waits until it runs or has run. It stays in the pod's
 * list when it has ended, so `command` must end by itself. Throws DebugError, StatusError.
 */
export async function startBeside(
  client: Client,
  { pod, container }: ContainerPlace,
  image: string,
  command: readonly string[],
): Promise<Beside> {
  const name = `podium-debug-${randomBytes(3).toString('hex')}`;
  const added: EphemeralContainer = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...command],
    targetContainerName: container,
    // A debugger reads and stops processes of any user.
    securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { add: ['SYS_PTRACE'] } },
  };
  const patch = { spec: { ephemeralContainers: [added] } };
  await client.pods.patch(pod.name, pod.namespace, 'strategic', patch, { subresource: 'ephemeralcontainers' });
  const beside = { pod, name };
  await until(client, beside, startTimeoutMs, ({ running, terminated }) => running ?? terminated);
  return beside;
}

/** What it wrote, once it has ended well. Throws DebugError with what it wrote otherwise. */
export async function outputOf(client: Client, beside: Beside): Promise<string> {
  const { exitCode } = await until(client, beside, endTimeoutMs, ({ terminated }) => terminated);
  const written = await logOf(client, beside);
  if (exitCode === 0) return written;
  throw new DebugError(
    written.trim().split('\n').at(-1) || `the debugger's container ended with exit code ${exitCode}`,
  );
}

/** What a command writes in a container, or beside it where its image has no such program. Throws DebugError. */
export async function runWithin(
  client: Client,
  place: ContainerPlace,
  command: readonly string[],
  toolsImage: (() => Promise<string | undefined>) | undefined,
): Promise<string> {
  try {
    return await runInContainer(client, place, command);
  } catch (error) {
    const image = error instanceof NoProgramError ? await toolsImage?.() : undefined;
    if (image === undefined) throw error;
    return outputOf(client, await startBeside(client, place, image, command));
  }
}

export async function logOf(client: Client, { pod, name }: Beside): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of podLogs(client, pod, { container: name })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

type State = NonNullable<NonNullable<NonNullable<Pod['status']>['ephemeralContainerStatuses']>[number]['state']>;

async function until<T>(
  client: Client,
  { pod, name }: Beside,
  timeoutMs: number,
  wanted: (state: State) => T | undefined,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const { status } = await client.pods.get(pod.name, pod.namespace);
    const state = status?.ephemeralContainerStatuses?.find((each) => each.name === name)?.state ?? {};
    const found = wanted(state);
    if (found) return found;
    const { reason = 'it does not start', message = '' } = state.waiting ?? {};
    const isRefused = /^(Err|Invalid|CreateContainer|RunContainer)/.test(reason);
    if (isRefused || Date.now() > end)
      throw new DebugError(`the debugger's container in pod "${pod.name}" does not run: ${reason} ${message}`.trim());
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
