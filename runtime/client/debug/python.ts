import type { Client } from '../resource-client';
import { outputOf, runWithin, startBeside } from './beside';
import { portFunctions } from './ports';
import {
  type ContainerPlace,
  type ContainerProcess,
  DebugError,
  RestartNeededError,
  runInContainer,
} from './processes';

/** Where debugpy listens unless told. */
export const defaultDebugpyPort = 5678;

/** Where the tools' image has debugpy, and where it is put into the container: its library is loaded by that path. */
export const debugpyFolder = '/tmp/podium-debugpy';

/**
 * Has the program load debugpy, from a container beside it. The debugger that injects it looks at the program's files, not at
 * its own. `$1` is the process, `$2` the port.
 */
const injectBeside = `${portFunctions}set -e; port=$(free_port "$2")
root=/proc/$1/root; mkdir -p "$root/tmp"
cp -r ${debugpyFolder} "$root/tmp/" || { echo "debugpy can't be put into the container's /tmp: is its file system read-only?" >&2; exit 1; }
mkdir -p /tmp/bin; printf '#!/bin/sh\\nexec /usr/bin/gdb -iex "set sysroot /proc/%s/root" "$@"\\n' "$1" > /tmp/bin/gdb; chmod +x /tmp/bin/gdb
export PATH=/tmp/bin:$PATH PYTHONPATH=${debugpyFolder}
python3 -m debugpy --listen "127.0.0.1:$port" --pid "$1" > /tmp/log 2>&1 || { cat /tmp/log >&2; echo "debugpy can't be loaded into process $1: is the program linked with musl, or may it not be traced?" >&2; exit 1; }
echo "debugpy listens at $port"`;

/** A program that was started with debugpy a moment ago listens a moment later. `$1` is the port. */
const untilListening = `${portFunctions}for i in $(seq 1 100); do [ "$(listener 0 "$1")" = free ] || exit 0; sleep 0.1; done
echo "debugpy does not listen at port $1" >&2; exit 1`;

/** With the image's own debugpy and gdb, where it has them. */
const injectItself = [
  'sh',
  '-c',
  `${portFunctions}command -v gdb >/dev/null || exit 1; port=$(free_port "$2")
python3 -m debugpy --listen "127.0.0.1:$port" --pid "$1" && echo "debugpy listens at $port"`,
  'podium',
];

/** The port at which debugpy listens already, for a program that was started with it or that was debugged before. */
export function debugpyPort(processes: readonly ContainerProcess[]): number | undefined {
  for (const { command } of processes) {
    const isAdapter = command.some((word) => word.endsWith('debugpy/adapter'));
    if (isAdapter) return Number(command[command.indexOf('--port') + 1]) || undefined;
    if (!command.some((word) => /(^|\/)debugpy(\/__main__\.py)?$/.test(word))) continue;
    const listen = command[command.indexOf('--listen') + 1] ?? '';
    const port = Number(listen.split(':').at(-1));
    if (command.includes('--listen') && port > 0) return port;
  }
  return undefined;
}

/**
 * Has a running Python listen for a debugger, without a restart. Returns the port. `toolsImage` has debugpy and gdb. Throws
 * DebugError.
 */
export async function openDebugpy(
  client: Client,
  place: ContainerPlace,
  processes: readonly ContainerProcess[],
  process: ContainerProcess,
  toolsImage: (() => Promise<string | undefined>) | undefined,
): Promise<number> {
  const listening = debugpyPort(processes);
  if (listening !== undefined) {
    await runWithin(client, place, ['sh', '-c', untilListening, 'podium', String(listening)], toolsImage);
    return listening;
  }
  const words = [String(process.pid), String(defaultDebugpyPort)];
  const itself = await outputIfAny(client, place, [...injectItself, ...words]);
  if (itself !== undefined) return portIn(itself);
  try {
    const image = await toolsImage?.();
    if (image === undefined) throw new DebugError(needed(place));
    const command = ['sh', '-c', injectBeside, 'podium', ...words];
    return portIn(await outputOf(client, await startBeside(client, place, image, command)));
  } catch (error) {
    const python = process.command[0] ?? 'python3';
    if (
      !(error instanceof DebugError) ||
      (await outputIfAny(client, place, [python, '-c', 'import debugpy'])) === undefined
    )
      throw error;
    throw new RestartNeededError(error.message, debugpyCommand(process, false));
  }
}

/** The command that starts a Python program under debugpy; with `waits` not before a debugger has come. */
export function debugpyCommand({ command }: Pick<ContainerProcess, 'command'>, waits: boolean): string[] {
  const own = command.indexOf('--listen');
  if (command.includes('debugpy') && own > 0) {
    const isWaiting = command.includes('--wait-for-client');
    return command.toSpliced(own + 2, 0, ...(waits && !isWaiting ? ['--wait-for-client'] : []));
  }
  const [python = 'python3', ...words] = command;
  // Flags of Python itself come before what it runs; two of them have a value.
  let flags = 0;
  while (/^-[^mc]/.test(words[flags] ?? '')) flags += /^-[WX]$/.test(words[flags] ?? '') ? 2 : 1;
  const listen = [
    '-m',
    'debugpy',
    '--listen',
    `127.0.0.1:${defaultDebugpyPort}`,
    ...(waits ? ['--wait-for-client'] : []),
  ];
  return [python, ...words.slice(0, flags), ...listen, ...words.slice(flags)];
}

async function outputIfAny(
  client: Client,
  place: ContainerPlace,
  command: readonly string[],
): Promise<string | undefined> {
  try {
    return await runInContainer(client, place, command);
  } catch (error) {
    if (error instanceof DebugError) return undefined;
    throw error;
  }
}

function portIn(output: string): number {
  return Number(/^debugpy listens at (\d+)$/m.exec(output)?.[1] ?? defaultDebugpyPort);
}

function needed({ container }: ContainerPlace): string {
  return (
    `Python in container "${container}" can't be debugged as it is: its image has no debugpy and gdb. Add the packages ` +
    'debugpy and gdb to it, start the program with "python3 -m debugpy --listen 127.0.0.1:5678", or name an image that has ' +
    'both in the setting podium.debug.image'
  );
}
