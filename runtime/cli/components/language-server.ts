import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The language server is a program of its own: this one passes its streams through. */
export async function runLanguageServer(): Promise<void> {
  const child = spawn(process.execPath, [join(__dirname, '../../server.js'), '--stdio'], { stdio: 'inherit', env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
  process.exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}
