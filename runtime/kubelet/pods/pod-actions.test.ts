import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../../api/kinds';
import type { RuntimePod } from '../container-runtime';
import { computePodActions, imageAnnotation, type ProbeOutcomes } from './pod-actions';
import { named, testContainer as container, testPod, testRuntime as runtime, testSandbox as sandbox } from './testing';

const noProbes: ProbeOutcomes = { liveness: () => undefined, startup: () => undefined };

/** What is to be done, in one line: `kill pod`, `sandbox 1`, `kill main-1`, `init 0`, `start 0,1`, `ephemeral 0`. */
function plan(spec: Partial<PodSpec>, state: RuntimePod, probes: Partial<ProbeOutcomes> = {}, metadata = {}): string {
  const actions = computePodActions(testPod(spec, metadata), state, { ...noProbes, ...probes });
  return [
    actions.killPod ? 'kill pod' : '',
    actions.createSandbox ? `sandbox ${actions.attempt}` : '',
    ...actions.kill.map(({ status }) => `kill ${status.id}`),
    actions.startEphemeral.length > 0 ? `ephemeral ${actions.startEphemeral.join()}` : '',
    actions.startInit.length > 0 ? `init ${actions.startInit.join()}` : '',
    actions.start.length > 0 ? `start ${actions.start.join()}` : '',
  ]
    .filter(Boolean)
    .join('; ');
}

const up = [sandbox()];
const two = { containers: named('a', 'b') };
const never: Partial<PodSpec> = { restartPolicy: 'Never' };
const onFailure: Partial<PodSpec> = { restartPolicy: 'OnFailure' };

describe('sandboxes', () => {
  it.each<[string, Partial<PodSpec>, RuntimePod, string]>([
    ['a new pod gets one', two, runtime(), 'kill pod; sandbox 0; start 0,1'],
    [
      'a new pod starts with its first init container',
      { ...two, initContainers: named('i', 'j') },
      runtime(),
      'kill pod; sandbox 0; init 0',
    ],
    [
      'one that died is replaced',
      two,
      runtime([sandbox({ state: 'notready' })], [container('a', 137)]),
      'kill pod; sandbox 1; start 0,1',
    ],
    [
      'one that lost its address is replaced',
      {},
      runtime([sandbox({ ip: undefined })]),
      'kill pod; sandbox 1; start 0',
    ],
    [
      'one of the host needs no address',
      { hostNetwork: true },
      runtime([sandbox({ ip: undefined, hostNetwork: true })]),
      'start 0',
    ],
    [
      'two that are ready are one too many',
      {},
      runtime([sandbox({ id: 's2', attempt: 1 }), sandbox()]),
      'kill pod; sandbox 2; start 0',
    ],
    [
      'none is made for a pod that is never restarted',
      never,
      runtime([sandbox({ state: 'notready' })], [container('main', 1)]),
      'kill pod',
    ],
    [
      'none is made when all have succeeded',
      onFailure,
      runtime([sandbox({ state: 'notready' })], [container('main', 0)]),
      'kill pod',
    ],
    [
      'what succeeded stays out of a new one',
      { ...two, ...onFailure },
      runtime([sandbox({ state: 'notready' })], [container('a', 0), container('b', 1)]),
      'kill pod; sandbox 1; start 1',
    ],
  ])('%s', (_name, spec, state, expected) => {
    expect(plan(spec, state)).toBe(expected);
  });
});

describe('regular containers', () => {
  it.each<[string, Partial<PodSpec>, RuntimePod, string]>([
    ['that run are left alone', two, runtime(up, [container('a', 'running'), container('b', 'running')]), ''],
    ['that are missing are started', two, runtime(up, [container('a', 'running')]), 'start 1'],
    ['that were created only are started anew', {}, runtime(up, [container('main', 'created')]), 'start 0'],
    ['that ended well are restarted under Always', {}, runtime(up, [container('main', 0)]), 'start 0'],
    ['that ended well end the pod under OnFailure', onFailure, runtime(up, [container('main', 0)]), 'kill pod'],
    ['that failed are restarted under OnFailure', onFailure, runtime(up, [container('main', 1)]), 'start 0'],
    ['that failed end the pod under Never', never, runtime(up, [container('main', 1)]), 'kill pod'],
    [
      'that run keep the pod of one that ended',
      { ...two, ...never },
      runtime(up, [container('a', 1), container('b', 'running')]),
      '',
    ],
    ['in an unknown state are killed first', {}, runtime(up, [container('main', 'unknown')]), 'kill main-1; start 0'],
    [
      'are judged by their newest instance',
      never,
      runtime(up, [container('main', 'running', { id: 'main-2' }), container('main', 1)]),
      '',
    ],
    [
      'whose image was changed are replaced',
      {},
      runtime(up, [container('main', 'running', { annotations: { [imageAnnotation]: 'busybox:0' } })]),
      'kill main-1; start 0',
    ],
  ])('%s', (_name, spec, state, expected) => {
    expect(plan(spec, state)).toBe(expected);
  });

  it('are not started in a pod that is being deleted', () => {
    expect(plan({}, runtime(up, [container('main', 1)]), {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe(
      'kill pod',
    );
  });

  it.each([
    ['Always', 'kill main-1; start 0'],
    ['Never', 'kill main-1'],
  ])('that fail their liveness probe are killed (%s)', (restartPolicy, expected) => {
    expect(
      plan(
        { restartPolicy, containers: named('main', 'b') },
        runtime(up, [container('main', 'running'), container('b', 'running')]),
        { liveness: (id) => (id === 'main-1' ? 'failure' : undefined) },
      ),
    ).toBe(expected);
  });

  it('say why they are killed', () => {
    const { kill } = computePodActions(testPod(), runtime(up, [container('main', 'running')]), {
      ...noProbes,
      startup: () => 'failure',
    });
    expect(kill).toMatchObject([
      { reason: 'StartupProbe', message: 'Container main failed startup probe, will be restarted' },
    ]);
  });

  it('follow their own restart rules', () => {
    const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
    const containers: Container[] = [{ name: 'main', restartPolicy: 'Never', restartPolicyRules: rules }];
    expect(plan({ ...never, containers }, runtime(up, [container('main', 42)]))).toBe('start 0');
    expect(plan({ ...never, containers }, runtime(up, [container('main', 1)]))).toBe('kill pod');
  });
});

describe('init containers', () => {
  const spec: Partial<PodSpec> = { initContainers: named('i', 'j'), containers: named('main') };
  it.each<[string, Partial<PodSpec>, RuntimePod, string]>([
    ['start with the first', spec, runtime(up), 'init 0'],
    ['go on when one has succeeded', spec, runtime(up, [container('i', 0)]), 'init 1'],
    ['are waited for while they run', spec, runtime(up, [container('i', 'running')]), ''],
    [
      'let the others start when the last has succeeded',
      spec,
      runtime(up, [container('j', 0), container('i', 0)]),
      'start 0',
    ],
    ['are told by the last when earlier ones were removed', spec, runtime(up, [container('j', 0)]), 'start 0'],
    ['that fail are tried again', spec, runtime(up, [container('i', 1)]), 'init 0'],
    [
      'that fail end a pod that is never restarted',
      { ...spec, ...never },
      runtime(up, [container('i', 1)]),
      'kill pod',
    ],
    ['do not run again beside a running container', spec, runtime(up, [container('main', 'running')]), ''],
    [
      'of an earlier sandbox do not count',
      spec,
      runtime(
        [sandbox({ id: 's2', attempt: 1 }), sandbox({ state: 'notready' })],
        [container('i', 0, { sandboxId: 's2' }), container('j', 0)],
      ),
      'init 1',
    ],
  ])('%s', (_name, withSpec, state, expected) => {
    expect(plan(withSpec, state)).toBe(expected);
  });
});

describe('sidecars', () => {
  const side = (over: Partial<Container> = {}): Container => ({
    name: 'side',
    image: 'busybox:1',
    restartPolicy: 'Always',
    ...over,
  });
  const spec: Partial<PodSpec> = { initContainers: [side()], containers: named('main') };
  const probed: Partial<PodSpec> = {
    ...spec,
    initContainers: [side({ startupProbe: { tcpSocket: { port: 1 } } }), ...named('next')],
  };
  it.each<[string, Partial<PodSpec>, RuntimePod, Partial<ProbeOutcomes>, string]>([
    ['that run let the others start', spec, runtime(up, [container('side', 'running')]), {}, 'start 0'],
    ['that have not started yet hold them up', probed, runtime(up, [container('side', 'running')]), {}, ''],
    [
      'that have started let the next one start',
      probed,
      runtime(up, [container('side', 'running')]),
      { startup: () => 'success' },
      'init 1',
    ],
    [
      'that fail their startup probe are restarted',
      probed,
      runtime(up, [container('side', 'running')]),
      { startup: () => 'failure' },
      'kill side-1; init 0',
    ],
    [
      'that end are restarted beside the others',
      spec,
      runtime(up, [container('side', 1), container('main', 'running')]),
      {},
      'init 0',
    ],
    [
      'do not keep a pod alive',
      { ...spec, ...never },
      runtime(up, [container('side', 'running'), container('main', 0)]),
      {},
      'kill pod',
    ],
  ])('%s', (_name, withSpec, state, probes, expected) => {
    expect(plan(withSpec, state, probes)).toBe(expected);
  });
});

describe('ephemeral containers', () => {
  const spec: Partial<PodSpec> = { ephemeralContainers: [{ name: 'debug', image: 'busybox:1' }] };
  it('are started once, whatever the others do', () => {
    expect(plan(spec, runtime(up, [container('main', 'running')]))).toBe('ephemeral 0');
    expect(plan(spec, runtime(up, [container('debug', 1), container('main', 'running')]))).toBe('');
    expect(plan({ ...spec, initContainers: named('i') }, runtime(up, [container('i', 'running')]))).toBe('ephemeral 0');
  });
});
