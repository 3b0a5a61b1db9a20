// Runs the mocha suite in a real VS Code: `node test/editor/run.mjs REPORT`. With a display it is a downloaded or
// installed VS Code (@vscode/test-electron); without one code-server in headless Chromium. PODIUM_TEST_GREP runs some of it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { artifacts, bundle, EditorRig } from './rig.mjs';
import { walk } from './walk.mjs';
import { steps as german } from './walks/german.mjs';
import { steps as journey } from './walks/journey.mjs';
import { lastWindow, twoWindows as windows } from './walks/windows.mjs';

const timeoutMs = 10 * 60_000;
const report = resolve(process.argv[2] ?? join(artifacts, 'editor.json'));
const only = process.env.PODIUM_TEST_GREP;
const rig = new EditorRig();

try {
  await rig.prepare();
  const entry = await bundle('test/editor/suite/index.ts', 'editor-suite/index.js', { format: 'cjs' });
  if (hasDisplay()) await runOnDesktop(entry);
  else await rig.runInWindow({ entry, report, logs: 'editor-logs', timeoutMs });
  if (!hasDisplay()) {
    await walkOnCodeServer('walk', 'a person in the editor', journey);
    await walkOnCodeServer('german', 'a person whose editor speaks German', german, { language: 'de' });
    if (process.env.PODIUM_TEST_LONG || only === 'windows') await walkInTwoWindows();
  }
  await rig.leave(JSON.parse(readFileSync(report, 'utf8')).numFailedTests === 0 ? 0 : 1);
} catch (error) {
  console.error(error.message);
  await rig.leave(1);
}

/** Takes minutes, for a cluster waits a minute for its last window to come back. */
async function walkInTwoWindows() {
  const stop = { 'podium.cluster.whenLastWindowCloses': 'stop' };
  await walkOnCodeServer('windows', 'two windows on one cluster', windows);
  await walkOnCodeServer('windows', 'the last window, which ends its cluster', lastWindow, { settings: stop });
}

/** A person's way, in a window of its own; its steps are added to the report. */
async function walkOnCodeServer(name, title, steps, options = {}) {
  if (only && only !== name) return;
  rig.removeClusters();
  const workbench = await rig.openWindow({ logs: join(artifacts, `${name}-logs`), ...options });
  try {
    console.log(`\n  ${title}`);
    addToReport(await walk(steps, { workbench, rig, artifacts }));
  } finally {
    await workbench.close();
  }
}

function addToReport({ passed, failed }) {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
  writeFileSync(report, JSON.stringify({ numPassedTests: numPassedTests + passed, numFailedTests: numFailedTests + failed }));
}

async function runOnDesktop(entry) {
  rmSync(report, { force: true });
  const { runTests } = await import('@vscode/test-electron');
  const { workspace, extension } = rig.folders;
  await runTests({
    extensionDevelopmentPath: extension,
    extensionTestsPath: entry,
    extensionTestsEnv: { ...rig.env, PODIUM_TEST_REPORT: report },
    launchArgs: [
      workspace,
      '--disable-workspace-trust',
      '--disable-extensions',
      '--user-data-dir',
      join(rig.work, 'user'),
    ],
    ...(process.env.VSCODE_EXECUTABLE && { vscodeExecutablePath: process.env.VSCODE_EXECUTABLE }),
  });
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY);
}
