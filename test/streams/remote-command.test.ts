import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../support/images';
import { eventually, kubectlPath, run, type RunningCommand, type TestCluster } from '../support/test-cluster';
import { clusterWithWeb, kubectlFed, kubectlWith, onTerminal, startWith, transports } from './fixtures';

const program = 'dist/podium/lib/podium.js';
const fiveMegabytes = 5 * 1024 * 1024;
const quoted = (path: string): string => `'${path}'`;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await clusterWithWeb('exec');
});
afterAll(() => cluster?.down());

describe.each(transports)('kubectl exec over $transport', ({ env }) => {
  it('keeps standard output and standard error apart', async () => {
    const script = 'echo out; echo err >&2';
    expect(await kubectlWith(cluster, env, 'exec', 'web', '-c', 'web', '--', 'sh', '-c', script)).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' });
  });

  it.each([0, 1, 7, 130, 255])('ends with the command\'s exit code: %i', async (code) => {
    const result = await kubectlWith(cluster, env, 'exec', 'web', '-c', 'web', '--', 'sh', '-c', `exit ${code}`);
    expect(result).toEqual({ code, stdout: '', stderr: code === 0 ? '' : `command terminated with exit code ${code}\n` });
  });

  it('carries 5 MB both ways without loss, and the end of the input', async () => {
    const input = randomBytes(fiveMegabytes);
    const echoed = await kubectlFed(cluster, env, input, 'exec', '-i', 'web', '-c', 'web', '--', 'cat');
    expect([echoed.code, echoed.stdout.length, echoed.stdout.equals(input)]).toEqual([0, fiveMegabytes, true]);
    const counted = await kubectlFed(cluster, env, input, 'exec', '-i', 'web', '-c', 'web', '--', 'sha256sum');
    expect(counted.stdout.toString()).toBe(`${createHash('sha256').update(input).digest('hex')}  -\n`);
    const made = await kubectlFed(cluster, env, Buffer.alloc(0), 'exec', 'web', '-c', 'web', '--', 'head', '-c', String(fiveMegabytes), '/dev/zero');
    expect(made.stdout.length).toBe(fiveMegabytes);
  });

  it('ends when the command does, with input still coming', async () => {
    const result = await kubectlFed(cluster, env, randomBytes(fiveMegabytes), 'exec', '-i', 'web', '-c', 'web', '--', 'head', '-c', '10');
    expect([result.code, result.stdout.length]).toEqual([0, 10]);
  });

  it('gives a terminal of the size of the client\'s, and follows its changes', async () => {
    const shell = onTerminal(cluster, env, `${quoted(kubectlPath())} exec -it web -c web -- sh`);
    await showsSize(shell, /40 100/);
    const pid = shell.process.pid ?? 0;
    const tty = (await run('sh', ['-c', `ps -o tty= --ppid ${pid} | head -1`])).stdout.trim();
    await run('stty', ['-F', `/dev/${tty}`, 'rows', '51', 'cols', '132']);
    await showsSize(shell, /51 132/);
    shell.process.stdin?.write('exit 3\n');
    await shell.until(/command terminated with exit code 3/);
  });

  it('interrupts what runs on the terminal with Ctrl-C', async () => {
    const shell = onTerminal(cluster, env, `${quoted(kubectlPath())} exec -it web -c web -- sh`);
    await shell.until(/# $/);
    shell.process.stdin?.write('echo before; sleep 1000\n');
    await shell.until(/before\r\n/);
    shell.process.stdin?.write('\u0003');
    await shell.until(/\^C\r\n# $/);
    shell.process.stdin?.write('echo still-$((40+2))\n');
    await shell.until(/still-42/);
    shell.process.stdin?.write('exit 0\n');
    await shell.ended();
  });

  it('says why a command can\'t be run', async () => {
    const absent = await kubectlWith(cluster, env, 'exec', 'web', '-c', 'web', '--', 'no-such-command');
    expect(absent.code).not.toBe(0);
    expect(absent.stderr + absent.stdout).toContain('executable file not found in $PATH');
    const container = await kubectlWith(cluster, env, 'exec', 'web', '-c', 'other', '--', 'ls');
    expect(container.stderr).toContain('container other is not valid for pod web');
    const pod = await kubectlWith(cluster, env, 'exec', 'absent', '--', 'ls');
    expect(pod.stderr).toMatch(/pods "absent" not found/);
  });

  it('ends with an error when the pod is killed', async () => {
    const name = `doomed-${env === transports[0].env ? 'w' : 's'}`;
    await cluster.kubectl('run', name, `--image=${tools}`, '--restart=Never', '--command', '--', 'sleep', '3600');
    await cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s');
    const command = startWith(cluster, env, 'exec', name, '--', 'sh', '-c', 'echo begun; sleep 3600');
    await command.until(/begun/);
    await cluster.kubectl('delete', 'pod', name, '--now', '--wait=false');
    expect(await command.ended()).toBe(137);
  });

  it('attaches to a container\'s standard input and output', async () => {
    const attached = startWith(cluster, env, 'attach', '-i', 'web', '-c', 'reader');
    const word = randomBytes(4).toString('hex');
    await eventually(async () => {
      attached.process.stdin?.write(`${word}\n`);
      await attached.until(new RegExp(`read ${word}`), 1000);
    });
    await attached.stop();
    expect(await cluster.kubectl('logs', 'web', '-c', 'reader')).toContain(`read ${word}`);
  });

  it('runs a pod for a person, who sees it end', async () => {
    const name = `once-${env === transports[0].env ? 'w' : 's'}`;
    const shell = onTerminal(cluster, env, `${quoted(kubectlPath())} run -it --rm ${name} --image=${tools} --restart=Never -- sh`);
    await eventually(async () => {
      shell.process.stdin?.write('echo hello-$((40+2))\n');
      await shell.until(/hello-42/, 1000);
    });
    shell.process.stdin?.write('exit 5\n');
    await shell.until(/pod "once-.*" deleted/);
    await shell.ended();
    expect((await cluster.tryKubectl('get', 'pod', name)).stderr).toContain('not found');
  });

  it('copies files to a pod and back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podium-cp-'));
    try {
      const content = randomBytes(fiveMegabytes);
      writeFileSync(join(folder, 'there'), content);
      const there = await kubectlWith(cluster, env, 'cp', join(folder, 'there'), 'web:/tmp/there', '-c', 'web');
      expect(there).toMatchObject({ code: 0, stderr: '' });
      const back = await kubectlWith(cluster, env, 'cp', 'web:/tmp/there', join(folder, 'back'), '-c', 'web');
      expect([back.code, readFileSync(join(folder, 'back')).equals(content)]).toEqual([0, true]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('kubectl debug', () => {
  it('brings a shell into a running pod, beside its containers', async () => {
    const shell = onTerminal(cluster, {}, `${quoted(kubectlPath())} debug -it web --image=${tools} --target=web -c debugger -- sh`);
    await eventually(async () => {
      shell.process.stdin?.write('ask http://127.0.0.1:8080/ && tr "\\0" " " < /proc/1/cmdline && echo seen-$((40+2))\n');
      await shell.until(/seen-42/, 1000);
    });
    expect(shell.output).toMatch(/serve/);
    shell.process.stdin?.write('exit 0\n');
    await shell.ended();
  });
});

describe('podium exec and logs', () => {
  it('pass output, input and the exit code on', async () => {
    const failed = await cluster.tryPodium('exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    expect(failed).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
    const shell = onTerminal(cluster, {}, `${process.execPath} ${resolve(program)} exec --name ${cluster.name} -it web -- sh`);
    await showsSize(shell, /40 100/);
    shell.process.stdin?.write('exit 9\n');
    expect(await shell.ended()).toBe(9);
    expect(await cluster.tryPodium('logs', 'web', '-c', 'web')).toEqual({ code: 0, stdout: 'started\n', stderr: '' });
    expect(await cluster.tryPodium('exec', 'web', '-c', 'other', '--', 'ls')).toMatchObject({ code: 1, stderr: expect.stringContaining('container other is not valid for pod web') });
    expect(await cluster.tryPodium('logs', 'absent')).toMatchObject({ code: 1, stderr: expect.stringContaining('pods "absent" not found') });
  });
});

/** The terminal gets its size a moment after its shell. */
function showsSize(shell: RunningCommand, size: RegExp): Promise<void> {
  return eventually(async () => {
    shell.process.stdin?.write('stty size\n');
    await shell.until(size, 500);
  }, 10_000);
}
