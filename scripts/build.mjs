// Bundles every entry into dist/: `node scripts/build.mjs [--minify] [--watch]`.
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, context } from 'esbuild';
import { writeNotices } from './notices.mjs';

const require = createRequire(import.meta.url);
const minify = process.argv.includes('--minify');
const watch = process.argv.includes('--watch');
const version = JSON.stringify(require('../package.json').version);

/** Entry → bundle. The CLI's bundle is also the cluster daemon's: it is copied into the state folder and run from there. */
const entries = [
  { in: 'runtime/cli/main.ts', out: 'dist/podium/lib/podium.js', banner: '#!/usr/bin/env node' },
  { in: 'runtime/node/agent-main.ts', out: 'dist/podium/agent/agent.js' },
  { in: 'runtime/node/simulated-main.ts', out: 'dist/podium/lib/simulated-nodes.js' },
  { in: 'server/main.ts', out: 'dist/server.js' },
  { in: 'extension/main.ts', out: 'dist/extension.js', external: ['vscode'] },
].filter((entry) => existsSync(entry.in));

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: minify ? false : 'linked',
  minify,
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  define: { PODIUM_VERSION: version },
  // Native accelerators of dockerode's ssh transport; it does without them.
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
};

rmSync('dist', { recursive: true, force: true });
const bundled = new Set();
for (const entry of entries) {
  const options = {
    ...shared,
    entryPoints: [entry.in],
    outfile: entry.out,
    banner: entry.banner ? { js: entry.banner } : {},
    external: [...shared.external, ...(entry.external ?? [])],
  };
  if (watch) await (await context(options)).watch();
  else for (const input of Object.keys((await build(options)).metafile.inputs)) bundled.add(input);
}
writeNotices(bundled, 'dist/THIRD-PARTY-NOTICES.txt');
copyProtocolFiles();
if (existsSync('dist/podium/lib/podium.js')) chmodSync('dist/podium/lib/podium.js', 0o755);

/** etcd3 and dockerode read .proto files by a path relative to their own file, so to the bundle, when they are used. */
function copyProtocolFiles() {
  const folder = (name) => dirname(require.resolve(`${name}/package.json`));
  const copies = [
    [join(folder('etcd3'), 'proto'), 'dist/podium/proto'],
    [join(folder('dockerode'), 'lib/proto'), 'dist/podium/lib/proto'],
    [join(folder('dockerode'), 'lib/proto'), 'dist/podium/agent/proto'],
  ];
  for (const [from, to] of copies) cpSync(from, to, { recursive: true });
}
