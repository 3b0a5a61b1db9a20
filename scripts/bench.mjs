// `npm run bench`: builds what is missing, then measures (test/bench), beside a peer wherever one can run.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { prepareMachine } from './prepare-machine.mjs';
import { isBuilt, runStep } from './steps.mjs';

await prepareMachine();
if (!isBuilt()) runStep('building', 'npm', ['run', '--silent', 'build']);
const folder = 'node_modules/.cache/bench/lib';
await build({
  entryPoints: ['main', 'load', 'peer-server'].map((name) => `test/bench/${name}.ts`), outdir: folder, bundle: true, platform: 'node', format: 'cjs',
  target: 'node20', external: ['cpu-features', './crypto/build/Release/sshcrypto.node'], define: { PODIUM_VERSION: '"bench"' }, logLevel: 'warning',
});
cpSync(join(dirname(createRequire(import.meta.url).resolve('etcd3/package.json')), 'proto'), 'node_modules/.cache/bench/proto', { recursive: true });
process.exit(spawnSync(process.execPath, [join(folder, 'main.js'), ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
