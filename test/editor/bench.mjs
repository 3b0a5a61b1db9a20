// Measures the extension in a real VS Code: `node test/editor/bench.mjs [--json FILE] [--only activation,scale,logs,start]`.
// Each part has a window of its own, whose extension host has done nothing before.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle, EditorRig } from './rig.mjs';

const activations = 5;
const timeoutMs = 5 * 60_000;
const parts = ['activation', 'scale', 'logs', 'start'];
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const wanted = option('--only')?.split(',') ?? parts;
const rig = new EditorRig();

try {
  await rig.prepare();
  const entry = await bundle('test/editor/bench/index.ts', 'editor-bench/index.js', { format: 'cjs' });
  const { printRows, writeRows } = await import(
    pathToFileURL(await bundle('test/bench/report.ts', 'editor-bench/report.mjs', { format: 'esm' }))
  );
  const rows = [];
  for (const part of parts.filter((each) => wanted.includes(each)))
    rows.push(...(part === 'activation' ? await activationOf(entry) : await measure(entry, part)));
  printRows(rows);
  const file = option('--json');
  if (file) writeRows(file, rows);
  await rig.leave(0);
} catch (error) {
  console.error(error.stack);
  await rig.leave(1);
}

async function measure(entry, part) {
  process.stderr.write(`measuring ${part} …\n`);
  const report = join(rig.work, `${part}.json`);
  await rig.runInWindow({ entry, report, logs: 'bench-logs', timeoutMs, env: { PODIUM_BENCH: part } });
  return JSON.parse(readFileSync(report, 'utf8'));
}

/** A window can be activated once: the middle of several, and the slowest. */
async function activationOf(entry) {
  const runs = [];
  for (let i = 0; i < activations; i++) runs.push(await measure(entry, 'activation'));
  const middle = (column) => runs.map((rows) => rows[column]).sort((a, b) => a.value - b.value)[activations >> 1];
  const slowest = Math.max(...runs.map(([{ value }]) => value));
  return [middle(0), { name: `the same, slowest of ${activations}`, value: slowest, unit: 'ms' }, middle(1)];
}
