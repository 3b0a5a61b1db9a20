import * as vscode from 'vscode';
import { execInPod, type RemoteCommandSession } from '../../runtime/client/pods/streams';
import type { Session } from '../clusters/session';
import { describeFailure } from '../errors';
import { t } from '../words';
import type { ContainerRef } from './pick';

/** bash where the image has it, else sh. */
export const shellCommand = ['sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash || exec sh'];

/** A command in a container as a terminal of the editor: keys, size and exit code go through. */
export class ShellTerminal implements vscode.Pseudoterminal {
  private readonly writes = new vscode.EventEmitter<string>();
  private readonly closes = new vscode.EventEmitter<number | void>();
  readonly onDidWrite = this.writes.event;
  readonly onDidClose = this.closes.event;
  private readonly ending = new AbortController();
  private session: RemoteCommandSession | undefined;
  private size: vscode.TerminalDimensions | undefined;
  private isOver = false;
  /** Keys that came before the shell. */
  private typedAhead = '';

  constructor(
    private readonly connection: Session,
    private readonly target: ContainerRef,
    private readonly command: readonly string[] = shellCommand,
  ) {}

  open(size: vscode.TerminalDimensions | undefined): void {
    this.size = size;
    this.run().catch((error: unknown) => this.end(describeFailure(error).message, 1));
  }

  handleInput(text: string): void {
    // After the end any key closes the terminal, as the editor's own do.
    if (this.isOver) this.closes.fire();
    else if (this.session) this.session.stdin.write(text);
    else this.typedAhead += text;
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.size = size;
    this.session?.resize({ width: size.columns, height: size.rows });
  }

  close(): void {
    this.ending.abort();
    this.session?.close();
  }

  private async run(): Promise<void> {
    const { pod, container } = this.target;
    const session = await execInPod(this.connection.client, pod, {
      container,
      command: this.command,
      stdin: true,
      tty: true,
      signal: this.ending.signal,
    });
    this.session = session;
    if (this.size) this.setDimensions(this.size);
    const decoder = new TextDecoder();
    session.stdout.on('data', (chunk: Buffer) => this.writes.fire(decoder.decode(chunk, { stream: true })));
    session.stdin.on('error', () => {});
    if (this.typedAhead) session.stdin.write(this.typedAhead);
    const result = await session.result;
    if (this.ending.signal.aborted) return;
    if ('exitCode' in result) this.finish(result.exitCode);
    else this.end(explain(result.error), 1);
  }

  private finish(exitCode: number): void {
    if (exitCode === 0) this.closes.fire(0);
    else this.end(t`The shell ended with exit code ${exitCode}.`, exitCode);
  }

  /** Stays open with a reason to read. */
  private end(message: string, exitCode: number): void {
    if (this.ending.signal.aborted) return;
    this.isOver = true;
    this.writes.fire(
      `\r\n\x1b[33m${message.replaceAll('\n', '\r\n')}\x1b[0m\r\n${t`Press any key to close the terminal.`}\r\n`,
    );
    if (exitCode !== 0) this.session?.close();
  }
}

function explain(error: string): string {
  const noShell = /executable file not found|no such file or directory/i.test(error);
  return noShell ? t`This image has no shell: ${error}\nAn ephemeral container can bring one (kubectl debug).` : error;
}
