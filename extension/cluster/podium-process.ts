import { spawn } from 'node:child_process';
import * as vscode from 'vscode';

/** The `podium` command failed; `message` is what it printed. */
export class PodiumError extends Error {
  override readonly name = 'PodiumError';
}

/** Runs the bundled `podium` command with the editor's own executable: VS Code brings no `node`. */
export class PodiumProcess {
  private readonly program: string;

  constructor(context: vscode.ExtensionContext, private readonly output: vscode.LogOutputChannel) {
    this.program = vscode.Uri.joinPath(context.extensionUri, 'dist/podium/lib/podium.js').fsPath;
  }

  /** Name of the cluster that the settings choose. */
  get clusterName(): string {
    return vscode.workspace.getConfiguration('podium').get('cluster.name', 'podium');
  }

  /** Resolves with standard output; each line of progress (standard error) goes to `onProgress`. Throws PodiumError. */
  run(args: readonly string[], onProgress: (line: string) => void = () => {}, token?: vscode.CancellationToken): Promise<string> {
    this.output.debug(`podium ${args.join(' ')}`);
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [this.program, ...args], {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      let errors = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors += text;
        for (const line of text.split('\n')) if (line.trim()) onProgress(line.replace(/[✓…]/g, '').trim());
      });
      const cancellation = token?.onCancellationRequested(() => child.kill());
      child.on('error', (error) => reject(new PodiumError(error.message)));
      child.on('close', (code) => {
        cancellation?.dispose();
        if (code === 0) resolve(printed);
        else reject(new PodiumError(errors.trim().split('\n').at(-1)?.replace(/^error: /, '') || `podium ended with code ${code}`));
      });
    });
  }
}
