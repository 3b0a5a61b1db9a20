import { createWebSocketStream, type WebSocket } from 'ws';
import type { Live, Pod } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import {
  connectPortForward,
  connectRemoteCommand,
  portForwardChannelProtocol,
  type PortForwardSession,
  portForwardStream,
  remoteCommandProtocols,
  type RemoteCommandSession,
  tunnelledPortForwardProtocol,
} from '../../streaming';
import type { Client } from '../resource-client';

export type { RemoteCommandSession };

/** The connection can't carry streams: it isn't HTTP. */
export class StreamsUnavailableError extends Error {
  override readonly name = 'StreamsUnavailableError';
}

/** Answers to an upgrade that another protocol wouldn't change. */
const finalReasons: ReadonlySet<string> = new Set(['NotFound', 'Forbidden', 'Unauthorized']);

export interface PodRef {
  namespace: string;
  name: string;
}

export interface ExecOptions {
  container: string;
  command: readonly string[];
  stdin?: boolean;
  /** With a terminal there is no standard error of its own. */
  tty?: boolean;
  signal?: AbortSignal;
}

export interface LogOptions {
  container: string;
  follow?: boolean;
  /** Of the container before its last restart. */
  previous?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  timestamps?: boolean;
  signal?: AbortSignal;
}

export function podPath({ namespace, name }: PodRef): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

/** The container that kubectl takes when none is named. */
export function defaultContainer({ metadata, spec }: Live<Pod>): string {
  return metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? spec?.containers[0]?.name ?? '';
}

/** Runs a command in a container. Throws StatusError when the server refuses. */
export async function execInPod(client: Client, pod: PodRef, options: ExecOptions): Promise<RemoteCommandSession> {
  const { container, command, stdin = false, tty = false, signal } = options;
  const query = { container, command, stdin, tty, stdout: true, stderr: !tty };
  return connectRemoteCommand(await upgrade(client, `${podPath(pod)}/exec`, query, remoteCommandProtocols, signal));
}

/** Joins the standard streams of a container's own process. */
export async function attachToPod(
  client: Client,
  pod: PodRef,
  { container, stdin = false, tty = false, signal }: Omit<ExecOptions, 'command'>,
): Promise<RemoteCommandSession> {
  const query = { container, stdin, tty, stdout: true, stderr: !tty };
  return connectRemoteCommand(await upgrade(client, `${podPath(pod)}/attach`, query, remoteCommandProtocols, signal));
}

/** What a container writes, in pieces as they arrive; ends with the log, or with the container when it is followed. */
export function podLogs(client: Client, pod: PodRef, { signal, ...query }: LogOptions): AsyncIterable<Buffer> {
  return client.transport.bytes({ method: 'GET', path: `${podPath(pod)}/log`, query, ...(signal && { signal }) });
}

/**
 * Connections to the ports of a pod: many over one, as kubectl makes them, or one each to a server that knows no better.
 * Throws StatusError when the server refuses. What the pod's end refuses destroys a connection with that error.
 */
export async function forwardToPod(client: Client, pod: PodRef, signal?: AbortSignal): Promise<PortForwardSession> {
  const path = `${podPath(pod)}/portforward`;
  try {
    const webSocket = await upgrade(client, path, {}, [tunnelledPortForwardProtocol], signal);
    return connectPortForward(createWebSocketStream(webSocket));
  } catch (error) {
    const isFinal = isStatusError(error) && finalReasons.has(error.reason);
    if (isFinal || error instanceof StreamsUnavailableError || signal?.aborted) throw error;
  }
  return {
    dial: async (port) =>
      portForwardStream(await upgrade(client, path, { ports: port }, [portForwardChannelProtocol], signal)),
    closed: new Promise(() => {}),
    close() {},
  };
}

function upgrade(
  { transport }: Client,
  path: string,
  query: Record<string, string | number | boolean | readonly string[]>,
  protocols: readonly string[],
  signal: AbortSignal | undefined,
): Promise<WebSocket> {
  if (!transport.upgrade) throw new StreamsUnavailableError('this connection can carry no streams');
  return transport.upgrade({ path, query, protocols: [...protocols], ...(signal && { signal }) });
}
