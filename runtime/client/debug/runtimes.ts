import { type ContainerProcess, DebugError } from './processes';

/** What carries a program out, and so which debugger is for it. */
export type Runtime = 'node' | 'python' | 'go' | 'java' | 'dotnet';

const executables: readonly [RegExp, Runtime][] = [
  [/^node(js)?$/, 'node'],
  [/^python[\d.]*$/, 'python'],
  [/^java$/, 'java'],
  [/^dotnet$/, 'dotnet'],
];

/** Programs that start the one that is meant. */
const launchers =
  /(^|\/)(npm|npx|yarn|pnpm|corepack|nodemon|tsx|ts-node-dev|tini|dumb-init|docker-init|catatonit)(-cli)?(\.[cm]?js)?$/;

/** Go programs that are debuggers or hold pods, not what is debugged. */
const tools = /(^|\/)(dlv|pause)$/;

/** By its file, or by the first word where the file may not be seen. */
export function runtimeOf({ executable, kind, command }: ContainerProcess): Runtime | undefined {
  const first = executable || (command[0] ?? '');
  if (tools.test(first)) return undefined;
  if (kind === 'go' || kind === 'dotnet') return kind;
  const name = first.replace(/ \(deleted\)$/, '').replace(/^.*\//, '');
  return executables.find(([pattern]) => pattern.test(name))?.[1];
}

/** The file that an interpreter runs; undefined for `node -e`, `python -m` and the like. */
export function programOf({ command }: Pick<ContainerProcess, 'command'>): string | undefined {
  const [, first, second] = command;
  if (first === '-m' && second === 'debugpy') {
    const words = command.slice(3);
    return words.find((word, i) => !word.startsWith('-') && words[i - 1] !== '--listen');
  }
  if (first === '-e' || first === '-c' || first === '-m') return undefined;
  return command.find((word, i) => i > 0 && !word.startsWith('-'));
}

export interface Debuggee {
  process: ContainerProcess;
  runtime: Runtime;
}

/**
 * The process that is meant: the one of that number, or the first that a debugger is for and that isn't a package manager,
 * an init program or a debugger's own. Throws DebugError.
 */
export function debuggeeOf(processes: readonly ContainerProcess[], where: string, pid?: number): Debuggee {
  if (pid !== undefined && !processes.some((each) => each.pid === pid))
    throw new DebugError(`${where} has no process ${pid}: ${listed(processes)}`);
  const found = processes
    .filter((each) => pid === undefined || each.pid === pid)
    .flatMap((process) => {
      const runtime = runtimeOf(process);
      return runtime ? [{ process, runtime }] : [];
    })
    .filter(({ process }) => !isAdapter(process))
    .sort((a, b) => a.process.pid - b.process.pid);
  const chosen = found.find(({ process }) => !isLauncher(process)) ?? found[0];
  if (chosen) return chosen;
  throw new DebugError(`no Node.js, Python, Go, Java or .NET runs in ${where}: ${listed(processes)}`);
}

function isLauncher(process: ContainerProcess): boolean {
  const runtime = runtimeOf(process);
  const program = runtime === 'go' || runtime === 'dotnet' ? process.executable : programOf(process);
  return launchers.test(program ?? '');
}

/** debugpy's own process, which it starts beside the program. */
function isAdapter({ command }: ContainerProcess): boolean {
  return command.some((word) => /debugpy\/(adapter|launcher)\/?$/.test(word));
}

function listed(processes: readonly ContainerProcess[]): string {
  const words = processes.map(({ pid, command }) => `${pid} ${command.join(' ').slice(0, 40)}`);
  return words.length === 0 ? 'nothing runs there' : `it runs ${words.slice(0, 5).join('; ')}`;
}
