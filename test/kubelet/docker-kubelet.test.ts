import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { PassThrough } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container, Live, Pod } from '../../runtime/api/kinds';
import { connectEngine } from '../../runtime/cluster/engine';
import { ensurePauseImage } from '../../runtime/cluster/images/pause-image';
import { DockerRuntime } from '../../runtime/kubelet/docker';
import { silentLogger } from '../../runtime/log';
import { busybox, ensureBusybox } from '../support/images';
import { KubeletFixture } from './kubelet-fixture';

const cluster = `kubelet-${process.pid}`;
let folder: string;
let fixture: KubeletFixture;
let attached = 0;
let detached = 0;

beforeAll(async () => {
  ensureBusybox();
  folder = mkdtempSync(join(tmpdir(), 'podium-kubelet-'));
  const pauseImage = await ensurePauseImage(await connectEngine());
  const addresses = new Map<string, string>();
  const runtime = new DockerRuntime({
    cluster,
    nodeName: 'node-1',
    pauseImage,
    logger: silentLogger,
    network: {
      attach: async (_pid, key) => {
        const ip = `10.0.0.${++attached}`;
        addresses.set(key, ip);
        return { ip };
      },
      detach: async (key) => void (addresses.delete(key) && detached++),
      restore: async (sandboxes) =>
        new Map(sandboxes.flatMap(({ key }) => (addresses.has(key) ? [[key, addresses.get(key) as string]] : []))),
    },
    dialInPod: async () => new PassThrough(),
  });
  mkdirSync(join(folder, 'manifests'));
  fixture = await KubeletFixture.start({
    runtime,
    volumeHost: { localPath: folder, enginePath: folder },
    staticPodPath: join(folder, 'manifests'),
    timings: { crashBackoff: { initial: 0.5, max: 2 } },
  });
});

afterAll(async () => {
  rmSync(join(folder, 'manifests', 'web.yaml'), { force: true });
  for (const { metadata } of (await fixture.client.pods.list({ namespace: 'default' })).items) {
    await fixture.client.pods.delete(metadata.name, 'default').catch(() => undefined);
  }
  const left = () =>
    docker('ps', '-aq', '--filter', `label=podium=${cluster}`) +
    docker('volume', 'ls', '-q', '--filter', `label=podium=${cluster}`);
  for (let i = 0; i < 200 && left() !== ''; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(left()).toBe('');
  expect(detached).toBe(attached);
  await fixture.stop();
  rmSync(folder, { recursive: true, force: true });
});

const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const sh = (script: string, over: Partial<Container> = {}): Container => ({
  name: 'main',
  image: busybox,
  command: ['sh', '-c', script],
  ...over,
});
const isReady = (pod: Live<Pod>): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
const ended = (pod: Live<Pod>): boolean => ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');

/** GET of the kubelet as the API server does it. */
function kubelet(
  path: string,
  credentials: { cert?: string; key?: string } = fixture.credentials.client,
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: fixture.kubelet.port,
        path,
        ca: fixture.credentials.ca,
        servername: 'localhost',
        agent: false,
        ...credentials,
      },
      (response) => {
        let body = '';
        response
          .setEncoding('utf8')
          .on('data', (text: string) => (body += text))
          .on('end', () => resolve({ code: response.statusCode ?? 0, body }));
      },
    );
    outgoing.on('error', reject).end();
  });
}

const log = async (pod: string, query = ''): Promise<string> =>
  (await kubelet(`/containerLogs/default/${pod}/main${query}`)).body;

/** Runs a script in a pod of its own to its end; what it printed. */
async function output(
  name: string,
  script: string,
  spec: Partial<Pod['spec']> = {},
  over: Partial<Container> = {},
): Promise<string> {
  await fixture.create(name, { restartPolicy: 'Never', ...spec, containers: [sh(script, over)] });
  const pod = await fixture.until(name, ended);
  const text = await log(name);
  if (pod.status?.phase !== 'Succeeded')
    throw new Error(`${name} failed: ${JSON.stringify(pod.status?.containerStatuses)}\n${text}`);
  return text;
}

describe('containers', () => {
  it('have their environment, names, hosts and resolvers', async () => {
    const text = await output(
      'env',
      'echo $A $IP; hostname; cat /etc/hosts /etc/resolv.conf; echo "$@"',
      { hostname: 'h', subdomain: 'sub' },
      {
        command: ['sh', '-c', 'echo $A $IP; hostname; cat /etc/hosts /etc/resolv.conf; echo $(A)-x'],
        env: [
          { name: 'A', value: 'a' },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
      },
    );
    const { status } = await fixture.pod('env');
    expect(text).toContain(`a ${status?.podIP}\nh\n`);
    expect(text).toContain(`${status?.podIP}\th.sub.default.svc.cluster.local\th\n`);
    expect(text).toContain('search default.svc.cluster.local svc.cluster.local cluster.local');
    expect(text).toContain('options ndots:5\na-x\n');
  });

  it('share volumes of all kinds, as the pod’s group', async () => {
    await fixture.client.configMaps.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', namespace: 'default' },
      data: { a: 'first', b: 'other' },
    });
    const script =
      'id -G; cat /cm/a /one; ls -ln /cm/..data/a | cut -c1-10; echo x > /dir/f && stat -c %g /dir/f; echo y > /mem/f; ' +
      'df /mem | tail -1 | cut -d" " -f1; echo z > /sub/g; cat /dir/deep/g; (echo no > /cm/a) 2>&1 || true';
    const text = await output(
      'volumes',
      script,
      {
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
        volumes: [
          { name: 'cm', configMap: { name: 'cm' } },
          { name: 'dir', emptyDir: {} },
          { name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        ],
        initContainers: [
          sh('mkdir /dir/deep; chmod 777 /dir/deep', {
            name: 'init',
            volumeMounts: [{ name: 'dir', mountPath: '/dir' }],
          }),
        ],
      },
      {
        volumeMounts: [
          { name: 'cm', mountPath: '/cm' },
          { name: 'cm', mountPath: '/one', subPath: 'b' },
          { name: 'dir', mountPath: '/dir' },
          { name: 'dir', mountPath: '/sub', subPath: 'deep' },
          { name: 'mem', mountPath: '/mem' },
        ],
      },
    );
    expect(text).toMatch(/^1000 2000\nfirstother-rw-r--r--\n2000\ntmpfs\nz\n/);
    expect(text).toContain('Read-only file system');
  });

  it('end with a message, and restart with a pause', async () => {
    await fixture.create('crash', {
      containers: [sh('echo to the log; echo last words > /dev/termination-log; exit 3')],
    });
    const pod = await fixture.until(
      'crash',
      (candidate) => candidate.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      message: 'last words\n',
    });
    await fixture.until('crash', (candidate) => (candidate.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    expect(await log('crash', '?previous=true')).toBe('to the log\n');
  });

  it('tell by their log when they have no message', async () => {
    await fixture.create('fallback', {
      restartPolicy: 'Never',
      containers: [sh('echo this went wrong; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
    });
    const pod = await fixture.until('fallback', ended);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.message).toBe('this went wrong\n');
  });

  it('that run out of memory are told so', async () => {
    await fixture.create('oom', {
      restartPolicy: 'Never',
      containers: [sh('tail /dev/zero', { resources: { limits: { memory: '16Mi' } } })],
    });
    const pod = await fixture.until('oom', ended);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  it('that can’t be started say what is missing', async () => {
    await fixture.create('nosuch', {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: busybox, command: ['nosuch'] }],
    });
    const pod = await fixture.until('nosuch', ended);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: 'StartError',
      exitCode: 128,
      message: expect.stringContaining('exec: "nosuch": executable file not found'),
    });
  });

  it('must not be root where the pod says so', async () => {
    await fixture.create('root', { containers: [sh('id', { securityContext: { runAsNonRoot: true } })] });
    const pod = await fixture.until(
      'root',
      (candidate) => candidate.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    const { uid } = pod.metadata;
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      `container has runAsNonRoot and image will run as root (pod: "root_default(${uid})", container: main)`,
    );
  });

  it('have their limits from the engine', async () => {
    const limits = { cpu: '500m', memory: '32Mi' };
    await fixture.create('limits', {
      containers: [
        sh('sleep 1000', {
          resources: { limits },
          securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        }),
      ],
    });
    const pod = await fixture.until('limits', isReady);
    const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('docker://', '') ?? '';
    expect(
      docker(
        'inspect',
        '-f',
        '{{with .HostConfig}}{{.Memory}} {{.CpuShares}} {{.CpuQuota}} {{.ReadonlyRootfs}} {{.CapDrop}}{{end}}',
        id,
      ),
    ).toBe(`${32 << 20} 512 50000 true [ALL]`);
    expect(pod.status?.qosClass).toBe('Guaranteed');
  });
});

describe('probes and hooks', () => {
  it('take a pod out of service, and in again', async () => {
    const readinessProbe = { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 1 };
    await fixture.create('ready', { containers: [sh('touch /tmp/ready; sleep 1000', { readinessProbe })] });
    const pod = await fixture.until('ready', isReady);
    const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('docker://', '') ?? '';
    docker('exec', id, 'rm', '/tmp/ready');
    await fixture.until('ready', (candidate) => !isReady(candidate));
    await fixture.untilEvent(
      'ready',
      "Unhealthy: Readiness probe failed: cat: can't open '/tmp/ready': No such file or directory",
    );
    docker('exec', id, 'touch', '/tmp/ready');
    await fixture.until('ready', isReady);
  });

  it('restart a container that is not alive', async () => {
    const livenessProbe = {
      exec: { command: ['test', '-e', '/tmp/alive'] },
      periodSeconds: 1,
      failureThreshold: 1,
      initialDelaySeconds: 1,
    };
    await fixture.create('alive', { containers: [sh('sleep 1000', { livenessProbe })] });
    await fixture.until('alive', (candidate) => (candidate.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    await fixture.untilEvent('alive', 'Killing: Container main failed liveness probe, will be restarted');
  });

  it('run after the start and before the stop', async () => {
    const lifecycle = {
      postStart: { exec: { command: ['sh', '-c', 'echo started > /out/post'] } },
      preStop: { exec: { command: ['sh', '-c', 'echo stopping > /out/pre'] } },
    };
    await fixture.create('hooks', {
      volumes: [{ name: 'out', hostPath: { path: '/out', type: 'DirectoryOrCreate' } }],
      containers: [sh('sleep 1000', { lifecycle, volumeMounts: [{ name: 'out', mountPath: '/out' }] })],
    });
    await fixture.until('hooks', isReady);
    await fixture.client.pods.delete('hooks', 'default');
    await fixture.untilGone('hooks');
    const text = await output(
      'hooks-out',
      'cat /out/post /out/pre',
      { volumes: [{ name: 'out', hostPath: { path: '/out' } }] },
      { volumeMounts: [{ name: 'out', mountPath: '/out' }] },
    );
    expect(text).toBe('started\nstopping\n');
  });
});

describe('the kubelet’s API', () => {
  it('refuses who has no certificate of the cluster, and other nodes', async () => {
    expect((await kubelet('/pods', {})).code).toBe(401);
    expect(await kubelet('/pods', fixture.credentials.node)).toEqual({
      code: 403,
      body: 'Forbidden (user=system:node:node-2, verb=get, resource=nodes, subresource(s)=[proxy])',
    });
    expect((await kubelet('/healthz')).body).toBe('ok');
  });

  it('gives logs as asked for', async () => {
    expect(await output('lines', 'for i in 1 2 3 4; do echo line $i; done')).toBe('line 1\nline 2\nline 3\nline 4\n');
    expect(await log('lines', '?tailLines=2')).toBe('line 3\nline 4\n');
    expect(await log('lines', '?limitBytes=10')).toBe('line 1\nlin');
    expect(await log('lines', '?timestamps=true&tailLines=1')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 4\n$/,
    );
    expect(await log('lines', '?sinceTime=2999-01-01T00:00:00Z')).toBe('');
    expect(await log('lines', '?previous=true')).toBe('previous terminated container "main" in pod "lines" not found');
    expect((await kubelet('/containerLogs/default/none/main')).code).toBe(404);
  });

  it('lists pods and what they use', async () => {
    const { items } = JSON.parse((await kubelet('/pods')).body) as { items: Pod[] };
    expect(items.find(({ metadata }) => metadata.name === 'ready')?.status?.phase).toBe('Running');
    const summary = JSON.parse((await kubelet('/stats/summary')).body) as {
      pods: { podRef: { name: string }; memory: { workingSetBytes: number } }[];
    };
    expect(summary.pods.find(({ podRef }) => podRef.name === 'ready')?.memory.workingSetBytes).toBeGreaterThan(0);
    expect((await kubelet('/metrics/resource')).body).toContain(
      'container_memory_working_set_bytes{container="main",namespace="default",pod="ready"}',
    );
  });
});

describe('over time', () => {
  it('a config map that changes reaches the running pod', async () => {
    await fixture.create('follows', {
      volumes: [{ name: 'cm', configMap: { name: 'cm' } }],
      containers: [
        sh('while ! grep -q second /cm/a; do sleep 0.1; done', { volumeMounts: [{ name: 'cm', mountPath: '/cm' }] }),
      ],
      restartPolicy: 'Never',
    });
    await fixture.until('follows', isReady);
    await fixture.client.configMaps.patch('cm', 'default', 'merge', { data: { a: 'second' } });
    await fixture.until('follows', (pod) => pod.status?.phase === 'Succeeded');
  });

  it('a kubelet that starts again adopts what runs, and goes on counting', async () => {
    const before = await fixture.pod('ready');
    const crashes = (await fixture.pod('crash')).status?.containerStatuses?.[0]?.restartCount ?? 0;
    await fixture.restart();
    await fixture.until('crash', (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > crashes);
    const after = await fixture.until('ready', isReady);
    expect(after.status?.containerStatuses?.[0]).toMatchObject({
      containerID: before.status?.containerStatuses?.[0]?.containerID,
      restartCount: 0,
    });
    expect(after.status?.podIP).toBe(before.status?.podIP);
  });

  it('a container that is killed behind its back is restarted', async () => {
    const pod = await fixture.pod('ready');
    docker('kill', pod.status?.containerStatuses?.[0]?.containerID?.replace('docker://', '') ?? '');
    const after = await fixture.until(
      'ready',
      (candidate) => (candidate.status?.containerStatuses?.[0]?.restartCount ?? 0) === 1,
    );
    expect(after.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137);
    expect(after.status?.podIP).toBe(pod.status?.podIP);
  });

  it('a sandbox that is killed is replaced', async () => {
    const { uid } = (await fixture.pod('limits')).metadata;
    docker(
      'kill',
      docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${uid}`, '--filter', 'label=podium.kind=sandbox'),
    );
    await fixture.untilEvent('limits', 'SandboxChanged: Pod sandbox changed, it will be killed and re-created.');
    await fixture.until('limits', (pod) => isReady(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1);
  });

  it('a pod that is deleted gets its grace, and a shorter one when asked', async () => {
    const stubborn = sh('trap "" TERM; while true; do sleep 0.1; done');
    await fixture.create('stubborn', { terminationGracePeriodSeconds: 60, containers: [stubborn] });
    await fixture.until('stubborn', isReady);
    await fixture.client.pods.delete('stubborn', 'default');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await fixture.pod('stubborn')).metadata.deletionTimestamp).toBeDefined();
    await fixture.client.pods.delete('stubborn', 'default', { gracePeriodSeconds: 1 });
    await fixture.untilGone('stubborn', 10);
  });
});

describe('static pods', () => {
  const manifest = (message: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [sh(`echo ${message}; sleep 1000`, { imagePullPolicy: 'IfNotPresent' })],
      },
    });
  const write = (message: string): void => writeFileSync(join(folder, 'manifests', 'web.yaml'), manifest(message));

  it('run from their manifest, with a mirror on the API server', async () => {
    write('one');
    await expect.poll(() => fixture.pod('web-node-1').then(isReady, () => false), { timeout: 15_000 }).toBe(true);
    const { annotations = {} } = (await fixture.pod('web-node-1')).metadata;
    expect(annotations).toMatchObject({
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.mirror': annotations['kubernetes.io/config.hash'],
    });
    expect(await log('web-node-1')).toBe('one\n');
  });

  it('have their mirror again when it is deleted, and run on', async () => {
    const before = await fixture.pod('web-node-1');
    await fixture.client.pods.delete('web-node-1', 'default', { gracePeriodSeconds: 0 });
    await expect
      .poll(
        () =>
          fixture.pod('web-node-1').then(
            (pod) => pod.metadata.uid !== before.metadata.uid && isReady(pod),
            () => false,
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
    const after = await fixture.pod('web-node-1');
    expect(after.status?.containerStatuses?.[0]?.containerID).toBe(before.status?.containerStatuses?.[0]?.containerID);
  });

  it('change with their manifest, and go with it', async () => {
    write('two');
    await expect.poll(() => log('web-node-1'), { timeout: 15_000 }).toBe('two\n');
    rmSync(join(folder, 'manifests', 'web.yaml'));
    await fixture.untilGone('web-node-1');
  });
});
