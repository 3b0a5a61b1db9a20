import { readFileSync } from 'node:fs';

/** A process, told apart from a later one with its id. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own count; Linux only. */
  started?: string | undefined;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) };
}

/** Whether it still runs. A process that ended and that nobody has waited for yet (a zombie) can be signalled, but is gone. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = startOf(pid);
  if (now === 'ended') return false;
  return started === undefined || now === undefined || now === started;
}

/** Undefined for text that names no process. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value)) return undefined;
    if (!Number.isInteger(value.pid) || Number(value.pid) <= 0) return undefined;
    const started = 'started' in value && typeof value.started === 'string' ? value.started : undefined;
    return { pid: Number(value.pid), started };
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat, counted after the command's closing parenthesis: its name may hold anything. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}
