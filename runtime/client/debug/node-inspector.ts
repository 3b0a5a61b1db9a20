import { request } from 'node:http';
import type { Client } from '../resource-client';
import { runWithin } from './beside';
import { portFunctions } from './ports';
import { type ContainerPlace, type ContainerProcess, DebugError } from './processes';

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

/** Containers of a pod share their ports: a debugger would come to the wrong program. `$1` is the process, `$2` the port. */
const signal = `${portFunctions}if [ "$(listener "$1" "$2")" = other ]; then echo taken; else kill -USR1 "$1"; fi`;

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
  const words = ['podium', String(process.pid), String(defaultInspectorPort)];
  if ((await runWithin(client, place, ['sh', '-c', signal, ...words], toolsImage)).includes('taken')) {
    throw new DebugError(
      `port ${defaultInspectorPort} is taken by another program of pod "${place.pod.name}", and Node.js would listen there: debug ` +
        `that one, or start this one with --inspect=127.0.0.1:${defaultInspectorPort + 1}`,
    );
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
