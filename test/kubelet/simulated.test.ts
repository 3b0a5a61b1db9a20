import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock';
import { RuntimeError, type RuntimeEvent, type RuntimePod } from '../../runtime/kubelet/container-runtime';
import { SimulatedRuntime } from '../../runtime/kubelet/simulated';
import { KubeletFixture } from './kubelet-fixture';

let fixture: KubeletFixture;
let next = 2;

/** A simulated runtime that can be made to fail as an engine does that went away. */
class FlakyRuntime extends SimulatedRuntime {
  private failure: string | undefined;
  private broken = new AbortController();

  fail(message: string | undefined): void {
    this.failure = message;
    if (message !== undefined) this.broken.abort();
    else this.broken = new AbortController();
  }

  override async version(): Promise<string> {
    this.check();
    return super.version();
  }

  override async pods(uid?: string): Promise<RuntimePod[]> {
    this.check();
    return super.pods(uid);
  }

  override async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    this.check();
    yield* super.events(AbortSignal.any([signal, this.broken.signal]));
    this.check();
  }

  private check(): void {
    if (this.failure !== undefined) throw new RuntimeError('Unavailable', this.failure);
  }
}

const runtime = new FlakyRuntime({
  clock: systemClock,
  allocateAddress: async () => `10.244.0.${next++}`,
  releaseAddress: () => undefined,
  delays: { sandbox: 5, pull: 5, create: 1, start: 5, stop: 5 },
});

const simulate = (behaviour: object): { annotations: Record<string, string> } => ({
  annotations: { 'podium.io/simulate': JSON.stringify(behaviour) },
});
const condition = (
  pod: { status?: { conditions?: { type: string; status: string }[] } },
  type: string,
): string | undefined => pod.status?.conditions?.find((candidate) => candidate.type === type)?.status;

beforeAll(async () => {
  fixture = await KubeletFixture.start({
    runtime,
    timings: { crashBackoff: { initial: 0.3, max: 3 }, heartbeat: 0.2, nodeStatusUpdate: 0.5 },
  });
});
afterAll(() => fixture.stop());

describe('a node that registers itself', () => {
  it('is ready, with its capacity, addresses and port', async () => {
    const { metadata, status } = await fixture.node();
    expect(metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux' });
    expect(status?.capacity).toMatchObject({ cpu: '2', memory: '4Gi', pods: '110' });
    expect(status?.nodeInfo?.kubeletVersion).toBe('v1.36.0');
    expect(status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(fixture.kubelet.port);
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' });
  });

  it('renews its lease', async () => {
    const leases = fixture.client.leases;
    await expect.poll(() => leases.get('node-1', 'kube-node-lease').catch(() => undefined)).toBeDefined();
    const first = await leases.get('node-1', 'kube-node-lease');
    expect(first.spec?.holderIdentity).toBe('node-1');
    await expect
      .poll(async () => (await leases.get('node-1', 'kube-node-lease')).spec?.renewTime, { timeout: 3000 })
      .not.toBe(first.spec?.renewTime);
  });

  it('comes back when its node is deleted', async () => {
    const { metadata } = await fixture.node();
    await fixture.client.nodes.delete('node-1');
    await expect
      .poll(async () => (await fixture.node().catch(() => undefined))?.metadata.uid ?? metadata.uid, { timeout: 5000 })
      .not.toBe(metadata.uid);
  });
});

describe('a pod', () => {
  it('runs, gets an address, and is ready', async () => {
    await fixture.create('web', {});
    const pod = await fixture.until('web', (candidate) => condition(candidate, 'Ready') === 'True');
    expect(pod.status).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^10\.244\.0\./),
      hostIP: '127.0.0.1',
      qosClass: 'BestEffort',
    });
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      name: 'main',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: {} },
    });
    for (const type of ['PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'PodScheduled'])
      expect(condition(pod, type)).toBe('True');
    await fixture.untilEvent('web', 'Started: Container started');
    expect(await fixture.events('web')).toEqual(
      expect.arrayContaining(['Pulling: Pulling image "podium-test/busybox:1"', 'Created: Container created']),
    );
  });

  it('is deleted once its containers have stopped', async () => {
    await fixture.client.pods.delete('web', 'default');
    await fixture.untilGone('web');
    await fixture.untilEvent('web', 'Killing: Stopping container main');
    await expect.poll(async () => (await runtime.pods()).filter(({ name }) => name === 'web').length).toBe(0);
  });

  it('runs its init containers in order before the others', async () => {
    const image = 'podium-test/busybox:1';
    await fixture.create(
      'steps',
      {
        initContainers: [
          { name: 'one', image },
          { name: 'two', image },
        ],
      },
      simulate({ containers: { one: { exitCode: 0 }, two: { exitCode: 0, afterSeconds: 0.1 } } }),
    );
    const pod = await fixture.until('steps', (candidate) => condition(candidate, 'Ready') === 'True');
    const [one, two] = pod.status?.initContainerStatuses ?? [];
    expect([one?.state?.terminated?.reason, two?.state?.terminated?.reason]).toEqual(['Completed', 'Completed']);
    expect([one?.ready, two?.ready]).toEqual([true, true]);
  });

  it('keeps a sidecar running beside its containers, and ends with it', async () => {
    const image = 'podium-test/busybox:1';
    await fixture.create(
      'beside',
      { restartPolicy: 'Never', initContainers: [{ name: 'side', image, restartPolicy: 'Always' }] },
      simulate({ containers: { main: { exitCode: 0, afterSeconds: 0.2 } } }),
    );
    const running = await fixture.until('beside', (candidate) => candidate.status?.phase === 'Running');
    expect(running.status?.initContainerStatuses?.[0]).toMatchObject({
      name: 'side',
      started: true,
      state: { running: {} },
    });
    const ended = await fixture.until('beside', (candidate) => candidate.status?.phase === 'Succeeded');
    expect(ended.status?.initContainerStatuses?.[0]?.state?.terminated).toBeDefined();
  });

  it('backs off from a container that fails again and again', async () => {
    await fixture.create('crash', {}, simulate({ exitCode: 1 }));
    const pod = await fixture.until(
      'crash',
      (candidate) => candidate.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    const [status] = pod.status?.containerStatuses ?? [];
    expect(status?.state?.waiting?.message).toMatch(
      /^back-off \d+(\.\d+)?m?s restarting failed container=main pod=crash_default\(.*\)$/,
    );
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    await fixture.until('crash', (candidate) => (candidate.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2);
    await fixture.untilEvent('crash', 'BackOff: Back-off restarting failed container main in pod crash_default(');
  });

  it.each([
    [0, 'Succeeded', 'PodCompleted'],
    [3, 'Failed', 'PodFailed'],
  ])('that ends with %i and is never restarted has %s', async (exitCode, phase, reason) => {
    const name = `once-${exitCode}`;
    await fixture.create(name, { restartPolicy: 'Never' }, simulate({ exitCode }));
    const pod = await fixture.until(name, (candidate) => candidate.status?.phase === phase);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(exitCode);
    expect(pod.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason });
  });

  it('is not ready while its readiness probe fails', async () => {
    const readinessProbe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 1 };
    await fixture.create(
      'unready',
      { containers: [{ name: 'main', image: 'podium-test/busybox:1', readinessProbe }] },
      simulate({ ready: false }),
    );
    await fixture.untilEvent('unready', 'Unhealthy: Readiness probe failed');
    const pod = await fixture.pod('unready');
    expect(pod.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    });
  });

  it('that the node has no room for fails', async () => {
    await fixture.create('large', {
      containers: [{ name: 'main', image: 'a', resources: { requests: { cpu: '3' } } }],
    });
    const pod = await fixture.until('large', (candidate) => candidate.status?.phase === 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'OutOfcpu',
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000",
    });
  });

  it('waits for a config map that it mounts, and starts when there is one', async () => {
    await fixture.create('waits', {
      volumes: [{ name: 'config', configMap: { name: 'late' } }],
      containers: [{ name: 'main', image: 'podium-test/busybox:1', volumeMounts: [] }],
    });
    await fixture.untilEvent(
      'waits',
      'FailedMount: MountVolume.SetUp failed for volume "config" : configmap "late" not found',
    );
    await fixture.client.configMaps.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'late', namespace: 'default' },
    });
    await fixture.until('waits', (candidate) => candidate.status?.phase === 'Running');
  });

  it('whose environment names a key that is missing says so', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'x' } } }];
    await fixture.create('key', { containers: [{ name: 'main', image: 'podium-test/busybox:1', env }] });
    const pod = await fixture.until(
      'key',
      (candidate) => candidate.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      "couldn't find key x in ConfigMap default/late",
    );
  });

  it('whose image can’t be had waits for it', async () => {
    await fixture.create(
      'pull',
      { containers: [{ name: 'main', image: 'nowhere/none:1' }] },
      simulate({ pullError: 'not found' }),
    );
    const pod = await fixture.until(
      'pull',
      (candidate) => candidate.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
    );
    expect(pod.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [
        { state: { waiting: { message: 'Back-off pulling image "nowhere/none:1": ErrImagePull: not found' } } },
      ],
    });
  });

  it('ends after its active deadline', async () => {
    await fixture.create('deadline', { activeDeadlineSeconds: 1 });
    const pod = await fixture.until('deadline', (candidate) => candidate.status?.phase === 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });
});

describe('a runtime that goes away', () => {
  it('makes the node not ready until it is back, and the pods go on', async () => {
    const ready = async () => (await fixture.node()).status?.conditions?.find(({ type }) => type === 'Ready');
    runtime.fail('the container engine does not answer');
    await expect.poll(async () => (await ready())?.status, { timeout: 5000 }).toBe('False');
    expect(await ready()).toMatchObject({
      reason: 'KubeletNotReady',
      message: 'container runtime is down: the container engine does not answer',
    });
    await fixture.create('meanwhile', {});
    runtime.fail(undefined);
    await expect.poll(async () => (await ready())?.status, { timeout: 5000 }).toBe('True');
    await fixture.until('meanwhile', (pod) => condition(pod, 'Ready') === 'True');
  });
});

describe('a kubelet that starts again', () => {
  it('adopts what runs, and restarts nothing', async () => {
    await fixture.create('kept', {});
    const before = await fixture.until('kept', (candidate) => condition(candidate, 'Ready') === 'True');
    await fixture.restart();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await fixture.pod('kept');
    expect(after.status?.containerStatuses?.[0]?.containerID).toBe(before.status?.containerStatuses?.[0]?.containerID);
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect(after.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('removes what was deleted meanwhile', async () => {
    await fixture.kubelet.stop();
    await fixture.client.pods.delete('kept', 'default', { gracePeriodSeconds: 0 });
    await fixture.restart();
    await expect
      .poll(async () => (await runtime.pods()).filter(({ name }) => name === 'kept').length, { timeout: 5000 })
      .toBe(0);
  });
});
