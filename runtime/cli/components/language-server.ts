import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The language server is a program of its own: this one passes its streams, its signals and its exit code through. */
export async function runLanguageServer(): Promise<void> {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const child = spawn(process.execPath, [join(__dirname, '../../server.js'), '--stdio'], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('exit', (code) => resolve(code ?? 1));
    child.on('error', reject);
  });
}
