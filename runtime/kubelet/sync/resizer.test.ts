import { describe, expect, it } from 'vitest';
import type { Container, PodStatus, ResourceRequirements } from '../../api/kinds';
import type { ContainerRuntime, ContainerStatus, RuntimePod } from '../container-runtime';
import { testPod } from '../pods/testing';
import type { ContainerKiller } from './container-killer';
import { Resizer } from './resizer';

const sized = (cpu: string, memory = '32Mi'): ResourceRequirements => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const podOf = (resources: ResourceRequirements, over: Partial<Container> = {}) =>
  testPod({ containers: [{ name: 'main', image: 'a', resources, ...over }] }, { uid: 'u' });
const runs: RuntimePod = {
  uid: 'u', name: 'p', namespace: 'default', sandboxes: [],
  containers: [{ id: 'c1', name: 'main', state: 'running' } as ContainerStatus],
};

/** A resizer, and what it does. */
function resizer() {
  const done: string[] = [];
  const made = new Resizer({
    runtime: {
      updateContainer: async (id: string, { cpuQuota, memoryLimitBytes }: { cpuQuota: number; memoryLimitBytes: number }) =>
        void done.push(`update ${id} ${cpuQuota} ${memoryLimitBytes}`),
    } as unknown as ContainerRuntime,
    killer: { kill: async (_pod: unknown, { message }: { message: string }) => void done.push(message) } as unknown as ContainerKiller,
    events: { eventAbout: () => {} },
    memoryCapacity: 1n << 32n,
  });
  const has = (pod: ReturnType<typeof podOf>, status?: PodStatus) => made.effective(pod, runs, status).spec.containers[0]?.resources?.limits?.cpu;
  return { made, done, has };
}

describe('a resizer', () => {
  it('gives containers what their pod asks for now, once', async () => {
    const { made, done, has } = resizer();
    expect(has(podOf(sized('100m')))).toBe('100m');
    const bigger = podOf(sized('0.2'));
    expect([has(bigger), made.isPending(bigger)]).toEqual(['100m', true]);
    await made.resize(bigger, runs);
    expect([has(bigger), made.isPending(bigger), done]).toEqual(['0.2', false, ['update c1 20000 33554432']]);
    expect(made.isPending(podOf(sized('200m')))).toBe(false);
  });

  it('ends containers that restart for a change of what has changed', async () => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    const { made, done, has } = resizer();
    has(podOf(sized('100m'), { resizePolicy }));
    await made.resize(podOf(sized('200m'), { resizePolicy }), runs);
    await made.resize(podOf(sized('200m', '64Mi'), { resizePolicy }), runs);
    expect(done).toEqual(['update c1 20000 33554432', 'Container main resize requires restart']);
  });

  it('believes what was reported before the kubelet started again', () => {
    const { made, has } = resizer();
    const status = { containerStatuses: [{ name: 'main', resources: sized('100m') }] } as PodStatus;
    const pod = podOf(sized('200m'));
    expect([has(pod, status), made.isPending(pod)]).toEqual(['100m', true]);
  });

  it('takes a container that has not started for what its pod asks for now', () => {
    const { made } = resizer();
    const waiting = { ...runs, containers: [] };
    made.effective(podOf(sized('100m')), waiting, undefined);
    const pod = podOf(sized('200m'));
    expect(made.effective(pod, waiting, undefined)).toBe(pod);
    expect(made.isPending(pod)).toBe(false);
  });
});
