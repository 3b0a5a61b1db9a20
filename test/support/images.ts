import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

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

/**
 * Programs in Python and Node.js, in images without debuggers: `debug-app` has a shell, `debug-app-bare` has none. Made of
 * the image that Podium's debuggers come from, so that Python is installed once.
 */
export const debugApp = 'podium-test/debug-app:1';
export const bareDebugApp = 'podium-test/debug-app-bare:1';
/** It has debugpy, and nothing that could load it into a program that runs. */
export const debugpyApp = 'podium-test/debug-app-debugpy:1';

export function ensureDebugApps(): string {
  const tools = execFileSync(process.execPath, ['dist/podium/lib/podium.js', 'debug-image'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const clean = 'RUN rm -rf /usr/lib/python3/dist-packages/*debugpy* /tmp/podium-debugpy /usr/bin/gdb /usr/bin/dlv';
  const build = (tag: string, ...more: string[]): void => {
    const dockerfile = [`FROM ${tools}`, 'WORKDIR /srv/app', 'COPY app.py server.js ./', ...more, 'CMD ["python3", "app.py"]'];
    execFileSync('docker', ['build', '-q', '-t', tag, '-f', '-', 'test/support/debug-app'], { input: dockerfile.join('\n'), stdio: ['pipe', 'pipe', 'pipe'] });
  };
  build(debugpyApp, 'RUN rm /usr/bin/gdb /usr/bin/dlv');
  build(debugApp, clean);
  build(bareDebugApp, clean, 'RUN rm /bin/sh /bin/dash /bin/bash');
  return tools;
}

/** A program in Go with nothing else in its image: no shell, no files. The compiler is the machine's. */
export const goDebugApp = 'podium-test/debug-app-go:1';

/** Returns the folder that it was compiled in, which is what its debugger knows its sources by. */
export function ensureGoDebugApp(): string {
  const folder = resolve('test/support/debug-app-go');
  const output = mkdtempSync(join(tmpdir(), 'podium-go-'));
  try {
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local' };
    execFileSync('go', ['build', '-gcflags=all=-N -l', '-o', join(output, 'greeter'), '.'], { cwd: folder, env, stdio: 'pipe' });
    execFileSync('docker', ['build', '-q', '-t', goDebugApp, '-f', '-', output], { input: 'FROM scratch\nCOPY greeter /greeter\nCMD ["/greeter"]\n', stdio: ['pipe', 'pipe', 'pipe'] });
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
  return folder;
}
