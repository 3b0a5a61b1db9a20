import { Forward } from '../pods/forward';
import type { Client } from '../resource-client';
import { DebugLease } from './lease';
import { inspectorAnswers, nodeProcess, openInspector, programOf } from './node-inspector';
import { type ContainerPlace, DebugError, processesOf } from './processes';

/** A way from a loopback port to the debugger of a process in a pod. */
export interface DebugConnection {
  place: ContainerPlace;
  /** Loopback port that a debug adapter connects to. */
  port: number;
  /** Where the program runs in the container, for mapping paths. */
  cwd: string;
  pid: number;
  /** The program's file, as the process names it: below `cwd` unless it is absolute. */
  program: string | undefined;
  /** Ends the forward and gives the probes back; errors are swallowed: the pod may be gone. */
  close(): Promise<void>;
}

/** Opens the way to the Node.js of a container, without restarting it. Throws DebugError, StatusError, TargetError. */
export async function attachNode(client: Client, place: ContainerPlace, signal: AbortSignal): Promise<DebugConnection> {
  const found = nodeProcess(await processesOf(client, place));
  if (!found) throw new DebugError(`no Node.js runs in container "${place.container}" of pod "${place.pod.name}"`);
  const lease = await DebugLease.take(client, place.pod);
  let forward: Forward | undefined;
  const close = async (): Promise<void> => {
    await Promise.allSettled([forward?.close(), lease.release()]);
  };
  try {
    const remote = await openInspector(client, place, found);
    forward = await Forward.open(client, { kind: 'pod', ...place.pod }, [{ local: 0, remote: String(remote) }]);
    const port = forward.ports[0]?.local ?? 0;
    await inspectorAnswers(port, signal);
    return { place, port, cwd: found.cwd, pid: found.pid, program: programOf(found), close };
  } catch (error) {
    await close();
    throw error;
  }
}
