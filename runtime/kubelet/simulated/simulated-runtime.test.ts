import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../clock';
import type { ContainerConfig, SandboxConfig } from '../container-runtime';
import { behaviourAnnotation, SimulatedRuntime } from '.';

let clock: FakeClock;
let runtime: SimulatedRuntime;
let released: string[];

beforeEach(() => {
  clock = new FakeClock();
  released = [];
  let next = 2;
  runtime = new SimulatedRuntime({
    clock,
    allocateAddress: async () => `10.244.0.${next++}`,
    releaseAddress: (id) => void released.push(id),
  });
});

async function during<T>(action: Promise<T>): Promise<T> {
  await clock.advance(1000);
  return action;
}

const sandboxConfig = (behaviour: object = {}): SandboxConfig => ({
  name: 'web',
  namespace: 'default',
  uid: 'uid',
  attempt: 0,
  hostname: 'web',
  hostNetwork: false,
  hostPID: false,
  shareProcessNamespace: false,
  mounts: [],
  labels: {},
  annotations: { [behaviourAnnotation]: JSON.stringify(behaviour) },
  sysctls: {},
  portMappings: [],
});
const containerConfig = {
  name: 'main',
  attempt: 0,
  image: 'a:1',
  imageId: 'sha256:1',
  labels: {},
  annotations: {},
} as unknown as ContainerConfig;

async function start(behaviour: object = {}): Promise<{ sandbox: string; container: string }> {
  const sandbox = (await during(runtime.runSandbox(sandboxConfig(behaviour)))).id;
  const container = await during(runtime.createContainer(sandbox, containerConfig));
  await during(runtime.startContainer(container));
  return { sandbox, container };
}

const state = async () => (await runtime.pods('uid'))[0]?.containers[0];

describe('the simulated runtime', () => {
  it('runs containers for ever unless told', async () => {
    await start();
    await clock.advance(24 * 3600_000);
    expect(await state()).toMatchObject({ state: 'running' });
    expect((await runtime.pods())[0]?.sandboxes[0]).toMatchObject({ state: 'ready', ip: '10.244.0.2' });
  });

  it("ends a container as its pod's annotation says", async () => {
    await start({ exitCode: 3, afterSeconds: 5 });
    expect(await state()).toMatchObject({ state: 'running' });
    await clock.advance(5000);
    expect(await state()).toMatchObject({ state: 'exited', exitCode: 3, reason: 'Error' });
  });

  it('tells those who listen what happened', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const listening = (async () => {
      for await (const { type } of runtime.events(stop.signal)) seen.push(type);
    })();
    const { sandbox } = await start();
    await runtime.removeSandbox(sandbox);
    await clock.advance(1);
    stop.abort();
    await listening;
    expect(seen).toEqual(['started', 'created', 'started', 'stopped', 'stopped', 'deleted']);
    expect(released).toEqual([sandbox]);
  });

  it('answers probes as it was told', async () => {
    const { container } = await start({ containers: { main: { ready: false } } });
    expect([runtime.simulateProbe(container, 'readiness'), runtime.simulateProbe(container, 'liveness')]).toEqual([
      false,
      true,
    ]);
  });
});
