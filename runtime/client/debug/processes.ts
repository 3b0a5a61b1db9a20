import { text } from 'node:stream/consumers';
import type { Client } from '../resource-client';
import { execInPod, type PodRef } from '../pods/streams';

/** A debugger can't be attached; `message` says why, and what would help. */
export class DebugError extends Error {
  override readonly name = 'DebugError';
}

/** The image has no such program. */
export class NoProgramError extends DebugError {}

/** The program can be debugged only when it is started otherwise. */
export class RestartNeededError extends DebugError {
  /** `command`: what to start it by. */
  constructor(
    message: string,
    readonly command: readonly string[],
  ) {
    super(message);
  }
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
  /** The program's file; empty when it may not be seen. */
  executable: string;
  /** What the file itself tells where its name doesn't: `go`, `dotnet`. */
  kind: string;
  /** Of a Go program: its main file, where it was compiled; else empty. */
  source: string;
  command: readonly string[];
}

/** Unit separator: no word of a command has it. */
const separator = '\u001F';

/**
 * A line a process: its number, its parent's, its folder, its file, what that is by its content, and its words with unit
 * separators between. With the commands that every shell brings along, busybox's too.
 */
export const processScript = String.raw`for p in /proc/[0-9]*; do n=${'$'}{p#/proc/}; [ "$n" = $$ ] && continue
c=$(tr '\000' '\037' < $p/cmdline 2>/dev/null) || continue; [ -n "$c" ] || continue; s=$(cat $p/stat 2>/dev/null) || continue; s=${'$'}{s##*) }; set -- $s
e=$(readlink $p/exe 2>/dev/null); k=; m=
case ${'$'}{e##*/} in node*|python*|java|dotnet|dlv|sh|bash|dash|busybox) ;; *)
if grep -qs libcoreclr.so $p/maps; then k=dotnet
elif grep -qsa 'Go buildinf:' $p/exe; then k=go; m=$(tr '\000' '\n' < $p/exe | grep -a '^/[[:print:]]*/main\.go$' | head -n 1); fi;; esac
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$n" "$2" "$(readlink $p/cwd 2>/dev/null)" "$e" "$k" "$m" "$c"; done`;

/** Reads what the script wrote. */
export function parseProcesses(output: string): ContainerProcess[] {
  return output
    .split('\n')
    .flatMap((line) => parseProcess(line) ?? [])
    .filter(({ command }) => !command.includes(processScript));
}

function parseProcess(line: string): ContainerProcess | undefined {
  const [pid = '', parent = '', cwd = '', executable = '', kind = '', source = '', words = ''] = line.split('\t');
  if (!/^\d+$/.test(pid) || words === '') return undefined;
  const command = words.split(separator).filter((word, i, all) => word !== '' || i < all.length - 1);
  return { pid: Number(pid), parent: Number(parent), cwd, executable, kind, source, command };
}

/** What runs in a container, by its own shell. Throws NoProgramError for an image without one. */
export async function processesOf(client: Client, place: ContainerPlace): Promise<ContainerProcess[]> {
  return parseProcesses(await runInContainer(client, place, ['sh', '-c', processScript]));
}

/** The standard output of a command that succeeds. Throws NoProgramError, or DebugError with what it said. */
export async function runInContainer(
  client: Client,
  { pod, container }: ContainerPlace,
  command: readonly string[],
): Promise<string> {
  const session = await execInPod(client, pod, { container, command });
  const [output, said, result] = await Promise.all([text(session.stdout), text(session.stderr), session.result]);
  if ('exitCode' in result && result.exitCode === 0) return output;
  // Docker's engine tells on standard output of a command that it could not start.
  const engine =
    'exitCode' in result && result.exitCode >= 126 ? /^OCI runtime exec failed.*/.exec(output)?.[0] : undefined;
  const reason =
    engine ??
    (said.trim() || ('error' in result ? result.error : `${command[0]} ended with exit code ${result.exitCode}`));
  if (/executable file not found|no such file or directory/i.test(reason)) {
    throw new NoProgramError(`the image of container "${container}" has no ${command[0]}: ${reason}`);
  }
  throw new DebugError(reason);
}
