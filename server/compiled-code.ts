import { isAscii } from 'node:buffer';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** Compiled code is written when the start is over, or at the end if that comes before: functions that were used are in it. */
const writeAfterMs = 3000;
/** Versions of the engine and of the bundle that are remembered; each has compiled code of its own. */
const kept = 4;

/** Compiled code is of one engine: Node.js and an Electron of the same version have different ones. */
const engine = `${process.versions.v8}-${process.arch}`;

const parameters = ['exports', 'require', 'module', '__filename', '__dirname'] as const;

/**
 * Runs a CommonJS bundle. Compiling it takes longer than anything else that a start does, so what V8 made of it is kept: by the
 * build beside the bundle, by others in the user's cache folder. V8 itself refuses what is of another version, and then
 * everything is as without it.
 */
export function requireCompiled(path: string): void {
  const require = createRequire(path);
  const cache = cachePath(path);
  if (!cache) return void require(path);
  const source = textOf(readFileSync(path));
  const cachedData = readOrNothing(path.replace(/\.js$/, `-${engine}.bin`)) ?? readOrNothing(cache);
  const wrapped = `(function (${parameters.join(', ')}) {${source}\n})`;
  const script = new Script(wrapped, { filename: path, ...(cachedData && { cachedData }) });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...values: unknown[]) => void;
  run(module.exports, require, module, path, dirname(path));
  if (!cachedData || script.cachedDataRejected) soon(() => write(cache, script.createCachedData()));
}

/** Once: after the start, or when the process ends. */
function soon(run: () => void): void {
  const once = (): void => {
    clearTimeout(timer);
    process.off('exit', once);
    run();
  };
  const timer = setTimeout(once, writeAfterMs).unref();
  process.on('exit', once);
}

/** Reading ASCII as UTF-8 takes ten times as long. */
function textOf(code: Buffer): string {
  return code.toString(isAscii(code) ? 'latin1' : 'utf8');
}

/** Only the user may write there: what is in it is run. Undefined where there is no home. */
function cachePath(path: string): string | undefined {
  try {
    const { mtimeMs, size } = statSync(path);
    const id = [hashOf(path), mtimeMs, size, engine].join('-');
    return join(cacheFolder(), `${basename(path, '.js')}-${id}.bin`);
  } catch {
    return undefined;
  }
}

/** FNV-1a: node:crypto takes longer to load than all the rest of this file. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}

function cacheFolder(): string {
  const { platform, env } = process;
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData/Local'), 'podium', 'code');
  if (platform === 'darwin') return join(homedir(), 'Library/Caches/podium/code');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'podium', 'code');
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** A start is no worse off if this fails. */
function write(path: string, code: Buffer): void {
  try {
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, code, { mode: 0o600 });
    renameSync(draft, path);
    const others = readdirSync(folder).map((name) => join(folder, name));
    const byAge = others.map((other) => ({ other, age: statSync(other).mtimeMs })).sort((a, b) => b.age - a.age);
    for (const { other } of byAge.slice(kept)) rmSync(other, { force: true });
  } catch {
    // A full disk, a read-only home, another process that cleans up too.
  }
}
