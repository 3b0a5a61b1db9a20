import { request } from 'node:http';
import type { Client } from '../resource-client';
import { outputOf, startBeside } from './beside';
import { type ContainerPlace, type ContainerProcess, DebugError, NoProgramError, runInContainer } from './processes';

/** Where Node.js listens for debuggers unless told. */
export const defaultInspectorPort = 9229;
const answerTimeoutMs = 10_000;

/** The port of a process that was started to be debugged: `--inspect`, `--inspect-brk=0.0.0.0:9230`. */
export function inspectorPort({ command }: Pick<ContainerProcess, 'command'>): number | undefined {
  for (const word of command.slice(1)) {
    // What follows the program are its own arguments.
    if (!word.startsWith('-')) return undefined;
    const match = /^--inspect(?:-brk|-wait)?(?:=(?:.*:)?(\d+))?$/.exec(word);
    if (match) return Number(match[1] ?? defaultInspectorPort);
  }
  return undefined;
}

/**
 * Has a running Node.js listen for a debugger, without a restart (SIGUSR1). Returns the port. `toolsImage` has the shell that
 * the container may lack. Throws DebugError.
 */
export async function openInspector(
  client: Client,
  place: ContainerPlace,
  process: ContainerProcess,
  toolsImage?: () => Promise<string | undefined>,
): Promise<number> {
  const port = inspectorPort(process);
  if (port !== undefined) return port;
  const command = ['sh', '-c', `kill -USR1 ${process.pid}`];
  try {
    await runInContainer(client, place, command);
  } catch (error) {
    const image = error instanceof NoProgramError ? await toolsImage?.() : undefined;
    if (image === undefined) throw error;
    await outputOf(client, await startBeside(client, place, image, command));
  }
  return defaultInspectorPort;
}

/** The command that starts a Node.js program so that it waits for a debugger before its first line. */
export function inspectedCommand({ command }: Pick<ContainerProcess, 'command'>): string[] {
  const [node = 'node', ...words] = command;
  return [
    node,
    `--inspect-brk=127.0.0.1:${defaultInspectorPort}`,
    ...words.filter((word) => !/^--inspect\b/.test(word)),
  ];
}

/** Resolves when an inspector answers at a loopback port. Throws DebugError when none does in time. */
export async function inspectorAnswers(port: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + answerTimeoutMs;
  for (;;) {
    signal.throwIfAborted();
    if (await asked(port)) return;
    if (Date.now() > end)
      throw new DebugError('Node.js does not listen for a debugger: does the program handle SIGUSR1 itself?');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function asked(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path: '/json/version', agent: false, timeout: 2_000 },
      (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode === 200);
      },
    );
    outgoing
      .on('error', () => resolve(false))
      .on('timeout', () => outgoing.destroy())
      .end();
  });
}
