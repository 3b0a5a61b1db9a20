import { spawn } from 'node:child_process';

/** A command that the node ran failed; `message` has what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(readonly command: string, readonly exitCode: number | null, readonly stderr: string) {
    super(`${command}: ${stderr.trim() || `exit code ${exitCode}`}`);
  }
}

/** Runs a command with `input` on its standard input; resolves with its standard output. Throws CommandError. */
export function runCommand(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', (error) => reject(new CommandError(command, null, error.message)));
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new CommandError([command, ...args].join(' '), code, Buffer.concat(errors).toString()));
    });
    // A command that ends before it has read its input is reported by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export type RunCommand = typeof runCommand;
