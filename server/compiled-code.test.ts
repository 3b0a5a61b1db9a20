import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podium-compiled-code-'));
  writeFileSync(join(folder, 'bundle.js'), "const { sep } = require('node:path');\nconsole.log('runs', sep);\n");
  const contents = `import { requireCompiled } from './compiled-code';\nrequireCompiled(${JSON.stringify(join(folder, 'bundle.js'))});`;
  const stdin = { contents, resolveDir: import.meta.dirname };
  buildSync({ stdin, bundle: true, platform: 'node', format: 'cjs', outfile: join(folder, 'main.js') });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const home = (): string => join(folder, 'home');
const kept = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.bin'));

function run(): string {
  const env = { ...process.env, HOME: home(), XDG_CACHE_HOME: home(), LOCALAPPDATA: home() };
  return execFileSync(process.execPath, [join(folder, 'main.js')], { encoding: 'utf8', env });
}

it('what was compiled is kept when the process ends', () => {
  expect(run()).toBe('runs /\n');
  expect(kept()).toHaveLength(1);
});

it('compiled code that is refused is as none, and is replaced', () => {
  run();
  const [name = ''] = kept();
  const compiled = readFileSync(join(folder, name));
  writeFileSync(join(folder, name), compiled.map((byte, i) => (i < 16 ? byte ^ 0xff : byte)));
  expect(run()).toBe('runs /\n');
  expect(readFileSync(join(folder, name))).toHaveLength(compiled.length);
  expect(readFileSync(join(folder, name)).subarray(0, 16)).toEqual(compiled.subarray(0, 16));
});

it('compiled code beside the bundle is taken, and none is written', () => {
  run();
  const [name = ''] = kept();
  writeFileSync(join(folder, `bundle-${process.versions.v8}-${process.arch}.bin`), readFileSync(join(folder, name)));
  rmSync(join(folder, name));
  expect(run()).toBe('runs /\n');
  expect(kept()).toEqual([`bundle-${process.versions.v8}-${process.arch}.bin`]);
});
