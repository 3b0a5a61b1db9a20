import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import { Cancelled, PodiumError } from '../errors';
import { t } from '../words';

/** Runs the bundled `podium` command with the editor's own executable: VS Code brings no `node`. */
export class PodiumProcess {
  readonly program: string;

  constructor(
    context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.program = vscode.Uri.joinPath(context.extensionUri, 'dist/podium/lib/podium.js').fsPath;
  }

  /** What the editor's own executable needs to run a program. */
  readonly environment = { ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' };

  /** Name of the cluster that the settings choose. */
  get clusterName(): string {
    return vscode.workspace.getConfiguration('podium').get('cluster.name', 'podium');
  }

  /** Resolves with standard output; each line of progress (standard error) goes to `onProgress`. Throws PodiumError, or Cancelled when the token ended it. */
  run(
    args: readonly string[],
    onProgress: (line: string) => void = () => {},
    token?: vscode.CancellationToken,
  ): Promise<string> {
    this.output.debug(`podium ${args.join(' ')}`);
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [this.program, ...args], {
        env: { ...process.env, ...this.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      let last = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (line.trim() === '') return;
        last = line;
        this.output.info(line.trim());
        onProgress(line.replace(/[✓…]/g, '').trim());
      });
      const cancellation = token?.onCancellationRequested(() => child.kill());
      child.on('error', (error) => reject(new PodiumError(error.message)));
      child.on('close', (code) => {
        cancellation?.dispose();
        if (code === 0) resolve(printed);
        else if (token?.isCancellationRequested) reject(new Cancelled());
        else reject(new PodiumError(last.trim().replace(/^error: /, '') || t`podium ended with code ${String(code)}`));
      });
    });
  }
}
