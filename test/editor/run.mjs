// Runs the mocha suite in a real VS Code: `node test/editor/run.mjs REPORT`. With a display it is a downloaded or installed
// VS Code (@vscode/test-electron); without one code-server in headless Chromium.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { openWorkbench, withTimeout } from './host.mjs';

const extension = resolve('.');
const artifacts = resolve('test/artifacts');
const reportFile = resolve(process.argv[2] ?? join(artifacts, 'editor.json'));
const work = mkdtempSync(join(tmpdir(), 'podium-editor-run-'));
const workspace = join(work, 'workspace');
const home = join(work, 'home');
const cluster = `editor-${process.pid}`;

rmSync(reportFile, { force: true });
mkdirSync(artifacts, { recursive: true });
mkdirSync(home);
cpSync('test/editor/workspace', workspace, { recursive: true });
mkdirSync(join(workspace, '.vscode'), { recursive: true });
writeFileSync(join(workspace, '.vscode/settings.json'), JSON.stringify({
  'podium.cluster.name': cluster, 'podium.cluster.nodes': 3, 'podium.cluster.runtime': 'simulated', 'workbench.startupEditor': 'none',
}));
const suite = await bundleSuite();
const env = { PODIUM_HOME: home, PODIUM_TEST_REPORT: reportFile, PODIUM_TEST_ARTIFACTS: artifacts };

try {
  if (hasDisplay()) await runOnDesktop();
  else await runOnCodeServer();
} finally {
  spawnSync(process.execPath, ['dist/podium/lib/podium.js', 'down', '--all'], { env: { ...process.env, ...env }, stdio: 'ignore' });
  rmSync(work, { recursive: true, force: true });
}
// The suite writes its report last: a workbench whose extension host died says 0 all the same.
if (!existsSync(reportFile)) {
  console.error('the suite did not reach its end');
  process.exit(1);
}
process.exit(JSON.parse(readFileSync(reportFile, 'utf8')).numFailedTests === 0 ? 0 : 1);

async function runOnCodeServer() {
  let shots = Promise.resolve();
  const workbench = await openWorkbench({
    folder: workspace, extension, tests: suite, env,
    onLog(type, args) {
      const text = args.map(String).join(' ');
      const shot = /^screenshot: ([\w-]+)$/.exec(text.trim())?.[1];
      if (shot) shots = shots.then(() => workbench.page.screenshot({ path: join(artifacts, `${shot}.png`) }));
      else console.log(text);
    },
  });
  try {
    await withTimeout(workbench.exit, 'the suite');
    await shots;
  } finally {
    await workbench.close();
  }
}

async function runOnDesktop() {
  const { runTests } = await import('@vscode/test-electron');
  await runTests({
    extensionDevelopmentPath: extension, extensionTestsPath: suite, extensionTestsEnv: env,
    launchArgs: [workspace, '--disable-workspace-trust', '--user-data-dir', join(work, 'user')],
    ...(process.env.VSCODE_EXECUTABLE && { vscodeExecutablePath: process.env.VSCODE_EXECUTABLE }),
  });
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY);
}

/** The suite as one CommonJS file; mocha itself is loaded from node_modules. */
async function bundleSuite() {
  const outfile = resolve('node_modules/.cache/editor-suite/index.js');
  await build({
    entryPoints: ['test/editor/suite/index.ts'], outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node20',
    external: ['vscode', 'mocha'], sourcemap: 'inline', logLevel: 'warning',
  });
  return outfile;
}
