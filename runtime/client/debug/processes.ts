import { text } from 'node:stream/consumers';
import type { Client } from '../resource-client';
import { execInPod, type PodRef } from '../pods/streams';

/** A debugger can't be attached; `message` says why, and what would help. */
export class DebugError extends Error {
  override readonly name = 'DebugError';
}

export interface ContainerPlace {
  pod: PodRef;
  container: string;
}

export interface ContainerProcess {
  pid: number;
  parent: number;
  /** Working directory; empty when it may not be seen. */
  cwd: string;
  command: readonly string[];
}

/** Unit separator: no word of a command has it. */
const separator = '\u001F';

/** A line a process: its number, its parent's, its folder, and its words with unit separators between. */
const script = `for p in /proc/[0-9]*; do n=\${p#/proc/}; [ -r $p/cmdline ] || continue; c=$(tr '\\000' '\\037' < $p/cmdline 2>/dev/null) || continue
[ -n "$c" ] || continue; s=$(cat $p/stat 2>/dev/null) || continue; s=\${s##*) }; set -- $s; printf '%s\\t%s\\t%s\\t%s\\n' "$n" "$2" "$(readlink $p/cwd 2>/dev/null)" "$c"; done`;

/** What runs in a container, by its own shell. Throws DebugError for an image without one. */
export async function processesOf(client: Client, { pod, container }: ContainerPlace): Promise<ContainerProcess[]> {
  const output = await runInContainer(client, { pod, container }, ['sh', '-c', script]);
  return output
    .split('\n')
    .flatMap((line) => parseProcess(line) ?? [])
    .filter(({ command }) => command[2] !== script);
}

function parseProcess(line: string): ContainerProcess | undefined {
  const [pid = '', parent = '', cwd = '', words = ''] = line.split('\t');
  if (!/^\d+$/.test(pid) || words === '') return undefined;
  return {
    pid: Number(pid),
    parent: Number(parent),
    cwd,
    command: words.split(separator).filter((word, i, all) => word !== '' || i < all.length - 1),
  };
}

/** The standard output of a command that succeeds. Throws DebugError with what it said otherwise. */
export async function runInContainer(
  client: Client,
  { pod, container }: ContainerPlace,
  command: readonly string[],
): Promise<string> {
  const session = await execInPod(client, pod, { container, command });
  const [output, said, result] = await Promise.all([text(session.stdout), text(session.stderr), session.result]);
  if ('exitCode' in result && result.exitCode === 0) return output;
  const reason =
    said.trim() || ('error' in result ? result.error : `${command[0]} ended with exit code ${result.exitCode}`);
  if (/executable file not found|no such file or directory/i.test(reason)) {
    throw new DebugError(
      `the image of container "${container}" has no ${command[0]}, which is needed to look at its processes: ${reason}`,
    );
  }
  throw new DebugError(reason);
}
