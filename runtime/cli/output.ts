import { StateFileError } from '../cluster/files';

/** A mistake of the user's, or a condition that they can change: one line, no stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

const expectedErrors = new Set([
  'UserError', 'StatusError', 'DaemonError', 'LaunchError', 'ControlError', 'EngineUnavailableError', 'ImageBuildError', 'StateFileError',
  'LockedError', 'KubeconfigError', 'ConnectionError', 'KustomizeError', 'ChartError', 'ValueError', 'TargetError', 'OperationError', 'CopyError', 'StreamsUnavailableError',
]);

/** How kubectl would say it: `Error from server (NotFound): pods "x" not found`. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const reason = (error as { reason?: string }).reason;
  if (error.name === 'StatusError') return `Error from server${reason ? ` (${reason})` : ''}: ${error.message}`;
  const isOfSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
  if (isOfSystem || expectedErrors.has(error.name) || error instanceof StateFileError) return `error: ${error.message}`;
  return `error: ${error.stack ?? error.message}`;
}

/** Steps on a terminal: a line that is rewritten; elsewhere one line a step. */
export class StepDisplay {
  private readonly live = process.stderr.isTTY;
  private last = '';
  private readonly started = performance.now();

  step(message: string): void {
    if (message === this.last) return;
    this.last = message;
    const text = `  ${message} …`;
    if (this.live) process.stderr.write(`\r\x1b[2K${text}`);
    else process.stderr.write(`${text}\n`);
  }

  done(message: string): void {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    if (this.live) process.stderr.write('\r\x1b[2K');
    process.stderr.write(`✓ ${message} (${seconds} s)\n`);
  }
}
