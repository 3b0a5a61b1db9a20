import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A busybox with its applets as commands, made from the host's static binary: there may be no registry. */
export const busybox = 'podium-test/busybox:1';

export function ensureBusybox(): void {
  if (imageExists(busybox)) return;
  const root = mkdtempSync(join(tmpdir(), 'podium-busybox-'));
  try {
    for (const folder of ['bin', 'tmp', 'etc', 'var', 'root', 'www']) mkdirSync(join(root, folder));
    const binary = ['/bin/busybox', '/usr/bin/busybox'].find((file) => execFileSync('sh', ['-c', `test -x ${file} && echo yes || true`]).length > 0);
    if (!binary) throw new Error('busybox-static is not installed');
    copyFileSync(binary, join(root, 'bin/busybox'));
    for (const applet of execFileSync(binary, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
    }
    execFileSync('sh', ['-c', `tar -C ${root} -c . | docker import -c 'ENV PATH=/bin' -c 'CMD ["sh"]' - ${busybox}`], { stdio: 'pipe' });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function imageExists(reference: string): boolean {
  try {
    execFileSync('docker', ['image', 'inspect', reference], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** HTTP requests, a server and look-ups, on Node.js: busybox's static wget and nslookup can't resolve names everywhere. */
export const tools = 'podium-test/tools:1';

export function ensureTools(): void {
  execFileSync(process.execPath, ['dist/podium/lib/podium.js', 'build', 'test/support/tools', '-t', tools], { stdio: 'pipe' });
}
