import { request } from 'node:http';
import type { Client } from '../resource-client';
import { type ContainerPlace, type ContainerProcess, DebugError, runInContainer } from './processes';

/** Where Node.js listens for debuggers unless told. */
export const defaultInspectorPort = 9229;
const answerTimeoutMs = 10_000;

/** Programs that start the one that is meant. */
const launchers = /(^|\/)(npm|npx|yarn|pnpm|corepack|nodemon|tsx|ts-node-dev)(-cli)?(\.[cm]?js)?$/;

/** The Node.js process that is the program: not the package manager that started it, and of workers the first. */
export function nodeProcess(processes: readonly ContainerProcess[]): ContainerProcess | undefined {
  const own = processes.filter(({ command }) => /(^|\/)node(js)?$/.test(command[0] ?? ''));
  const programs = own.filter((each) => !launchers.test(programOf(each) ?? ''));
  return [...(programs.length > 0 ? programs : own)].sort((a, b) => a.pid - b.pid)[0];
}

/** The file that a Node.js process runs; undefined for `node -e` and the like. */
export function programOf({ command }: Pick<ContainerProcess, 'command'>): string | undefined {
  return command.find((word, i) => i > 0 && !word.startsWith('-'));
}

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

/** Has a running Node.js listen for a debugger, without a restart (SIGUSR1). Returns the port. Throws DebugError. */
export async function openInspector(client: Client, place: ContainerPlace, process: ContainerProcess): Promise<number> {
  const port = inspectorPort(process);
  if (port !== undefined) return port;
  await runInContainer(client, place, ['sh', '-c', `kill -USR1 ${process.pid}`]);
  return defaultInspectorPort;
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
