// Bundles every entry into dist/: `node scripts/build.mjs [--minify]`.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build, transform } from 'esbuild';
import { keepCompiledCode } from './compiled-code.mjs';
import { escaped, seldomCalled } from './bundle-plugins.mjs';
import { languageServerOptions } from './language-server-bundle.mjs';
import { writeNotices } from './notices.mjs';

const require = createRequire(import.meta.url);
const minify = process.argv.includes('--minify');

const version = JSON.stringify(require('../package.json').version);

/** Entry → bundle. The CLI's bundles are also the cluster daemon's: they are copied into the state folder and run from there. */
const entries = [
  { in: 'runtime/cli/main.ts', out: 'dist/podium/lib/podium.js', banner: '#!/usr/bin/env node' },
  { in: 'runtime/cli/cluster-main.ts', out: 'dist/podium/lib/cli.js' },
  { in: 'server/command/main.ts', out: 'dist/podium/lib/lint.js' },
  { in: 'runtime/node/agent-main.ts', out: 'dist/podium/agent/agent.js', options: { plugins: [seldomCalled.leftOut] } },
  { in: 'runtime/node/simulated-main.ts', out: 'dist/podium/lib/simulated-nodes.js' },
  { in: 'server/main.ts', out: 'dist/server.js' },
  { in: 'server/serve.ts', out: 'dist/language-server.js', options: languageServerOptions(minify) },
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
  plugins: [seldomCalled.loadedThen],
  // Its other form asks for its files in a way that no bundler sees.
  alias: { 'jsonc-parser': './node_modules/jsonc-parser/lib/esm/main.js' },
  logLevel: 'warning',
  define: { PODIUM_VERSION: version },
  // Native accelerators of dockerode's ssh transport; it does without them.
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
};

// Made beside the old one and then put in its place: a build that fails leaves a dist/ that runs.
const folder = 'node_modules/.cache/dist';
rmSync(folder, { recursive: true, force: true });
const bundled = new Set();
for (const entry of entries) {
  const options = {
    ...shared,
    entryPoints: [entry.in],
    outfile: entry.out.replace(/^dist/, folder),
    banner: entry.banner ? { js: entry.banner } : {},
    external: [...shared.external, ...(entry.external ?? [])],
    ...entry.options,
    plugins: [...(entry.options?.plugins ?? []), ...shared.plugins],
  };
  for (const input of Object.keys((await build(options)).metafile.inputs)) bundled.add(input);
  writeFileSync(options.outfile, escaped(readFileSync(options.outfile, 'utf8')));
}
await keepCompiledCode(folder);
if (existsSync('extension/main.ts')) {
  await bundleExtension();
  await bundlePages();
}
writeNotices(bundled, `${folder}/THIRD-PARTY-NOTICES.txt`);
copyProtocolFiles();
if (existsSync(`${folder}/podium/lib/podium.js`)) chmodSync(`${folder}/podium/lib/podium.js`, 0o755);
rmSync('dist', { recursive: true, force: true });
renameSync(folder, 'dist');

/** The pages that the extension shows: a script and a style sheet each, for a browser. */
async function bundlePages() {
  const pages = readdirSync('extension/webviews', { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  await build({
    ...shared, platform: 'browser', target: 'es2022', format: 'iife', plugins: [], external: [],
    entryPoints: Object.fromEntries(pages.flatMap((page) => [[page, `extension/webviews/${page}/main.ts`], [`${page}.style`, `extension/webviews/${page}/style.css`]])),
    entryNames: '[name]', outdir: `${folder}/webviews`,
  });
  for (const page of pages) renameSync(`${folder}/webviews/${page}.style.css`, `${folder}/webviews/${page}.css`);
}

/**
 * The extension in pieces: what `import()` names is loaded when it is first needed, so that activation reads little.
 * esbuild splits ES modules alone, and the editor wants CommonJS: each piece is turned into it afterwards.
 */
async function bundleExtension() {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: { extension: 'extension/main.ts' },
    outdir: folder,
    chunkNames: 'extension/[name]-[hash]',
    format: 'esm',
    splitting: true,
    sourcemap: minify ? false : 'inline',
    external: [...shared.external, 'vscode'],
    write: false,
  });
  for (const { path, text } of outputFiles) {
    const { code, map } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      supported: { 'dynamic-import': false },
      sourcefile: path,
      sourcemap: minify ? false : 'external',
      minify,
    });
    mkdirSync(dirname(path), { recursive: true });
    const name = relative(dirname(path), path);
    writeFileSync(path, map ? `${code}//# sourceMappingURL=${name}.map\n` : code);
    if (map) writeFileSync(`${path}.map`, map);
  }
  for (const input of Object.keys(metafile.inputs)) bundled.add(input);
}

/** etcd3 and dockerode read .proto files by a path relative to their own file, so to the bundle, when they are used. */
function copyProtocolFiles() {
  const home = (name) => dirname(require.resolve(`${name}/package.json`));
  const copies = [
    [join(home('etcd3'), 'proto'), `${folder}/podium/proto`],
    [join(home('dockerode'), 'lib/proto'), `${folder}/podium/lib/proto`],
    [join(home('dockerode'), 'lib/proto'), `${folder}/podium/agent/proto`],
  ];
  for (const [from, to] of copies) cpSync(from, to, { recursive: true });
}
