import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Engine } from '../engine';
import { ImageBuildError, importImage } from './image-store';

const run = promisify(execFile);

/** Why an image can't be made with debootstrap here, or undefined when it can. */
export function debootstrapAvailable(engine: Engine): string | undefined {
  if (process.platform !== 'linux') return 'debootstrap needs Linux';
  if (process.getuid?.() !== 0) return 'debootstrap needs root';
  if (!onPath('debootstrap')) return 'debootstrap is not installed (apt-get install debootstrap)';
  const host = process.arch === 'x64' ? 'amd64' : process.arch;
  if (host !== engine.architecture) return `the engine runs on ${engine.architecture}, this machine on ${host}`;
  if (!nodeExecutable()) return 'no Node.js executable is on the PATH to put into it';
  return undefined;
}

/** A minimal Debian with the packages and this machine's Node.js, imported as an image. */
export async function importDebianBase(engine: Engine, reference: string, recipe: { distribution: string; packages: string[] }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'podium-base-'));
  const root = join(folder, 'root');
  try {
    const options = ['--variant=minbase', `--include=${[...recipe.packages, 'libstdc++6'].join(',')}`];
    await run('debootstrap', [...options, recipe.distribution, root, ...packageMirror(recipe.distribution)], { maxBuffer: 64 << 20 });
    for (const clutter of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info', 'var/cache/apt', 'var/lib/apt/lists']) {
      rmSync(join(root, clutter), { recursive: true, force: true });
    }
    const node = join(root, 'usr/local/bin/node');
    copyFileSync(nodeExecutable() as string, node);
    chmodSync(node, 0o755);
    const tar = spawn('tar', ['-C', root, '--numeric-owner', '--exclude=./proc/*', '--exclude=./sys/*', '--exclude=./dev/*', '-c', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await importImage(engine, reference, tar.stdout, ['ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'CMD ["node"]']);
  } catch (error) {
    const output = (error as { stdout?: string }).stdout?.trim().split('\n').at(-1);
    throw new ImageBuildError(`debootstrap failed: ${output || (error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The package mirror that this machine is set up with; none where apt doesn't tell (debootstrap has a default). */
function packageMirror(distribution: string): string[] {
  try {
    const sites = execFileSync('apt-get', ['indextargets', '--format', '$(SITE)', `RELEASE: ${distribution}`], { encoding: 'utf8' });
    const site = sites.split('\n').find((line) => line.startsWith('http'));
    return site ? [site] : [];
  } catch {
    return [];
  }
}

/** A real Node.js: the running one, unless that is an editor's. */
function nodeExecutable(): string | undefined {
  if (!process.versions.electron) return process.execPath;
  const found = onPath('node');
  return found && realpathSync(found);
}

function onPath(name: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
