// What `npm start` and `npm test` share: steps that print one line, and knowing whether dist/ is current.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const sources = ['package.json', 'package-lock.json', 'scripts', 'runtime', 'server', 'extension'];

/** True when dist/ is newer than everything that it is made from. */
export function isBuilt(bundle = 'dist/podium/lib/podium.js') {
  return existsSync(bundle) && sources.every((source) => newest(source) <= statSync(bundle).mtimeMs);
}

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).filter((name) => name !== 'generated').map((name) => newest(join(path, name))));
}

/** Runs a command whose output is shown only if it fails; ends the process then. */
export function runStep(title, command, args, options = {}) {
  const started = Date.now();
  process.stderr.write(`  ${title} …${process.stderr.isTTY ? '' : '\n'}`);
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 256 << 20, shell: process.platform === 'win32', ...options });
  if (result.status !== 0) {
    process.stderr.write(`\n${result.stdout ?? ''}${result.stderr ?? ''}\n${title} failed: ${result.error?.message ?? `exit code ${result.status}`}\n`);
    process.exit(1);
  }
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}✓ ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}
