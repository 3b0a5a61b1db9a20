import type Docker from 'dockerode';
import type { Duplex, Readable } from 'node:stream';
import { Writable } from 'node:stream';
import type { RemoteCommandOptions, RemoteCommandResult, RemoteCommandStreams } from '../../streaming/session';
import { ExecTimeoutError } from '../container-runtime';
import { passOutput } from './demux';
import { runtimeError } from './errors';

const maxProbeOutput = 10 * 1024;
/** How long the output of a container that has ended may take to come. */
const lastWordsMs = 1_000;
/** containerd's words. */
const ended = 'container is in CONTAINER_EXITED state';

/** A command in a running container, with the client's streams; resolves with how it ended. */
export async function execInContainer(
  container: Docker.Container,
  command: string[],
  options: RemoteCommandOptions,
  streams: RemoteCommandStreams,
): Promise<RemoteCommandResult> {
  try {
    const exec = await container.exec({
      Cmd: command,
      AttachStdin: options.stdin,
      AttachStdout: options.stdout,
      AttachStderr: options.stderr && !options.tty,
      Tty: options.tty,
    });
    const connection = await exec.start({ hijack: true, stdin: options.stdin, Tty: options.tty });
    streams.onResize(({ width, height }) => void exec.resize({ w: width, h: height }).catch(() => {}));
    await connect(connection, options.tty, streams);
    return { exitCode: (await exec.inspect()).ExitCode ?? 0 };
  } catch (error) {
    return { error: runtimeError(error, 'RunContainerError').message };
  }
}

/** The container's own first process; resolves when it ends or the client leaves. */
export async function attachToContainer(
  container: Docker.Container,
  options: RemoteCommandOptions,
  streams: RemoteCommandStreams,
): Promise<RemoteCommandResult> {
  try {
    const { Config, State } = await container.inspect();
    if (!State.Running) return { error: ended };
    const connection = (await container.attach({
      stream: true,
      hijack: true,
      stdin: options.stdin,
      stdout: options.stdout,
      stderr: options.stderr,
    })) as unknown as Duplex;
    streams.onResize(({ width, height }) => void container.resize({ w: width, h: height }).catch(() => {}));
    await giveUpEnded(container, connection);
    await connect(connection, Config.Tty, streams);
    return { exitCode: 0 };
  } catch (error) {
    return { error: runtimeError(error, 'RunContainerError').message };
  }
}

/**
 * The engine attaches to a container that ended a moment before as well, and waits for a start that never comes. One that
 * ended while it was attached gives its output and closes the connection by itself.
 */
async function giveUpEnded(container: Docker.Container, connection: Duplex): Promise<void> {
  if ((await container.inspect()).State.Running) return;
  const timer = setTimeout(() => connection.destroy(new Error(ended)), lastWordsMs);
  connection.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
}

async function connect(
  connection: Duplex,
  raw: boolean,
  { stdin, stdout, stderr, signal }: RemoteCommandStreams,
): Promise<void> {
  const leave = (): void => void connection.destroy();
  signal.addEventListener('abort', leave, { once: true });
  connection.on('error', () => {});
  // Ends our half only: the command goes on and may still answer.
  stdin?.on('error', () => {}).pipe(connection);
  try {
    await passOutput(connection, raw, stdout, stderr);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', leave);
    stdin?.unpipe(connection);
  }
}

/** Runs a probe or a hook. The engine can't end a command, but this process sees the host's processes and can. */
export async function execSync(
  container: Docker.Container,
  command: string[],
  timeoutSeconds: number,
): Promise<{ exitCode: number; output: string }> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const connection = (await exec.start({ hijack: true, stdin: false })) as Readable;
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < maxProbeOutput) chunks.push(chunk.subarray(0, maxProbeOutput - size));
      size += chunk.length;
      done();
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ExecTimeoutError(`command ${JSON.stringify(command.join(' '))} timed out`)),
      timeoutSeconds * 1000,
    );
  });
  try {
    await Promise.race([passOutput(connection, false, collect, collect), timeout]);
  } catch (error) {
    connection.destroy();
    if (error instanceof ExecTimeoutError) await killExec(exec);
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { exitCode: (await exec.inspect()).ExitCode ?? 0, output: Buffer.concat(chunks).toString() };
}

async function killExec(exec: Docker.Exec): Promise<void> {
  const { Pid, Running } = await exec.inspect();
  if (!Running || !Pid) return;
  try {
    process.kill(Pid, 'SIGKILL');
  } catch {
    // It ended by itself, or its processes are not ours to see.
  }
}
