// Runs the mocha suite in a real VS Code: `node test/editor/run.mjs REPORT`. With a display it is a downloaded or
// installed VS Code (@vscode/test-electron); without one code-server in headless Chromium. PODIUM_TEST_GREP runs some of it.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { openWorkbench } from './host.mjs';
import { stageExtension } from './stage.mjs';
import { walk } from './walk.mjs';

const timeoutMs = 10 * 60_000;
/** What the workbench says of itself in the console. */
const chatter =
  /^(Creating a socket|Resolv(ing|ed) conn|Ignoring fetching|\[Service Worker\]|ChatSessionStore|Updating addit|$)/;
const artifacts = resolve('test/artifacts');
const reportFile = resolve(process.argv[2] ?? join(artifacts, 'editor.json'));
const cluster = `editor-${process.pid}`;
const work = mkdtempSync(join(tmpdir(), 'podium-editor-run-'));
const folders = Object.fromEntries(
  ['workspace', 'home', 'extension', 'requests'].map((name) => [name, join(work, name)]),
);
const settings = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.colorTheme': process.env.PODIUM_TEST_THEME ?? 'Default Light Modern',
};
const env = {
  PODIUM_HOME: folders.home,
  KUBECONFIG: join(folders.home, 'kubeconfig'),
  PODIUM_TEST_REPORT: reportFile,
};

/** The window that is open. */
let open;

for (const folder of Object.values(folders)) mkdirSync(folder);
mkdirSync(artifacts, { recursive: true });
rmSync(reportFile, { force: true });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave(1));

try {
  cpSync('test/editor/workspace', folders.workspace, { recursive: true });
  mkdirSync(join(folders.workspace, '.vscode'), { recursive: true });
  writeFileSync(
    join(folders.workspace, '.vscode/settings.json'),
    JSON.stringify({
      'podium.cluster.name': cluster,
      'podium.cluster.nodes': 3,
      'podium.cluster.runtime': 'simulated',
    }),
  );
  await stageExtension(folders.extension);
  env.PODIUM_TEST_LOAD = await bundle('test/editor/load.ts', 'editor-suite/load.mjs', { format: 'esm' });
  const suite = await bundle('test/editor/suite/index.ts', 'editor-suite/index.js', { format: 'cjs' });
  await (hasDisplay() ? runOnDesktop(suite) : runOnCodeServer(suite));
  // The suite writes its report last: a workbench whose extension host died says 0 all the same.
  if (!existsSync(reportFile)) throw new Error('the suite did not reach its end');
  const only = process.env.PODIUM_TEST_GREP;
  if (!hasDisplay() && (!only || only === 'walk')) await walkOnCodeServer();
} catch (error) {
  console.error(error.message);
  await leave(1);
}
await leave(JSON.parse(readFileSync(reportFile, 'utf8')).numFailedTests === 0 ? 0 : 1);

async function runOnCodeServer(suite) {
  const workbench = await openWindow({
    folder: folders.workspace,
    extension: folders.extension,
    tests: suite,
    settings,
    logs: join(artifacts, 'editor-logs'),
    env: { ...env, PODIUM_TEST_REQUESTS: folders.requests },
    onLog(_type, args) {
      const text = formatLog(args);
      const request = /^workbench: (\{.*\})$/.exec(text)?.[1];
      if (request) void answer(workbench.page, JSON.parse(request));
      else if (!isWorkbenchChatter(text)) console.log(text);
    },
  });
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the suite did not end within ${timeoutMs / 60_000} minutes`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([workbench.exit, timeout]);
  } catch (error) {
    await workbench.page.screenshot({ path: join(artifacts, 'editor-failure.png') }).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    await workbench.close();
  }
}

async function openWindow(options) {
  return (open = await openWorkbench(options));
}

/** The person's way, in a window of its own; its steps are added to the report. */
async function walkOnCodeServer() {
  rmSync(folders.home, { recursive: true, force: true });
  mkdirSync(folders.home);
  const logs = join(artifacts, 'walk-logs');
  const { workspace, extension } = folders;
  const workbench = await openWindow({ folder: workspace, extension, settings, env, logs });
  try {
    console.log('\n  a person in the editor');
    const { passed, failed } = await walk(workbench.page, artifacts);
    const report = JSON.parse(readFileSync(reportFile, 'utf8'));
    report.numPassedTests += passed;
    report.numFailedTests += failed;
    writeFileSync(reportFile, JSON.stringify(report));
  } finally {
    await workbench.close();
  }
}

/** Does what the suite asks of the page, and answers with a file: the way from page to extension host has no other. */
async function answer(page, { id, screenshot, text, click }) {
  const reply = {};
  try {
    if (click) await page.locator(click).first().click({ timeout: 5000 });
    if (text) reply.text = await page.locator(text).allInnerTexts();
    if (screenshot) await page.screenshot({ path: join(artifacts, `${screenshot}.png`) });
  } catch (error) {
    reply.error = error.message;
  }
  const file = join(folders.requests, id);
  writeFileSync(`${file}.part`, JSON.stringify(reply));
  renameSync(`${file}.part`, file);
}

/** The console's format string, filled in. */
function formatLog([first = '', ...rest]) {
  const text = first.replaceAll(/%[sdo]/g, () => String(rest.shift() ?? ''));
  return [text, ...rest.map(String)].join(' ').trimEnd();
}

function isWorkbenchChatter(text) {
  return chatter.test(text);
}

async function runOnDesktop(suite) {
  const { runTests } = await import('@vscode/test-electron');
  await runTests({
    extensionDevelopmentPath: folders.extension,
    extensionTestsPath: suite,
    extensionTestsEnv: env,
    launchArgs: [
      folders.workspace,
      '--disable-workspace-trust',
      '--disable-extensions',
      '--user-data-dir',
      join(work, 'user'),
    ],
    ...(process.env.VSCODE_EXECUTABLE && { vscodeExecutablePath: process.env.VSCODE_EXECUTABLE }),
  });
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY);
}

/** One file; mocha itself is loaded from node_modules. */
async function bundle(entry, file, options) {
  const outfile = resolve('node_modules/.cache', file);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
    ...(options.format === 'esm' && {
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    }),
    ...options,
  });
  return outfile;
}

/** Clusters of this run: the one of the settings, and those that tests made. */
function clusterNames() {
  const folder = join(folders.home, 'clusters');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Ends the window first, which may be starting the cluster at this moment, and then the cluster. */
async function leave(code) {
  await open?.close();
  const podium = join(folders.extension, 'dist/podium/lib/podium.js');
  for (const name of clusterNames()) {
    const options = { env: { ...process.env, ...env }, stdio: 'ignore' };
    spawnSync(process.execPath, [podium, 'down', '--name', name], options);
  }
  rmSync(work, { recursive: true, force: true });
  process.exit(code);
}
