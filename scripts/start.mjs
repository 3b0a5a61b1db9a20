// `npm start`: installs and builds what is missing, then starts a cluster and runs the guestbook on it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuilt, runStep } from './steps.mjs';

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`Podium needs Node.js 20 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
if (!existsSync('node_modules/esbuild')) runStep('installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
if (!isBuilt()) runStep('building', 'npm', ['run', '--silent', 'build']);
const result = spawnSync(process.execPath, ['dist/podium/lib/podium.js', 'demo', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(result.status ?? 1);
