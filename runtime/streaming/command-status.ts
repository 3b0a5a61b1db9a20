import type { Status } from '../api/kinds';
import { errors } from '../api/status';
import type { RemoteCommandResult, TerminalSize } from './session';

/** How an exec or attach ended, as the Status of the error channel (v4 and v5). */
export function commandStatus(result: RemoteCommandResult): Status {
  if ('error' in result) return errors.internal(result.error).status;
  if (result.exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {}, status: 'Failure', reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${result.exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(result.exitCode) }] },
  };
}

/** What the protocols before v4 write on the error stream: nothing for success, else one line. */
export function commandErrorText(result: RemoteCommandResult): string {
  if ('error' in result) return result.error;
  return result.exitCode === 0 ? '' : `command terminated with non-zero exit code: exit status ${result.exitCode}`;
}

/** The inverse of `commandStatus`. */
export function parseCommandStatus(text: string): RemoteCommandResult {
  let status: Status;
  try {
    status = JSON.parse(text) as Status;
  } catch {
    return { error: text };
  }
  if (status.status === 'Success') return { exitCode: 0 };
  if (status.reason === 'NonZeroExitCode') {
    const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
    const exitCode = Number(cause?.message);
    if (cause && Number.isInteger(exitCode)) return { exitCode };
  }
  return { error: status.message ?? text };
}

const maxPendingText = 64 * 1024;

/** Reads `{"Width":80,"Height":24}` objects one behind the other; the latest is kept for who comes to listen later. */
export class TerminalSizes {
  private text = '';
  private last: TerminalSize | undefined;
  private listener: ((size: TerminalSize) => void) | undefined;

  push(chunk: Buffer): void {
    this.text = (this.text + chunk.toString()).slice(-maxPendingText);
    for (let end = this.text.indexOf('}'); end >= 0; end = this.text.indexOf('}')) {
      this.announce(this.text.slice(0, end + 1));
      this.text = this.text.slice(end + 1);
    }
  }

  listen(listener: (size: TerminalSize) => void): void {
    this.listener = listener;
    if (this.last) listener(this.last);
  }

  private announce(text: string): void {
    try {
      const { Width: width, Height: height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
      if (typeof width !== 'number' || typeof height !== 'number') return;
      this.last = { width, height };
      this.listener?.(this.last);
    } catch {
      // Not a size: a client's mistake that costs it the resize and nothing else.
    }
  }
}

export function terminalSizeText({ width, height }: TerminalSize): string {
  return `${JSON.stringify({ Width: width, Height: height })}\n`;
}
