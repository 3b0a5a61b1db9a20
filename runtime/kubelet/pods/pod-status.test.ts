import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec, PodStatus } from '../../api/kinds';
import type { RuntimePod } from '../container-runtime';
import type { WaitingReason } from './container-statuses';
import { generatePodStatus, type PodStatusInput } from './pod-status';
import { named, testContainer as container, testPod, testRuntime as runtime, testSandbox as sandbox } from './testing';

const now = Date.parse('2026-01-01T01:00:00Z');

function status(spec: Partial<PodSpec>, state: RuntimePod, over: Partial<PodStatusInput> = {}): PodStatus {
  return generatePodStatus({
    pod: testPod(spec),
    previous: {},
    runtime: state,
    runtimeName: 'docker',
    waiting: () => undefined,
    probes: { started: () => true, ready: () => true },
    hostIPs: ['172.18.0.2'],
    now,
    terminal: false,
    ...over,
  });
}

const up = [sandbox()];
const condition = (of: PodStatus, type: string) => {
  const { lastTransitionTime: _time, ...rest } = of.conditions?.find((candidate) => candidate.type === type) ?? {
    type: 'none',
    status: '',
  };
  return rest;
};

describe('phase', () => {
  const init = { initContainers: named('i') };
  it.each<[string, Partial<PodSpec>, RuntimePod, boolean, string]>([
    ['nothing runs yet', {}, runtime(), false, 'Pending'],
    ['all run', {}, runtime(up, [container('main', 'running')]), false, 'Running'],
    [
      'one is missing',
      { containers: named('main', 'b') },
      runtime(up, [container('main', 'running')]),
      false,
      'Pending',
    ],
    ['one waits after it had run', {}, runtime(up, [container('main', 1)]), false, 'Running'],
    ['init containers run', init, runtime(up, [container('i', 'running')]), false, 'Pending'],
    [
      'an init container failed for good',
      { ...init, restartPolicy: 'Never' },
      runtime(up, [container('i', 1)]),
      false,
      'Failed',
    ],
    ['an init container failed and is tried again', init, runtime(up, [container('i', 1)]), false, 'Pending'],
    ['all succeeded and are restarted', {}, runtime(up, [container('main', 0)]), false, 'Running'],
    ['all succeeded', { restartPolicy: 'OnFailure' }, runtime(up, [container('main', 0)]), false, 'Succeeded'],
    [
      'one failed and is restarted',
      { restartPolicy: 'OnFailure' },
      runtime(up, [container('main', 1)]),
      false,
      'Running',
    ],
    [
      'one failed',
      { restartPolicy: 'Never', containers: named('main', 'b') },
      runtime(up, [container('main', 1), container('b', 0)]),
      false,
      'Failed',
    ],
    [
      'one still runs',
      { restartPolicy: 'Never', containers: named('main', 'b') },
      runtime(up, [container('main', 1), container('b', 'running')]),
      false,
      'Running',
    ],
    ['a deleted pod ended well', {}, runtime(up, [container('main', 0)]), true, 'Succeeded'],
    ['a deleted pod was killed', {}, runtime(up, [container('main', 137)]), true, 'Failed'],
  ])('when %s', (_name, spec, state, terminal, expected) => {
    expect(status(spec, state, { terminal }).phase).toBe(expected);
  });

  it('never leaves a final one', () => {
    expect(
      status({}, runtime(up, [container('main', 'running')]), {
        previous: { phase: 'Failed', reason: 'Evicted', message: 'm' },
      }),
    ).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'm' });
  });
});

describe('container states', () => {
  const only = (state: RuntimePod, over: Partial<PodStatusInput> = {}, spec: Partial<PodSpec> = {}) =>
    status(spec, state, over).containerStatuses?.[0];
  const crash: WaitingReason = {
    reason: 'CrashLoopBackOff',
    message: 'back-off 10s restarting failed container=main pod=web_default(u1)',
  };

  it('wait for their creation', () => {
    expect(only(runtime())).toMatchObject({
      ready: false,
      started: false,
      restartCount: 0,
      imageID: '',
      state: { waiting: { reason: 'ContainerCreating' } },
    });
    expect(only(runtime(), {}, { initContainers: named('i') })).toMatchObject({
      state: { waiting: { reason: 'PodInitializing' } },
    });
  });

  it('run', () => {
    expect(only(runtime(up, [container('main', 'running')]))).toMatchObject({
      containerID: 'docker://main-1',
      image: 'busybox:1',
      imageID: 'sha256:1',
      ready: true,
      started: true,
      state: { running: { startedAt: '1970-01-01T00:00:02Z' } },
      lastState: {},
    });
  });

  it('wait to be restarted, with their last end', () => {
    const found = only(runtime(up, [container('main', 3, { attempt: 2 })]), { waiting: () => crash });
    expect(found).toMatchObject({
      restartCount: 2,
      state: { waiting: crash },
      lastState: { terminated: { exitCode: 3, reason: 'Error', containerID: 'docker://main-1' } },
    });
  });

  it('that ended for good do not wait, whatever was said before', () => {
    expect(
      only(runtime(up, [container('main', 0)]), { waiting: () => crash }, { restartPolicy: 'Never' })?.state,
    ).toMatchObject({ terminated: { exitCode: 0, reason: 'Completed' } });
  });

  it('keep the end of the instance before', () => {
    const found = only(
      runtime(up, [
        container('main', 'running', { id: 'main-2', attempt: 1 }),
        container('main', 137, { reason: 'OOMKilled' }),
      ]),
    );
    expect(found).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    });
  });

  it('that were lost are told so', () => {
    const previous: PodStatus = {
      containerStatuses: [
        { name: 'main', image: 'busybox:1', imageID: '', ready: true, restartCount: 1, state: { running: {} } },
      ],
    };
    expect(only(runtime(), { previous })).toMatchObject({
      restartCount: 2,
      lastState: { terminated: { reason: 'ContainerStatusUnknown', exitCode: 137 } },
    });
  });
});

describe('conditions', () => {
  it('of a running pod are all true', () => {
    const { conditions } = status({}, runtime(up, [container('main', 'running')]));
    expect(conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
  });

  it('name containers that are not ready', () => {
    const found = status(
      { containers: named('a', 'b') },
      runtime(up, [container('a', 'running'), container('b', 'running')]),
      { probes: { started: () => true, ready: (name) => name === 'a' } },
    );
    expect(condition(found, 'Ready')).toEqual({
      type: 'Ready',
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [b]',
    });
  });

  it('name init containers that have not ended', () => {
    expect(
      condition(status({ initContainers: named('i', 'j') }, runtime(up, [container('i', 0)])), 'Initialized'),
    ).toEqual({
      type: 'Initialized',
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [j]',
    });
  });

  it('hold readiness gates against Ready only', () => {
    const found = status({ readinessGates: [{ conditionType: 'a.b/c' }] }, runtime(up, [container('main', 'running')]));
    expect(condition(found, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "a.b/c" does not exist.',
    });
    expect(condition(found, 'ContainersReady').status).toBe('True');
  });

  it('keep the time of their last change, and those of others', () => {
    const foreign = { type: 'a.b/c', status: 'True', lastTransitionTime: '2026-01-01T00:10:00Z' };
    const pod: Pod['status'] = {
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:20:00Z' }, foreign],
    };
    const { conditions } = status({}, runtime(up, [container('main', 'running')]), {
      pod: { ...testPod(), status: pod },
      previous: pod,
    });
    expect(conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:20:00Z');
    expect(conditions?.find(({ type }) => type === 'Initialized')?.lastTransitionTime).toBe('2026-01-01T01:00:00Z');
    expect(conditions).toContainEqual(foreign);
  });
});

describe('addresses', () => {
  it.each<[string, Partial<PodSpec>, RuntimePod, PodStatus, string | undefined]>([
    ['are the sandbox’s', {}, runtime(up), {}, '10.244.0.5'],
    ['are the node’s with hostNetwork', { hostNetwork: true }, runtime(), {}, '172.18.0.2'],
    [
      'stay when the pod has ended',
      {},
      runtime([sandbox({ state: 'notready', ip: undefined })]),
      { podIPs: [{ ip: '10.244.0.9' }] },
      '10.244.0.9',
    ],
    ['are missing before the sandbox is there', {}, runtime(), {}, undefined],
  ])('%s', (_name, spec, state, previous, expected) => {
    expect(status(spec, state, { previous }).podIP).toBe(expected);
  });
});
