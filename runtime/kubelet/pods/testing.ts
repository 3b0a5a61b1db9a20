import type { Container, PodSpec } from '../../api/kinds';
import type { ContainerStatus, RuntimePod, Sandbox } from '../container-runtime';
import type { KubeletPod } from './pod-spec';

/** A pod for tests; containers of just a name become whole. */
export function testPod(spec: Partial<PodSpec> = {}, metadata: Partial<KubeletPod['metadata']> = {}): KubeletPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { restartPolicy: 'Always', containers: [{ name: 'main', image: 'busybox:1' }], ...spec },
  };
}

export const named = (...names: string[]): Container[] => names.map((name) => ({ name, image: 'busybox:1' }));

export function testSandbox(over: Partial<Sandbox> = {}): Sandbox {
  return {
    id: 's1',
    name: 'web',
    namespace: 'default',
    uid: 'u1',
    attempt: 0,
    state: 'ready',
    createdAt: 1000,
    hostNetwork: false,
    ip: '10.244.0.5',
    labels: {},
    annotations: {},
    ...over,
  };
}

/** A container instance: `running`, `created`, `unknown`, or the code that it exited with. */
export function testContainer(
  name: string,
  state: 'running' | 'created' | 'unknown' | number,
  over: Partial<ContainerStatus> = {},
): ContainerStatus {
  const exited = typeof state === 'number';
  return {
    id: `${name}-1`,
    name,
    sandboxId: 's1',
    attempt: 0,
    state: exited ? 'exited' : state,
    createdAt: 1000,
    startedAt: 2000,
    ...(exited && { exitCode: state, finishedAt: 3000 }),
    image: 'busybox:1',
    imageId: 'sha256:1',
    labels: {},
    annotations: {},
    ...over,
  };
}

/** Containers newest first. */
export function testRuntime(sandboxes: Sandbox[] = [], containers: ContainerStatus[] = []): RuntimePod {
  return { uid: 'u1', name: 'web', namespace: 'default', sandboxes, containers };
}
