import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod, PodSpec } from '../../runtime/api/kinds';
import { busybox, ensureBusybox, ensureTools, tools } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';
import { sh } from './one-shot-pods';

let cluster: TestCluster;
beforeAll(async () => {
  ensureBusybox();
  ensureTools();
  cluster = await TestCluster.up('live-pods', '--nodes', '1');
});
afterAll(() => cluster?.down());

async function create(name: string, spec: PodSpec, metadata: Pod['metadata'] = {}): Promise<void> {
  await cluster.apply(JSON.stringify({
    apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec: { terminationGracePeriodSeconds: 1, ...spec },
  }));
}

const get = (name: string) => cluster.getJson<Pod>('pod', name);
const forever = 'while :; do sleep 0.2; done';

/** The pod, once its status is as told. */
function until(name: string, check: (pod: Pod) => void, timeoutMs = 45_000): Promise<Pod> {
  return eventually(async () => {
    const pod = await get(name);
    check(pod);
    return pod;
  }, timeoutMs, 300);
}

const main = ({ status }: Pod): ContainerStatus | undefined => status?.containerStatuses?.find(({ name }) => name === 'main');
const running = (pod: Pod) => expect(main(pod)?.state?.running).toBeDefined();
const restarted = (pod: Pod) => expect(main(pod)?.restartCount).toBeGreaterThanOrEqual(1);
const exec = (name: string, script: string) => cluster.kubectl('exec', name, '-c', 'main', '--', 'sh', '-c', script);

describe('probes', () => {
  const serve = 'exec node -e \'let n=0; require("http").createServer((q,r)=>{r.statusCode = Date.now()-s>3000?500:200; r.end()}).listen(8080); const s=Date.now()\'';
  const quick = { periodSeconds: 1, failureThreshold: 1 };
  const probed: [string, PodSpec['containers'][0]][] = [
    ['an HTTP answer turns bad', sh(serve, { image: tools, livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 2, ...quick } })],
    ['a command fails', sh(`touch /tmp/health; sleep 3; rm /tmp/health; ${forever}`, { livenessProbe: { exec: { command: ['cat', '/tmp/health'] }, initialDelaySeconds: 1, ...quick } })],
    ['nobody listens', sh(forever, { livenessProbe: { tcpSocket: { port: 8080 }, initialDelaySeconds: 1, ...quick } })],
    ['no gRPC server answers', sh(forever, { livenessProbe: { grpc: { port: 2333 }, initialDelaySeconds: 1, ...quick } })],
    ['a command takes too long', sh(forever, { livenessProbe: { exec: { command: ['sleep', '10'] }, timeoutSeconds: 1, initialDelaySeconds: 1, ...quick } })],
    ['its start takes too long', sh(forever, { startupProbe: { exec: { command: ['false'] }, ...quick } })],
  ];
  const podName = (what: string) => what.toLowerCase().replaceAll(' ', '-');
  beforeAll(async () => {
    for (const [what, container] of probed) await create(podName(what), { containers: [container] });
  });

  it.each(probed)('restart a container when %s', async (what) => {
    await until(podName(what), restarted);
    expect(await cluster.kubectl('get', 'events', '--field-selector', `involvedObject.name=${podName(what)},reason=Killing`, '-o', 'jsonpath={.items[0].message}'))
      .toMatch(/^Container main failed (liveness|startup) probe, will be restarted$/);
    await cluster.kubectl('delete', 'pod', podName(what), '--now', '--wait=false');
  });
});

describe('hooks', () => {
  beforeAll(() => create('observer', {
    containers: [sh('exec node -e \'const seen=[]; require("http").createServer((q,r)=>{ if(q.url==="/seen") return r.end(seen.join(" ")); seen.push(q.url + (q.headers["x-from"]??"")); r.end()}).listen(8080)\'',
      { image: tools, readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } })],
  }));
  const seen = () => cluster.kubectl('exec', 'observer', '--', 'node', '-e', 'fetch("http://127.0.0.1:8080/seen").then((a) => a.text()).then((t) => console.log(t))');

  it('of every kind are called, after the start and before the stop', async () => {
    const observer = await until('observer', (pod) => expect(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True'));
    const host = observer.status?.podIP ?? '';
    const http = (path: string) => ({ httpGet: { path, port: 8080, host, httpHeaders: [{ name: 'x-from', value: '-hook' }] } });
    const command = (path: string) => ({ exec: { command: ['node', '-e', `fetch("http://${host}:8080${path}")`] } });
    await create('hooked', {
      terminationGracePeriodSeconds: 15,
      containers: [
        sh(forever, { image: tools, lifecycle: { postStart: http('/started-http'), preStop: http('/stopped-http') } }),
        sh(forever, { name: 'other', image: tools, lifecycle: { postStart: command('/started-exec'), preStop: command('/stopped-exec') } }),
        sh(forever, { name: 'sleeper', image: tools, lifecycle: { preStop: { sleep: { seconds: 1 } } } }),
      ],
    });
    await until('hooked', running);
    await eventually(async () => expect((await seen()).trim().split(' ').sort()).toEqual(['/started-exec', '/started-http-hook']));
    await cluster.kubectl('delete', 'pod', 'hooked', '--grace-period=5');
    expect((await seen()).trim().split(' ').sort()).toEqual(['/started-exec', '/started-http-hook', '/stopped-exec', '/stopped-http-hook']);
  });
});

describe('what is mounted', () => {
  it('follows its sources: created, changed and deleted, and the pod\'s own labels', async () => {
    for (const name of ['update', 'delete']) {
      await cluster.kubectl('create', 'configmap', name, '--from-literal=data-1=value-1');
      await cluster.kubectl('create', 'secret', 'generic', name, '--from-literal=data-1=value-1');
    }
    const sources = ['create', 'update', 'delete'].flatMap((name) => [
      { name: `c-${name}`, configMap: { name, optional: true } }, { name: `s-${name}`, secret: { secretName: name, optional: true } },
      { name: `p-${name}`, projected: { sources: [{ configMap: { name, optional: true } }] } },
    ]);
    await create('follower', {
      containers: [sh(forever, { volumeMounts: [...sources.map(({ name }) => ({ name, mountPath: `/v/${name}` })), { name: 'info', mountPath: '/v/info' }] })],
      volumes: [...sources, { name: 'info', downwardAPI: { items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }, { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
      ] } }],
    }, { labels: { a: '1' }, annotations: { builder: 'bar' } });
    await until('follower', running);
    expect(await exec('follower', 'cd /v; ls -d */data-1; cat info/labels')).toBe(
      'c-delete/data-1\nc-update/data-1\np-delete/data-1\np-update/data-1\ns-delete/data-1\ns-update/data-1\na="1"');
    await cluster.kubectl('create', 'configmap', 'create', '--from-literal=data-1=value-1');
    await cluster.kubectl('create', 'secret', 'generic', 'create', '--from-literal=data-1=value-1');
    await cluster.kubectl('delete', 'configmap,secret', 'delete');
    await cluster.kubectl('patch', 'configmap', 'update', '-p', '{"data":{"data-1":"value-2"}}');
    await cluster.kubectl('patch', 'secret', 'update', '-p', '{"stringData":{"data-1":"value-2"}}');
    await cluster.kubectl('label', 'pod', 'follower', 'b=2');
    await cluster.kubectl('annotate', 'pod', 'follower', 'builder=foo', '--overwrite');
    await eventually(async () => {
      expect(await exec('follower', 'cd /v; for f in */data-1; do echo $f $(cat $f); done; cat info/labels; echo; grep ^builder info/annotations')).toBe(
        'c-create/data-1 value-1\nc-update/data-1 value-2\np-create/data-1 value-1\np-update/data-1 value-2\n' +
        's-create/data-1 value-1\ns-update/data-1 value-2\na="1"\nb="2"\nbuilder="foo"\n');
    }, 60_000, 500);
  }, 90_000);

  it('at a path of a variable that is bad waits until the variable is good', async () => {
    await create('expands', {
      containers: [sh(forever, {
        env: [{ name: 'AT', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['at']" } } }],
        volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: '$(AT)/x' }],
      })],
      volumes: [{ name: 'v', emptyDir: {} }],
    }, { annotations: { at: '../..' } });
    await until('expands', (pod) => expect(main(pod)?.state?.waiting?.reason).toBe('CreateContainerConfigError'));
    await cluster.kubectl('annotate', 'pod', 'expands', 'at=good', '--overwrite');
    await until('expands', running, 60_000);
  }, 90_000);
});

describe('the end of a container', () => {
  it.each<[string, Partial<PodSpec['containers'][0]>, string | undefined]>([
    ['in a file', { command: ['sh', '-c', 'printf DONE > /dev/termination-log'] }, 'DONE'],
    ['in a file elsewhere, as another user', { command: ['sh', '-c', 'printf DONE > /dev/custom'], terminationMessagePath: '/dev/custom', securityContext: { runAsUser: 1000 } }, 'DONE'],
    ['in the log when it failed', { command: ['sh', '-c', 'printf DONE; exit 1'], terminationMessagePolicy: 'FallbackToLogsOnError' }, 'DONE'],
    ['nowhere when it succeeded', { command: ['sh', '-c', 'printf DONE'], terminationMessagePolicy: 'FallbackToLogsOnError' }, undefined],
  ])('is told %s', async (what, over, message) => {
    const name = `message-${what.replaceAll(/[ ,]+/g, '-')}`;
    await create(name, { restartPolicy: 'Never', containers: [{ name: 'main', image: busybox, ...over }] });
    const pod = await until(name, (found) => expect(main(found)?.state?.terminated).toBeDefined());
    expect(main(pod)?.state?.terminated?.message).toBe(message);
  });

  it('leaves a pod of failing init containers pending, again and again', async () => {
    await create('init-fails', { initContainers: [{ name: 'one', image: busybox, command: ['false'] }, { name: 'two', image: busybox, command: ['true'] }], containers: [sh(forever)] });
    const pod = await until('init-fails', ({ status }) => expect(status?.initContainerStatuses?.[0]?.restartCount).toBeGreaterThanOrEqual(2), 60_000);
    expect([pod.status?.phase, pod.status?.initContainerStatuses?.[1]?.state?.waiting?.reason, main(pod)?.state?.waiting?.reason]).toEqual(['Pending', 'PodInitializing', 'PodInitializing']);
    expect(pod.status?.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [one two]' });
  }, 90_000);

  it('comes by a deadline that was set later', async () => {
    await create('deadline', { containers: [sh(forever)] });
    await until('deadline', running);
    await cluster.kubectl('patch', 'pod', 'deadline', '-p', '{"spec":{"activeDeadlineSeconds":2}}');
    const pod = await until('deadline', ({ status }) => expect(status?.phase).toBe('Failed'));
    expect(pod.status?.reason).toBe('DeadlineExceeded');
  });
});

describe('a pod that is resized', () => {
  const sized = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
  const resize = (name: string, resources: object) => cluster.kubectl(
    'patch', 'pod', name, '--subresource=resize', '-p', JSON.stringify({ spec: { containers: [{ name: 'main', resources }] } }));
  /** Of cgroups of either version. */
  const limits = (name: string) => exec(name, 'cd /sys/fs/cgroup; cat cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us; cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes');
  const given = (pod: Pod) => main(pod)?.resources?.limits;

  it('gets its cpu and memory without a restart', async () => {
    await create('grows', { containers: [sh(forever, { resources: sized('100m', '32Mi') })] });
    await until('grows', running);
    expect(await limits('grows')).toMatch(/^10000\D[^]*\b33554432\n$/);
    await resize('grows', sized('200m', '64Mi'));
    const pod = await until('grows', (found) => expect(given(found)).toEqual({ cpu: '200m', memory: '64Mi' }));
    expect([main(pod)?.restartCount, main(pod)?.allocatedResources]).toEqual([0, { cpu: '200m', memory: '64Mi' }]);
    expect(await limits('grows')).toMatch(/^20000\D[^]*\b67108864\n$/);
  });

  it('restarts containers that want to be restarted for it', async () => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    await create('restarts', { containers: [sh(forever, { resources: sized('100m', '32Mi'), resizePolicy })] });
    await until('restarts', running);
    await resize('restarts', sized('100m', '64Mi'));
    const pod = await until('restarts', (found) => expect([main(found)?.restartCount, given(found)]).toEqual([1, { cpu: '100m', memory: '64Mi' }]));
    expect(pod.status?.phase).toBe('Running');
    expect(await limits('restarts')).toContain('67108864');
  });

  it('keeps what it has when the node can not give more, and says why', async () => {
    await create('wants', { containers: [sh(forever, { resources: sized('100m', '32Mi') })] });
    await until('wants', running);
    await resize('wants', sized('64', '32Mi'));
    const pending = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'PodResizePending');
    const pod = await until('wants', (found) => expect(pending(found)).toMatchObject({ status: 'True', reason: 'Infeasible' }));
    expect([given(pod), pending(pod)?.message]).toEqual([{ cpu: '100m', memory: '32Mi' }, expect.stringContaining('enough resource: cpu, requested: 64000')]);
    await resize('wants', sized('150m', '32Mi'));
    await until('wants', (found) => expect([given(found)?.cpu, pending(found)]).toEqual(['150m', undefined]));
  });
});

describe('a node refuses', () => {
  it('a sysctl that is not safe', async () => {
    await create('unsafe', { containers: [sh(forever)], securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '10000' }] } });
    const pod = await until('unsafe', ({ status }) => expect(status?.phase).toBe('Failed'));
    expect([pod.status?.reason, pod.status?.message]).toEqual(['SysctlForbidden', 'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted']);
  });
});

describe('ports of the host', () => {
  const listener = (hostIP: string, protocol: 'TCP' | 'UDP'): PodSpec => ({
    containers: [sh('exec serve', { image: tools, ports: [{ containerPort: 8080, hostPort: 54323, hostIP, protocol }] })],
  });
  it('are shared by pods that differ in address or protocol, and reached there', async () => {
    const ip = await cluster.kubectl('get', 'node', 'node-1', '-o', 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}');
    await create('port-1', listener('127.0.0.1', 'TCP'));
    await create('port-2', listener(ip, 'TCP'));
    await create('port-3', listener(ip, 'UDP'));
    await create('from-host', { hostNetwork: true, containers: [sh(forever, { image: tools })] });
    for (const name of ['port-1', 'port-2', 'port-3', 'from-host']) await until(name, running);
    // From the node's address, as upstream's test asks: what comes from 127.0.0.1 isn't routed.
    const ask = (host: string) => eventually(() => cluster.kubectl('exec', 'from-host', '--', 'node', '-e',
      `require('http').get({ host: '${host}', port: 54323, localAddress: '${ip}', timeout: 3000 }, (r) => r.pipe(process.stdout)).on('timeout', () => process.exit(1))`));
    expect([await ask('127.0.0.1'), await ask(ip)]).toEqual(['port-1', 'port-2']);
  });
});
