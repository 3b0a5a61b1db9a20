import { Forward } from '../pods/forward';
import type { Client } from '../resource-client';
import { outputOf, startBeside } from './beside';
import { openDelve } from './go';
import { DebugLease } from './lease';
import { inspectedCommand, inspectorAnswers, openInspector } from './node-inspector';
import {
  type ContainerPlace,
  type ContainerProcess,
  DebugError,
  NoProgramError,
  parseProcesses,
  processesOf,
  processScript,
} from './processes';
import { debugpyCommand, openDebugpy } from './python';
import { type Debuggee, debuggeeOf, programOf, type Runtime } from './runtimes';

/** A way from a loopback port to the debugger of a process in a pod. */
export interface DebugConnection {
  place: ContainerPlace;
  /** Node.js's port speaks the inspector's protocol, the others' DAP. */
  runtime: 'node' | 'python' | 'go';
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

export interface AttachOptions {
  /** The process that is meant, where it isn't the first. */
  pid?: number | undefined;
  /** Image with shells and debuggers, for containers that have none; undefined where the cluster has none either. */
  toolsImage?: (() => Promise<string | undefined>) | undefined;
  /** Whether probes rest while the pod is debugged: false where kubelets know no leases. */
  lease?: boolean;
  signal: AbortSignal;
}

/** The command that starts a container's program so that it waits before its first line. Throws DebugError. */
export async function entryCommand(client: Client, place: ContainerPlace, options: AttachOptions): Promise<string[]> {
  const { process, runtime } = await debuggeeIn(client, place, options);
  if (runtime === 'node') return inspectedCommand(process);
  if (runtime === 'python') return debugpyCommand(process, true);
  throw new DebugError(`the program is ${names[runtime]}, which can't be held before its first line`);
}

const names: Record<Runtime, string> = { node: 'Node.js', python: 'Python', go: 'Go', java: 'Java', dotnet: '.NET' };

/** Opens the way to a program's debugger, without restarting it. Throws DebugError, StatusError, TargetError. */
export async function attachDebugger(
  client: Client,
  place: ContainerPlace,
  options: AttachOptions,
): Promise<DebugConnection> {
  const { processes, process, runtime } = await debuggeeIn(client, place, options);
  const lease = options.lease === false ? undefined : await DebugLease.take(client, place.pod);
  let forward: Forward | undefined;
  const close = async (): Promise<void> => {
    await Promise.allSettled([forward?.close(), lease?.release()]);
  };
  try {
    const remote = await openPort(client, place, processes, { process, runtime }, options);
    options.signal.throwIfAborted();
    forward = await Forward.open(client, { kind: 'pod', ...place.pod }, [{ local: 0, remote: String(remote) }]);
    const port = forward.ports[0]?.local ?? 0;
    if (runtime === 'node') await inspectorAnswers(port, options.signal);
    const program = runtime === 'go' ? process.source : programOf(process);
    return {
      place,
      runtime: runtime as DebugConnection['runtime'],
      port,
      cwd: process.cwd,
      pid: process.pid,
      program,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function debuggeeIn(
  client: Client,
  place: ContainerPlace,
  options: AttachOptions,
): Promise<Debuggee & { processes: ContainerProcess[] }> {
  const processes = await lookInto(client, place, options);
  const where = `container "${place.container}" of pod "${place.pod.name}"`;
  return { processes, ...debuggeeOf(processes, where, options.pid) };
}

/** By the container's own shell, or by one beside it. */
async function lookInto(
  client: Client,
  place: ContainerPlace,
  { toolsImage }: AttachOptions,
): Promise<ContainerProcess[]> {
  try {
    return await processesOf(client, place);
  } catch (error) {
    if (!(error instanceof NoProgramError)) throw error;
    const image = await toolsImage?.();
    if (image === undefined) {
      throw new DebugError(
        `${error.message}. To look at its processes name an image with a shell in the setting podium.debug.image`,
      );
    }
    return parseProcesses(await outputOf(client, await startBeside(client, place, image, ['sh', '-c', processScript])));
  }
}

/** The port in the pod at which the program's debugger listens from now on. */
async function openPort(
  client: Client,
  place: ContainerPlace,
  processes: readonly ContainerProcess[],
  { process, runtime }: Debuggee,
  { toolsImage }: AttachOptions,
): Promise<number> {
  if (runtime === 'node') return openInspector(client, place, process, toolsImage);
  if (runtime === 'python') return openDebugpy(client, place, processes, process, toolsImage);
  if (runtime === 'go') return openDelve(client, place, toolsImage);
  throw new DebugError(whatElse[runtime](process));
}

const whatElse = {
  java({ command }: ContainerProcess): string {
    const options = command.join(' ');
    const address = /-agentlib:jdwp=\S*address=(?:\S*:)?(\d+)/.exec(options)?.[1];
    return address
      ? `the program is Java and listens for debuggers (JDWP) at port ${address}, which Podium can't speak: forward that port ("Forward a Port") and attach with a Java debugger to it`
      : 'the program is Java, which can be debugged only when it was started for it: set the environment variable JAVA_TOOL_OPTIONS=-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=5005 in its container, forward port 5005 and attach with a Java debugger';
  },
  dotnet(): string {
    return 'the program is .NET, whose debugger (vsdbg, netcoredbg) Podium does not bring along: put it into the image and attach with a C# debugger whose pipeProgram is "podium exec"';
  },
};
