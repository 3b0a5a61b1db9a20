// `npm test`: prepares the machine, builds, checks types and style, runs every suite, and closes with
// "N passed, N failed". `npm test -- --only unit,integration,editor` runs some of it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { prepareMachine } from './prepare-machine.mjs';
import { isBuilt, runStep } from './steps.mjs';

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : undefined;
const long = process.argv.includes('--long');
const wants = (suite) => !only || only.includes(suite);
/** Suites leave out what takes long unless they are told. */
const isLong = { PODIUM_TEST_LONG: long ? '1' : '' };
const artifacts = 'test/artifacts';
const totals = { passed: 0, failed: 0 };

if (!existsSync('node_modules/vitest')) runStep('installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
await prepareMachine({ long });
if (!isBuilt()) runStep('building', 'npm', ['run', '--silent', 'build']);
rmSync(artifacts, { recursive: true, force: true });
mkdirSync(artifacts, { recursive: true });

if (wants('static')) {
  check('types', 'npx', ['tsc', '-p', '.']);
  check('types of pages', 'npx', ['tsc', '-p', 'extension/webviews']);
  check('lint', 'npm', ['run', '--silent', 'lint']);
}
if (wants('unit')) vitest('unit');
if (wants('integration')) vitest('integration');
if (wants('editor') && existsSync('test/editor/run.mjs')) counted('editor', process.execPath, ['test/editor/run.mjs', `${artifacts}/editor.json`], isLong);
if (wants('kill') && long) counted('kill', process.execPath, ['test/editor/kill.mjs', `${artifacts}/kill.json`]);

console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;

/** A check counts as one test. */
function check(name, command, args) {
  console.log(`\n— ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  totals[status === 0 ? 'passed' : 'failed']++;
}

function vitest(project) {
  const args = ['vitest', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${artifacts}/${project}.json`];
  counted(project, 'npx', args, isLong);
}

/** Adds what a suite wrote into its report; a suite that wrote none, or failed without saying where, counts as one failure. */
function counted(name, command, args, env = {}) {
  console.log(`\n— ${name}`);
  const report = `${artifacts}/${name}.json`;
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (!existsSync(report)) {
    console.log(`${name}: the suite wrote no report (exit code ${status})`);
    totals.failed++;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests = 0 } = JSON.parse(readFileSync(report, 'utf8'));
  const unexplained = status !== 0 && numFailedTests === 0 ? 1 : 0;
  totals.passed += numPassedTests;
  totals.failed += numFailedTests + numPendingTests + unexplained;
}
