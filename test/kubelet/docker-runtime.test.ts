import { execFileSync } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runtime/cluster/engine';
import { ensurePauseImage } from '../../runtime/cluster/images/pause-image';
import type { ContainerConfig, ImageInfo, RuntimeEvent, Sandbox } from '../../runtime/kubelet/container-runtime';
import { DockerRuntime } from '../../runtime/kubelet/docker';
import { silentLogger } from '../../runtime/log';
import { busybox, ensureBusybox } from '../support/images';
import { eventually } from '../support/test-cluster';

const cluster = `runtime-${process.pid}`;
let runtime: DockerRuntime;
let image: ImageInfo;
let sandbox: Sandbox;
const events: RuntimeEvent[] = [];
const stop = new AbortController();

beforeAll(async () => {
  ensureBusybox();
  const pauseImage = await ensurePauseImage(await connectEngine());
  runtime = new DockerRuntime({
    cluster,
    nodeName: 'node-1',
    pauseImage,
    logger: silentLogger,
    network: { attach: async () => ({ ip: '10.0.0.1' }), detach: async () => {}, restore: async () => new Map() },
    dialInPod: async () => new PassThrough(),
  });
  void (async () => {
    for await (const event of runtime.events(stop.signal)) events.push(event);
  })();
  image = (await runtime.imageStatus(busybox)) as ImageInfo;
  sandbox = await runtime.runSandbox({
    name: 'web',
    namespace: 'default',
    uid: 'uid-1',
    attempt: 0,
    hostname: 'web',
    hostNetwork: false,
    hostPID: false,
    shareProcessNamespace: false,
    mounts: [],
    labels: { a: 'b' },
    annotations: { note: 'kept' },
    sysctls: {},
    portMappings: [],
  });
});

afterAll(async () => {
  await runtime.removeSandbox(sandbox.id);
  stop.abort();
  const left = execFileSync('docker', ['ps', '-aq', '--filter', `label=podium=${cluster}`], { encoding: 'utf8' });
  expect(left).toBe('');
});

const container = (name: string, command: string[], change: Partial<ContainerConfig> = {}): ContainerConfig => ({
  name,
  attempt: 0,
  image: busybox,
  imageId: image.id,
  command,
  env: [{ name: 'GREETING', value: 'hello' }],
  mounts: [],
  tty: false,
  stdin: false,
  stdinOnce: false,
  resources: {},
  labels: {},
  annotations: {},
  security: {
    privileged: false,
    readOnlyRootFilesystem: false,
    supplementalGroups: [],
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
  },
  ...change,
});

async function start(name: string, command: string[], change: Partial<ContainerConfig> = {}): Promise<string> {
  const id = await runtime.createContainer(sandbox.id, container(name, command, change));
  await runtime.startContainer(id);
  return id;
}

async function statusOf(id: string) {
  return (await runtime.pods('uid-1'))[0]?.containers.find((found) => found.id === id);
}

const ended = (id: string) =>
  eventually(async () => {
    const status = await statusOf(id);
    expect(status?.state).toBe('exited');
    return status;
  });

describe('the Docker runtime', () => {
  it('finds its pods again by their labels', async () => {
    const [pod] = await runtime.pods();
    expect(pod).toMatchObject({ uid: 'uid-1', name: 'web', namespace: 'default' });
    expect(pod?.sandboxes[0]).toMatchObject({
      id: sandbox.id,
      state: 'ready',
      ip: '10.0.0.1',
      labels: { a: 'b' },
      annotations: { note: 'kept' },
    });
  });

  it('keeps what a container wrote, and how it ended', async () => {
    const id = await start('writer', ['sh', '-c', 'echo $GREETING; sleep 0.1; echo oops >&2; exit 3']);
    expect(await ended(id)).toMatchObject({ exitCode: 3, reason: 'Error' });
    const lines: string[] = [];
    for await (const { stream, content } of runtime.logs(id, { follow: true, signal: stop.signal }))
      lines.push(`${stream} ${content.toString().trim()}`);
    expect(lines).toEqual(['stdout hello', 'stderr oops']);
    await runtime.removeContainer(id);
  });

  it('tells that a container ran out of memory', async () => {
    const id = await start('hungry', ['sh', '-c', 'head -c 64m /dev/zero | tail'], {
      resources: { memoryLimitBytes: 16 << 20 },
    });
    expect(await ended(id)).toMatchObject({ reason: 'OOMKilled' });
    await runtime.removeContainer(id);
  });

  it('runs commands with input that ends, and gives their exit code', async () => {
    const id = await start('target', ['sleep', '600']);
    const stdout = new PassThrough();
    const streams = {
      stdin: Readable.from([Buffer.from('echoed')]),
      stdout,
      onResize() {},
      signal: new AbortController().signal,
    };
    const options = { stdin: true, stdout: true, stderr: false, tty: false };
    expect(await runtime.exec(id, ['sh', '-c', 'cat; exit 5'], options, streams)).toEqual({ exitCode: 5 });
    expect(stdout.read()?.toString()).toBe('echoed');
    expect(await runtime.execSync(id, ['sh', '-c', 'echo checked; exit 1'], 5)).toEqual({
      exitCode: 1,
      output: 'checked\n',
    });
    await expect(runtime.execSync(id, ['sleep', '60'], 0.3)).rejects.toThrow('timed out');
    expect(
      (await runtime.stats()).some(
        ({ containerId, memoryWorkingSetBytes }) => containerId === id && memoryWorkingSetBytes > 0,
      ),
    ).toBe(true);
    await runtime.stopContainer(id, 0);
    expect(await ended(id)).toMatchObject({ exitCode: 137 });
    await runtime.removeContainer(id);
  });

  it('says why a container does not start, and what image is not there', async () => {
    const id = await runtime.createContainer(sandbox.id, container('broken', ['/no/such/program']));
    await expect(runtime.startContainer(id)).rejects.toMatchObject({
      reason: 'RunContainerError',
      message: expect.stringContaining('no such file'),
    });
    await runtime.removeContainer(id);
    await expect(runtime.imageStatus('Not:A:Name')).rejects.toMatchObject({ reason: 'InvalidImageName' });
    expect(await runtime.imageStatus('example/none:1')).toBeUndefined();
  });

  it("delivers the engine's events", () => {
    expect(events.filter(({ podUid }) => podUid === 'uid-1').map(({ type }) => type)).toEqual(
      expect.arrayContaining(['created', 'started', 'stopped', 'deleted']),
    );
  });
});
